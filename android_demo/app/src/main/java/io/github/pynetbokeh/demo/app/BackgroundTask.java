package io.github.pynetbokeh.demo.app;

import android.content.res.Resources;
import android.os.Handler;
import android.os.Looper;
import android.util.Log;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.CancelledException;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Progress;

/** Work in the background, whose progress and end, good or bad, are told on the main thread. */
final class BackgroundTask implements Runnable, Progress {
    /** What is done in the background; what it returns runs on the main thread. */
    interface Job {
        Runnable run(Progress running) throws DemoException;
    }

    /** Hears of the task, on the main thread. */
    interface Owner {
        /** {@code done} of 100. */
        void onProgress(BackgroundTask task, int done);

        /** Either {@code result}, to be run, or {@code failure}, to be shown; the other is null. */
        void onEnd(Runnable result, String failure);
    }

    private static final String TAG = "pynet_bokeh";

    private final Job job;
    private final Owner owner;
    private final Resources texts;
    private final Handler main = new Handler(Looper.getMainLooper());
    private volatile boolean cancelled;

    BackgroundTask(Job job, Owner owner, Resources texts) {
        this.job = job;
        this.owner = owner;
        this.texts = texts;
    }

    /** Asks the job to stop. */
    void cancel() {
        cancelled = true;
    }

    @Override
    public void run() {
        try {
            Runnable result = job.run(this);
            main.post(() -> owner.onEnd(result, null));
        } catch (CancelledException error) {
            fail(texts.getString(R.string.cancelled));
        } catch (DemoException error) {
            Log.w(TAG, error);
            fail(error.getMessage());
        } catch (OutOfMemoryError error) {
            Log.w(TAG, error);
            fail(texts.getString(R.string.out_of_memory));
        } catch (RuntimeException error) { // Android's decoders and other apps' providers: a message, not a crash
            Log.e(TAG, "unexpected", error);
            fail(texts.getString(R.string.unexpected, String.valueOf(error)));
        }
    }

    @Override
    public void report(float share, String step) {
        int done = Math.round(100 * share);
        main.post(() -> owner.onProgress(this, done));
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    private void fail(String message) {
        main.post(() -> owner.onEnd(null, message));
    }
}

package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.content.res.Resources;
import android.net.Uri;
import android.os.Handler;
import android.os.Looper;
import android.util.Log;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.bench.BenchmarkRun;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Json;
import io.github.pynetbokeh.demo.core.JsonText;
import io.github.pynetbokeh.demo.core.Progress;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/** The benchmark that runs, or ran last. One a process, as {@link Session}; all methods belong to the main thread. */
public final class Benchmark {
    private static final String TAG = "pynet_bokeh";

    private final Context context;
    private final Resources texts;
    private final Executor background;
    private final Engines engines;
    private final Handler main = new Handler(Looper.getMainLooper());
    final Status status = new Status("");

    private Run run;
    private String table = "";
    private File result;

    Benchmark(Context context, Executor background, Engines engines) {
        this.context = context;
        this.texts = context.getResources();
        this.background = background;
        this.engines = engines;
    }

    boolean isRunning() {
        return run != null;
    }

    /** The results for the screen; empty before there are any. */
    String table() {
        return table;
    }

    /** Whether there is a result to share. */
    boolean hasResult() {
        return result != null;
    }

    /** The folder that results are written to: the app's external files, which adb can read. */
    static File folder(Context context) {
        File external = context.getExternalFilesDir("benchmark");
        return external != null ? external : new File(context.getFilesDir(), "benchmark"); // no storage mounted
    }

    /** Measures; whoever waits for the file gets one in any case, and never an older one. */
    void start(BenchmarkRequest request) {
        if (run != null) {
            return;
        }
        File file = new File(folder(context), request.file);
        Files.discard(file);
        run = new Run(request, file);
        status.percent = 0;
        table = "";
        result = null;
        status.say(texts.getString(R.string.benchmark_waiting));
        background.execute(run);
    }

    /** Says what is wrong with a request, on the screen and to whoever waits for the file. */
    void refuse(String reason, String file) {
        if (run == null) {
            writeFailure(reason, new File(folder(context), file));
            status.say(texts.getString(R.string.benchmark_failed, reason));
        }
    }

    void cancel() {
        if (run != null) {
            run.cancelled = true;
        }
    }

    /** A copy of the result that other apps may read. */
    Uri shared() throws IOException {
        File copy = new File(SharedFiles.folder(context), result.getName());
        Files.write(copy, out -> Files.copy(result, out));
        return SharedFiles.uri(copy);
    }

    private static void writeFailure(String reason, File file) {
        Map<String, Object> content = Collections.singletonMap("error", reason);
        try {
            Files.write(file, out -> out.write(JsonText.of(content).getBytes(StandardCharsets.UTF_8)));
        } catch (IOException error) {
            Log.e(TAG, "no result can be written", error);
        }
    }

    /** One line a measurement, and one a backend that couldn't be measured. */
    static String table(String json) throws DemoException {
        Map<?, ?> content = (Map<?, ?>) Json.parse(json);
        StringBuilder lines = new StringBuilder();
        for (Object one : (List<?>) content.get("measurements")) {
            Map<?, ?> measured = (Map<?, ?>) one;
            Map<?, ?> summary = (Map<?, ?>) measured.get("summary");
            Map<?, ?> memory = (Map<?, ?>) measured.get("memory");
            Map<?, ?> thermal = (Map<?, ?>) measured.get("thermal");
            lines.append(measured.get("description"))
                    .append('\n')
                    .append(String.format(
                            "  median %.1f ms   p90 %.1f ms\n", summary.get("median_ms"), summary.get("p90_ms")))
                    .append(memory.get("peak_mb") instanceof Double
                            ? String.format("  peak %.0f MB   ", memory.get("peak_mb"))
                            : "  ")
                    .append("thermal ")
                    .append(thermal.get("after"))
                    .append("\n\n");
        }
        for (Object one : (List<?>) content.get("failures")) {
            lines.append(((Map<?, ?>) one).get("reason")).append("\n\n");
        }
        return lines.toString().trim();
    }

    private final class Run implements Runnable, Progress {
        private final BenchmarkRequest request;
        private final File file;
        private volatile boolean cancelled;

        Run(BenchmarkRequest request, File file) {
            this.request = request;
            this.file = file;
        }

        @Override
        public void run() {
            try {
                engines.close(); // its memory would be counted
                String json = BenchmarkRun.run(
                        engines.model(),
                        engines.sidecarText(),
                        request.backends,
                        request.threads,
                        request.warmup,
                        request.runs,
                        engines.opener(),
                        new Phone(context),
                        this);
                String lines = table(json);
                Files.write(file, out -> out.write(json.getBytes(StandardCharsets.UTF_8)));
                Log.i(TAG, "benchmark written to " + file);
                String said = cancelled
                        ? texts.getString(R.string.cancelled)
                        : texts.getString(R.string.benchmark_written, file.getPath());
                main.post(() -> end(said, lines, file));
            } catch (DemoException | IOException | RuntimeException | OutOfMemoryError error) {
                Log.e(TAG, "benchmark failed", error);
                String reason = error.getMessage() == null ? error.toString() : error.getMessage();
                writeFailure(reason, file);
                main.post(() -> end(texts.getString(R.string.benchmark_failed, reason), "", null));
            }
        }

        @Override
        public void report(float share, String step) {
            int now = (int) (100 * share);
            main.post(() -> {
                if (run == this && (now > status.percent || status.percent == 0)) {
                    status.percent = now;
                    status.say(texts.getString(R.string.benchmark_running, step, now));
                }
            });
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        private void end(String said, String lines, File written) {
            run = null;
            table = lines;
            result = written;
            status.say(said);
        }
    }
}

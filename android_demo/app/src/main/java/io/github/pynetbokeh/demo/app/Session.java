package io.github.pynetbokeh.demo.app;

import android.content.ContentResolver;
import android.content.Context;
import android.content.res.Resources;
import android.graphics.Bitmap;
import android.net.Uri;
import android.util.Log;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Date;
import java.util.concurrent.Executor;

/**
 * The picture that is worked on, and what is done to it in the background. One a process: activities come and go and
 * look at it. All methods belong to the main thread.
 */
public final class Session implements BackgroundTask.Owner {
    /** What goes on in the background. */
    enum Work {
        NONE,
        OPENING,
        MARKING,
        RENDERING,
        SAVING
    }

    private static final String TAG = "pynet_bokeh";

    private static final float BRUSH = 0.05f; // radius as a share of the short side

    private final Context context;
    private final Resources texts;
    private final Executor background;
    private final Renderer renderer;
    private final SessionFiles files;
    final Settings settings;
    final Status status;

    private Work work = Work.NONE;
    private BackgroundTask task;
    private Photo photo;
    private Bitmap original;
    private Bitmap rendered;
    private FocusMap focus;
    private boolean restored;
    private Runnable next; // a picture that was chosen while something else went on

    Session(Context context, Executor background, Renderer renderer) {
        this.context = context;
        this.texts = context.getResources();
        this.background = background;
        this.renderer = renderer;
        this.files = new SessionFiles(context);
        this.settings = new Settings(context);
        this.status = new Status(texts.getString(R.string.empty));
    }

    Work work() {
        return work;
    }

    /** Null before a picture was opened. */
    Bitmap original() {
        return original;
    }

    /** Null before it was rendered, and after the subject was changed. */
    Bitmap rendered() {
        return rendered;
    }

    /** Null before a picture was opened. */
    FocusMap focus() {
        return focus;
    }

    /** Where the camera is to write. */
    Uri cameraUri() {
        Files.discard(files.camera);
        return SharedFiles.uri(files.camera);
    }

    /** The rendering at full size, for other apps. */
    Uri renderedUri() {
        return SharedFiles.uri(files.rendered);
    }

    void setSubject(Settings.Subject subject) {
        if (subject == settings.subject()) {
            return;
        }
        settings.setSubject(subject);
        if (original != null && work == Work.NONE) {
            dropRendering();
            status.say(hint());
        }
    }

    void setStrength(int percent) {
        settings.setStrength(percent);
        if (rendered != null && work == Work.NONE) {
            status.say(texts.getString(R.string.hint_changed));
        }
    }

    /** Adds a stroke to the subject; {@link #focusChanged} keeps it. */
    void paint(float x0, float y0, float x1, float y1) {
        if (focus != null && work == Work.NONE) {
            dropRendering();
            focus.paint(x0, y0, x1, y1, BRUSH);
            status.say(hint());
        }
    }

    /** Adds what is around a point and like it to the subject. */
    void tap(float x, float y) {
        if (focus == null || work != Work.NONE) {
            return;
        }
        Bitmap shown = original;
        FocusMap map = focus.copy();
        start(Work.MARKING, texts.getString(R.string.marking), running -> {
            Bitmap small = Bitmap.createScaledBitmap(shown, map.width(), map.height(), true);
            int[] argb = new int[map.width() * map.height()];
            small.getPixels(argb, 0, map.width(), 0, 0, map.width(), map.height());
            map.add(TapSelection.grow(argb, map.width(), map.height(), x, y));
            return () -> {
                focus = map;
                dropRendering();
                focusChanged();
                status.message = hint();
            };
        });
    }

    void clearFocus() {
        if (focus != null && work == Work.NONE) {
            focus.clear();
            dropRendering();
            focusChanged();
            status.say(hint());
        }
    }

    /** Writes the subject down, as after a stroke. */
    void focusChanged() {
        FocusMap now = focus.copy();
        background.execute(() -> {
            try {
                files.writeFocus(now);
            } catch (IOException error) {
                Log.w(TAG, "the subject is not kept", error);
            }
        });
    }

    /** Opens a picture that another app lends: a content URI, as a file's could be one of this app's own. */
    void open(Uri uri) {
        if (!ContentResolver.SCHEME_CONTENT.equals(uri.getScheme())) {
            status.say(texts.getString(R.string.cannot_open));
            return;
        }
        if (work != Work.NONE) {
            next = () -> open(uri);
            return;
        }
        start(Work.OPENING, texts.getString(R.string.opening), running -> {
            try (InputStream in = context.getContentResolver().openInputStream(uri)) {
                if (in == null) {
                    throw new DemoException(texts.getString(R.string.cannot_open));
                }
                files.writeIncoming(in);
            } catch (IOException | RuntimeException error) { // other apps' providers throw what they like
                throw new DemoException(texts.getString(R.string.cannot_open), error);
            }
            return place(OpenedPhoto.accept(files, texts));
        });
    }

    /** Opens what the camera wrote. */
    void openCameraPicture() {
        if (work != Work.NONE) { // brought back by the camera's end, with the picture before it still being restored
            next = this::openCameraPicture;
            return;
        }
        start(Work.OPENING, texts.getString(R.string.opening), running -> {
            if (files.camera.length() == 0) {
                throw new DemoException(texts.getString(R.string.no_picture_taken));
            }
            try (InputStream in = new FileInputStream(files.camera)) {
                files.writeIncoming(in);
            } catch (IOException error) {
                throw new DemoException(texts.getString(R.string.cannot_open), error);
            }
            return place(OpenedPhoto.accept(files, texts));
        });
    }

    /**
     * Brings back what a process that ended had open; once a process.
     *
     * @param continued whether the user comes back to it, rather than starting anew
     */
    void restore(boolean continued) {
        if (restored) {
            return;
        }
        restored = true;
        if (!continued) {
            files.discardAll();
            settings.setRendering(false);
        } else if (files.photo.isFile()) {
            boolean interrupted = settings.rendering();
            start(Work.OPENING, texts.getString(R.string.opening), running -> {
                Runnable placed = place(OpenedPhoto.again(files, texts));
                if (interrupted) {
                    Files.discard(files.rendered); // of other settings
                }
                Bitmap result = files.rendered.isFile() ? OpenedPhoto.shown(files.rendered, texts) : null;
                return () -> {
                    placed.run();
                    rendered = result;
                    status.message = result == null ? status.message : texts.getString(R.string.hint_compare);
                    if (interrupted && next == null) {
                        render();
                    }
                };
            });
        }
    }

    void render() {
        if (original == null || work != Work.NONE) {
            return;
        }
        settings.setRendering(true);
        Photo source = photo;
        FocusMap marked = settings.subject() == Settings.Subject.FOUND || focus.isEmpty() ? null : focus.copy();
        float strength = settings.strength() / 100f;
        boolean gpu = settings.gpu();
        start(Work.RENDERING, texts.getString(R.string.rendering, 0), running -> {
            String said = renderer.render(source, marked, strength, gpu, files.rendered, running);
            Bitmap result = OpenedPhoto.shown(files.rendered, texts);
            return () -> {
                rendered = result;
                status.message = said;
            };
        });
    }

    /** Puts the rendering into the gallery; the permission was asked for where one is needed. */
    void save() {
        if (rendered == null || work != Work.NONE) {
            return;
        }
        start(Work.SAVING, texts.getString(R.string.saving), running -> {
            try {
                String name = Gallery.save(context, files.rendered, Gallery.newName(new Date()));
                return () -> status.message = texts.getString(R.string.saved, name);
            } catch (IOException | RuntimeException error) {
                throw new DemoException(texts.getString(R.string.cannot_save, error.getMessage()), error);
            }
        });
    }

    /** Asks the background to stop; it says so itself when it did. */
    void cancel() {
        if (task != null) {
            task.cancel();
        }
    }

    /** Puts a picture that was opened into place. */
    private Runnable place(OpenedPhoto opened) {
        return () -> {
            photo = opened.photo;
            original = opened.shown;
            rendered = null;
            focus = opened.focus;
            status.message = hint();
        };
    }

    /** Forgets the rendering, which is not what it would be now. */
    private void dropRendering() {
        if (rendered != null) {
            rendered = null;
            background.execute(() -> Files.discard(files.rendered));
        }
    }

    private String hint() {
        switch (settings.subject()) {
            case TAP:
                return texts.getString(focus.isEmpty() ? R.string.hint_tap : R.string.hint_choose);
            case PAINT:
                return texts.getString(focus.isEmpty() ? R.string.hint_paint : R.string.hint_choose);
            default:
                return texts.getString(R.string.hint_choose);
        }
    }

    private void start(Work kind, String text, BackgroundTask.Job job) {
        if (work != Work.NONE) {
            return;
        }
        work = kind;
        status.percent = 0;
        status.message = text;
        task = new BackgroundTask(job, this, texts);
        background.execute(task);
        status.changed();
    }

    @Override
    public void onProgress(BackgroundTask reporting, int done) {
        if (task == reporting && done > status.percent) {
            status.percent = done;
            status.say(texts.getString(R.string.rendering, done));
        }
    }

    @Override
    public void onEnd(Runnable result, String failure) {
        boolean wasRendering = work == Work.RENDERING;
        work = Work.NONE;
        task = null;
        status.percent = 0;
        if (wasRendering) {
            settings.setRendering(false);
        }
        if (result != null) {
            result.run();
        } else {
            status.message = failure;
        }
        status.changed();
        Runnable waiting = next;
        next = null;
        if (waiting != null) {
            waiting.run();
        }
    }
}

package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.content.res.Resources;
import android.graphics.Bitmap;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.CancelledException;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Picture;
import io.github.pynetbokeh.demo.core.Pixels;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.core.RenderJob;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.Engine;
import java.io.File;
import java.io.IOException;

/** From a photo's file to a rendered one, at full size. Only for the background thread. */
final class Renderer {
    /** What came of it. */
    static final class Result {
        /** The rendering, as large as is shown. */
        final Bitmap shown;
        /** What ran, how long it took. */
        final String message;

        Result(Bitmap shown, String message) {
            this.shown = shown;
            this.message = message;
        }
    }

    static final int JPEG_QUALITY = 95;

    private final Resources texts;
    private final Memory memory;
    private final Engines engines;

    Renderer(Context context, Engines engines) {
        this.texts = context.getResources();
        this.memory = new Memory(context);
        this.engines = engines;
    }

    /**
     * Renders and writes a JPEG.
     *
     * @param marked the subject; null lets the network find it
     * @param strength 0 the photo itself, 1 the lens wide open
     * @param out where the JPEG goes, written whole or not at all
     */
    Result render(Photo photo, FocusMap marked, float strength, boolean gpu, File out, Progress progress)
            throws DemoException {
        Files.discard(out); // whoever comes back after the process ended must not find an older one
        Engine engine = engines.on(gpu ? Backend.GPU : Backend.XNNPACK);
        int sample = photo.sampleSize(memory.freeForBitmaps());
        Bitmap full = photo.decode(sample, texts);
        try {
            full.setHasAlpha(false);
            Pixels pixels = new BitmapPixels(full);
            long start = System.nanoTime();
            new RenderJob(engine).render(pixels, picture(marked), strength, pixels, progress);
            long took = (System.nanoTime() - start) / 1_000_000;
            if (progress.isCancelled()) {
                throw new CancelledException();
            }
            Files.write(out, stream -> {
                if (!full.compress(Bitmap.CompressFormat.JPEG, JPEG_QUALITY, stream)) {
                    throw new IOException("JPEG");
                }
            });
            String time = texts.getString(R.string.milliseconds, took);
            String message = texts.getString(R.string.rendered, engine.report().describe(), time);
            return new Result(
                    Photo.shrunk(full, Session.SHOWN_SIDE),
                    sample == 1 ? message : message + " " + texts.getString(R.string.made_smaller, sample));
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_save, error.getMessage()), error);
        } finally {
            full.recycle();
        }
    }

    private static Picture picture(FocusMap marked) {
        if (marked == null) {
            return null;
        }
        Picture map = new Picture(marked.height(), marked.width(), 1);
        for (int i = 0; i < map.data.length; i++) {
            map.data[i] = marked.values()[i] & 0xFF;
        }
        return map;
    }
}

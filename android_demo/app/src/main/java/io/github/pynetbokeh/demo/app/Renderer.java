package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.content.res.Resources;
import android.graphics.Bitmap;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.CancelledException;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.JpegMetadata;
import io.github.pynetbokeh.demo.core.Picture;
import io.github.pynetbokeh.demo.core.Pixels;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.core.RenderJob;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.Engine;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/** From a photo's file to a rendered one, at full size. Only for the background thread. */
final class Renderer {
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
     * Renders and writes a JPEG, which has the metadata of the photo's; returns a line on what ran and how long it took.
     *
     * @param marked the subject; null lets the network find it
     * @param strength 0 the photo itself, 1 the lens wide open
     * @param out where the JPEG goes, written whole or not at all; an older one stays until then
     */
    String render(Photo photo, FocusMap marked, float strength, boolean gpu, File out, Progress progress)
            throws DemoException {
        Engine engine = engines.on(gpu ? Backend.GPU : Backend.XNNPACK);
        int sample = photo.sampleSize(memory.freeForBitmaps());
        Bitmap full = photo.decodeNumbers(sample, texts);
        try {
            full.setHasAlpha(false);
            Pixels pixels = new BitmapPixels(full);
            Picture map = marked == null ? null : Picture.map(marked.values(), marked.width(), marked.height());
            long start = System.nanoTime();
            new RenderJob(engine).render(pixels, map, strength, pixels, progress);
            long took = (System.nanoTime() - start) / 1_000_000;
            if (progress.isCancelled()) {
                throw new CancelledException();
            }
            write(full, photo.metadata, out);
            String time = texts.getString(R.string.milliseconds, took);
            String message = texts.getString(R.string.rendered, engine.report().describe(), time);
            return sample == 1 ? message : message + " " + texts.getString(R.string.made_smaller, sample);
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_save, error.getMessage()), error);
        } finally {
            full.recycle();
        }
    }

    private static void write(Bitmap picture, JpegMetadata metadata, File out) throws IOException {
        File encoded = new File(out.getParentFile(), ".encoded"); // Android's encoder takes no metadata
        try {
            Files.write(encoded, stream -> {
                if (!picture.compress(Bitmap.CompressFormat.JPEG, JPEG_QUALITY, stream)) {
                    throw new IOException("JPEG");
                }
            });
            try (InputStream in = new FileInputStream(encoded)) {
                Files.write(
                        out, stream -> metadata.copyInto(in, picture.getWidth(), picture.getHeight(), stream));
            }
        } finally {
            Files.discard(encoded);
        }
    }
}

package io.github.pynetbokeh.demo.app;

import android.content.res.Resources;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.ImageLimits;
import io.github.pynetbokeh.demo.core.Orientation;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** A picture's file: what size it has, and its upright pixels, as large as they are or made smaller. */
final class Photo {
    private static final int HEADER = 1 << 16; // bytes in which EXIF is found
    private static final int COPIES = 2; // in memory at once, while it is turned upright

    final File file;
    /** Of the upright picture. */
    final int width;

    final int height;
    private final int degrees;
    private final boolean mirrored;

    private Photo(File file, int width, int height, int degrees, boolean mirrored) {
        this.file = file;
        this.width = width;
        this.height = height;
        this.degrees = degrees;
        this.mirrored = mirrored;
    }

    /**
     * Reads the header alone.
     *
     * @throws DemoException when it is no picture, or larger than any that is rendered
     */
    static Photo read(File file, Resources texts) throws DemoException {
        BitmapFactory.Options bounds = new BitmapFactory.Options();
        bounds.inJustDecodeBounds = true;
        BitmapFactory.decodeFile(file.getPath(), bounds);
        if (bounds.outWidth < 1 || bounds.outHeight < 1) {
            throw new DemoException(texts.getString(R.string.not_a_picture));
        }
        ImageLimits.check(bounds.outWidth, bounds.outHeight);
        int orientation = orientation(file);
        int degrees = Orientation.degrees(orientation);
        boolean lying = degrees % 180 != 0;
        return new Photo(
                file,
                lying ? bounds.outHeight : bounds.outWidth,
                lying ? bounds.outWidth : bounds.outHeight,
                degrees,
                Orientation.isMirrored(orientation));
    }

    /** How many times smaller it has to be decoded where {@code freeBytes} of memory are left. */
    int sampleSize(long freeBytes) throws DemoException {
        return ImageLimits.sampleSize(width, height, COPIES, freeBytes);
    }

    /** The same for being shown with about {@code side} pixels a side: a power of two. */
    int sampleSizeShown(int side) {
        int sample = 1;
        while (Math.max(width, height) / (sample * 2) >= side) {
            sample *= 2;
        }
        return sample;
    }

    /**
     * Decodes it upright into a mutable ARGB_8888 bitmap, {@code sample} times smaller.
     *
     * @throws DemoException when it is broken or memory is short
     */
    Bitmap decode(int sample, Resources texts) throws DemoException {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inMutable = true;
        options.inSampleSize = sample;
        try {
            Bitmap decoded = BitmapFactory.decodeFile(file.getPath(), options);
            if (decoded == null) {
                throw new DemoException(texts.getString(R.string.not_a_picture));
            }
            return upright(decoded);
        } catch (OutOfMemoryError error) {
            throw new DemoException(texts.getString(R.string.out_of_memory), error);
        }
    }

    /** A copy with at most {@code side} pixels a side; the bitmap itself stays usable. */
    static Bitmap shrunk(Bitmap bitmap, int side) {
        float scale = Math.min(1, side / (float) Math.max(bitmap.getWidth(), bitmap.getHeight()));
        if (scale == 1) {
            return bitmap.copy(Bitmap.Config.ARGB_8888, false);
        }
        return Bitmap.createScaledBitmap(
                bitmap,
                Math.max(1, Math.round(bitmap.getWidth() * scale)),
                Math.max(1, Math.round(bitmap.getHeight() * scale)),
                true);
    }

    private Bitmap upright(Bitmap decoded) {
        Bitmap turned = decoded;
        if (degrees != 0 || mirrored) {
            Matrix matrix = new Matrix();
            matrix.setScale(mirrored ? -1 : 1, 1);
            matrix.postRotate(degrees);
            turned = Bitmap.createBitmap(decoded, 0, 0, decoded.getWidth(), decoded.getHeight(), matrix, true);
            decoded.recycle();
        }
        if (turned.getConfig() == Bitmap.Config.ARGB_8888 && turned.isMutable()) {
            return turned;
        }
        Bitmap copy = turned.copy(Bitmap.Config.ARGB_8888, true);
        turned.recycle();
        if (copy == null) {
            throw new OutOfMemoryError();
        }
        return copy;
    }

    /** Of a JPEG, by its first bytes; other formats lie upright. */
    private static int orientation(File file) {
        byte[] start = new byte[HEADER];
        try (InputStream in = new FileInputStream(file)) {
            int count = 0;
            for (int more = in.read(start); more > 0; more = in.read(start, count, HEADER - count)) {
                count += more;
            }
            return Orientation.of(Arrays.copyOf(start, count));
        } catch (IOException error) {
            return Orientation.UPRIGHT; // decoding will say what is wrong
        }
    }
}

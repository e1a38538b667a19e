package io.github.pynetbokeh.demo.app;

import android.content.res.Resources;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import android.media.ExifInterface;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import java.io.File;
import java.io.IOException;

/** A picture's file: what size it has, and its upright pixels, as large as they are or made smaller. */
final class Photo {
    /** Bytes of memory a pixel takes while it is rendered: two bitmaps while it is turned upright, and as much again. */
    private static final int BYTES_PER_PIXEL = 12;

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
     * @throws DemoException when it is no picture, or larger than this device has memory for
     */
    static Photo read(File file, Resources texts) throws DemoException {
        BitmapFactory.Options bounds = new BitmapFactory.Options();
        bounds.inJustDecodeBounds = true;
        BitmapFactory.decodeFile(file.getPath(), bounds);
        if (bounds.outWidth < 1 || bounds.outHeight < 1) {
            throw new DemoException(texts.getString(R.string.not_a_picture));
        }
        long pixels = (long) bounds.outWidth * bounds.outHeight;
        long most = mostPixels(Runtime.getRuntime().maxMemory());
        if (pixels > most) {
            throw new DemoException(texts.getString(R.string.too_large, megapixels(pixels), megapixels(most)));
        }
        int orientation = orientation(file);
        int degrees = degrees(orientation);
        boolean lying = degrees % 180 != 0;
        return new Photo(
                file,
                lying ? bounds.outHeight : bounds.outWidth,
                lying ? bounds.outWidth : bounds.outHeight,
                degrees,
                mirrored(orientation));
    }

    /** Pixels that a heap of {@code bytes} has room for. */
    static long mostPixels(long bytes) {
        return bytes / BYTES_PER_PIXEL;
    }

    /**
     * Decodes it upright into a mutable ARGB_8888 bitmap.
     *
     * @param longSide the result has at most this many pixels a side; 0 leaves all
     * @throws DemoException when it is broken or memory is short
     */
    Bitmap decode(int longSide, Resources texts) throws DemoException {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inMutable = true;
        options.inSampleSize = 1;
        while (longSide > 0 && Math.max(width, height) / (options.inSampleSize * 2) >= longSide) {
            options.inSampleSize *= 2;
        }
        try {
            Bitmap decoded = BitmapFactory.decodeFile(file.getPath(), options);
            if (decoded == null) {
                throw new DemoException(texts.getString(R.string.not_a_picture));
            }
            return upright(decoded, longSide);
        } catch (OutOfMemoryError error) {
            throw new DemoException(texts.getString(R.string.out_of_memory), error);
        }
    }

    private Bitmap upright(Bitmap decoded, int longSide) {
        int side = Math.max(decoded.getWidth(), decoded.getHeight());
        float scale = longSide > 0 && side > longSide ? longSide / (float) side : 1;
        Bitmap turned = decoded;
        if (scale != 1 || degrees != 0 || mirrored) {
            Matrix matrix = new Matrix();
            matrix.setScale(mirrored ? -scale : scale, scale);
            matrix.postRotate(degrees);
            turned = Bitmap.createBitmap(decoded, 0, 0, decoded.getWidth(), decoded.getHeight(), matrix, true);
        }
        if (turned.getConfig() != Bitmap.Config.ARGB_8888 || !turned.isMutable()) {
            turned = turned.copy(Bitmap.Config.ARGB_8888, true);
            if (turned == null) {
                throw new OutOfMemoryError();
            }
        }
        if (turned != decoded) {
            decoded.recycle();
        }
        return turned;
    }

    private static int orientation(File file) {
        try {
            return new ExifInterface(file.getPath())
                    .getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL);
        } catch (IOException | RuntimeException error) {
            return ExifInterface.ORIENTATION_NORMAL; // no or broken EXIF: as it lies
        }
    }

    /** Clockwise, after mirroring left to right. */
    private static int degrees(int orientation) {
        switch (orientation) {
            case ExifInterface.ORIENTATION_ROTATE_90:
            case ExifInterface.ORIENTATION_TRANSVERSE:
                return 90;
            case ExifInterface.ORIENTATION_ROTATE_180:
            case ExifInterface.ORIENTATION_FLIP_VERTICAL:
                return 180;
            case ExifInterface.ORIENTATION_ROTATE_270:
            case ExifInterface.ORIENTATION_TRANSPOSE:
                return 270;
            default:
                return 0;
        }
    }

    private static boolean mirrored(int orientation) {
        return orientation == ExifInterface.ORIENTATION_FLIP_HORIZONTAL
                || orientation == ExifInterface.ORIENTATION_FLIP_VERTICAL
                || orientation == ExifInterface.ORIENTATION_TRANSPOSE
                || orientation == ExifInterface.ORIENTATION_TRANSVERSE;
    }

    private static int megapixels(long pixels) {
        return (int) Math.max(1, Math.round(pixels / 1e6));
    }
}

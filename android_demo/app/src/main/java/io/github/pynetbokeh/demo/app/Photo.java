package io.github.pynetbokeh.demo.app;

import android.content.res.Resources;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import android.os.Build;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.ImageLimits;
import io.github.pynetbokeh.demo.core.JpegMetadata;
import io.github.pynetbokeh.demo.core.Orientation;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A picture's file: what size it has, and its upright pixels, as large as they are or made smaller. */
final class Photo {
    private static final int COPIES = 2; // in memory at once, while it is turned upright

    final File file;
    /** Of the upright picture. */
    final int width;

    final int height;
    /** Of a JPEG; of other formats nothing is kept, and they lie upright. */
    final JpegMetadata metadata;

    private final int degrees;
    private final boolean mirrored;

    private Photo(File file, int width, int height, JpegMetadata metadata) {
        this.file = file;
        this.metadata = metadata;
        degrees = Orientation.degrees(metadata.orientation());
        mirrored = Orientation.isMirrored(metadata.orientation());
        boolean lying = degrees % 180 != 0;
        this.width = lying ? height : width;
        this.height = lying ? width : height;
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
        try (InputStream in = new FileInputStream(file)) {
            return new Photo(file, bounds.outWidth, bounds.outHeight, JpegMetadata.read(in));
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_open), error);
        }
    }

    /** Throws a message for a JPEG that is cut off, whose missing part Android's decoder would leave grey. */
    void checkWhole(Resources texts) throws DemoException {
        try (InputStream in = new FileInputStream(file)) {
            if (!JpegMetadata.isWhole(in)) {
                throw new DemoException(texts.getString(R.string.cut_off));
            }
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_open), error);
        }
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
     * Decodes it upright into a mutable ARGB_8888 bitmap, {@code sample} times smaller, to be shown.
     *
     * @throws DemoException when it is broken or memory is short
     */
    Bitmap decode(int sample, Resources texts) throws DemoException {
        return decode(sample, texts, false);
    }

    /** The same to be rendered: the numbers of its pixels as they are in the file, whatever its profile says of them. */
    Bitmap decodeNumbers(int sample, Resources texts) throws DemoException {
        return decode(sample, texts, metadata.hasProfile());
    }

    private Bitmap decode(int sample, Resources texts, boolean withoutProfile) throws DemoException {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inMutable = true;
        options.inSampleSize = sample;
        try (InputStream in = new FileInputStream(file);
                InputStream content = withoutProfile ? JpegMetadata.withoutProfile(in) : in) {
            Bitmap decoded = BitmapFactory.decodeStream(content, null, options);
            if (decoded == null) {
                throw new DemoException(texts.getString(R.string.not_a_picture));
            }
            if (Build.VERSION.SDK_INT >= 34) {
                Api34.removeGainmap(decoded);
            }
            return upright(decoded);
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_open), error);
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
}

package io.github.pynetbokeh.demo.app;

import android.graphics.Bitmap;
import io.github.pynetbokeh.demo.core.Pixels;

/** A bitmap's own pixels, read and written by rows. */
final class BitmapPixels implements Pixels {
    private final Bitmap bitmap;

    /** Over a mutable ARGB_8888 bitmap. */
    BitmapPixels(Bitmap bitmap) {
        this.bitmap = bitmap;
    }

    @Override
    public int width() {
        return bitmap.getWidth();
    }

    @Override
    public int height() {
        return bitmap.getHeight();
    }

    @Override
    public void read(int top, int rows, int[] argb) {
        bitmap.getPixels(argb, 0, width(), 0, top, width(), rows);
    }

    @Override
    public void write(int top, int rows, int[] argb) {
        bitmap.setPixels(argb, 0, width(), 0, top, width(), rows);
    }
}

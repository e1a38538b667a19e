package io.github.pynetbokeh.demo.core;

/**
 * A picture that is read and written by rows, so that a photo of many megapixels need not be twice in the Java heap:
 * the app puts it over a Bitmap, tests over an array.
 *
 * <p>A pixel is 0xAARRGGBB. Rendering makes all pixels opaque.
 */
public interface Pixels {
    int width();

    int height();

    /** Copies {@code rows} rows from {@code top} on to the start of {@code argb}. */
    void read(int top, int rows, int[] argb);

    /** Replaces {@code rows} rows from {@code top} on by the start of {@code argb}. */
    void write(int top, int rows, int[] argb);
}

package io.github.pynetbokeh.demo.core;

/** Pixels in an array, row by row. */
public final class ArrayPixels implements Pixels {
    public final int[] argb;
    private final int width;
    private final int height;

    public ArrayPixels(int width, int height) {
        this(new int[width * height], width, height);
    }

    public ArrayPixels(int[] argb, int width, int height) {
        if (argb.length != (long) width * height) {
            throw new IllegalArgumentException(width + "x" + height + " pixels are wanted; received " + argb.length);
        }
        this.argb = argb;
        this.width = width;
        this.height = height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public void read(int top, int rows, int[] into) {
        System.arraycopy(argb, top * width, into, 0, rows * width);
    }

    @Override
    public void write(int top, int rows, int[] from) {
        System.arraycopy(from, 0, argb, top * width, rows * width);
    }
}

package io.github.pynetbokeh.demo.core;

import java.util.Arrays;

/** A picture or map of floats, [height, width, channels], row by row; what the values mean is said where it is made. */
public final class Picture {
    public final int height;
    public final int width;
    public final int channels;
    public final float[] data;

    public Picture(int height, int width, int channels) {
        this(height, width, channels, new float[height * width * channels]);
    }

    public Picture(int height, int width, int channels, float[] data) {
        if (data.length != (long) height * width * channels) {
            throw new IllegalArgumentException(
                    height + "x" + width + "x" + channels + " values are wanted; received " + data.length);
        }
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.data = data;
    }

    /** The same value everywhere. */
    public static Picture filled(int height, int width, int channels, float value) {
        Picture made = new Picture(height, width, channels);
        Arrays.fill(made.data, value);
        return made;
    }

    /** A map [height,width,1] of one byte a pixel, 0…255, row by row. */
    public static Picture map(byte[] values, int width, int height) {
        Picture made = new Picture(height, width, 1);
        for (int index = 0; index < made.data.length; index++) {
            made.data[index] = values[index] & 0xff;
        }
        return made;
    }

    /** 0…255 → 0…1. */
    public Picture toUnit() {
        Picture made = new Picture(height, width, channels);
        for (int index = 0; index < data.length; index++) {
            made.data[index] = data[index] * EightBits.STEP;
        }
        return made;
    }

    boolean hasSize(int otherHeight, int otherWidth) {
        return height == otherHeight && width == otherWidth;
    }
}

package io.github.pynetbokeh.demo.core;

/** Between floats in [0,1] and the 8 bits of a file, as pynet_bokeh/images.py does it. */
final class EightBits {
    static final float STEP = (float) (1.0 / 255);
    static final int OPAQUE = 0xff000000;

    private EightBits() {}

    /** [0,1] → 0…255; clipped, then rounded to the nearest step, ties to even. */
    static int of(float value) {
        float clipped = Math.max(0f, Math.min(1f, value));
        return rounded(clipped * 255f);
    }

    /** Rounds to the nearest whole number, ties to even, and saturates to 0…255. */
    static int rounded(float value) {
        return (int) Math.max(0.0, Math.min(255.0, Math.rint(value)));
    }

    static int pixel(int red, int green, int blue) {
        return OPAQUE | red << 16 | green << 8 | blue;
    }

    /** A channel of a pixel, 0 red to 2 blue, as 0…255. */
    static int channel(int argb, int channel) {
        return argb >> 16 - 8 * channel & 255;
    }
}

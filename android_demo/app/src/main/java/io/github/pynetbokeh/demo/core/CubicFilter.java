package io.github.pynetbokeh.demo.core;

/** Enlarges rows by cubic convolution (Keys 1981) with a = −0.75, as OpenCV's INTER_CUBIC does. */
final class CubicFilter {
    static final int TAPS = 4;

    private static final double A = -0.75;

    private final int size;
    private final int newSize;
    /** The first of the four pixels around each place, −2 at the edge. */
    private final int[] first;
    /** [newSize, 4]. */
    private final float[] weights;

    /** For one side, from {@code size} to {@code newSize} pixels. */
    CubicFilter(int size, int newSize) {
        this.size = size;
        this.newSize = newSize;
        first = new int[newSize];
        weights = new float[newSize * TAPS];
        double scale = 1.0 / ((double) newSize / size);
        for (int index = 0; index < newSize; index++) {
            float place = (float) ((index + 0.5) * scale - 0.5);
            int before = (int) Math.floor(place);
            float x = place - before;
            first[index] = before - 1;
            float far = (float) ((((A * (x + 1) - 5 * A) * (x + 1) + 8 * A) * (x + 1)) - 4 * A);
            float near = (float) (((A + 2) * x - (A + 3)) * x * x + 1);
            float next = (float) (((A + 2) * (1 - x) - (A + 3)) * (1 - x) * (1 - x) + 1);
            weights[index * TAPS] = far;
            weights[index * TAPS + 1] = near;
            weights[index * TAPS + 2] = next;
            weights[index * TAPS + 3] = 1f - far - near - next;
        }
    }

    /** The pixel that stands for {@code index}, which may lie outside. */
    private int inside(int index) {
        return Math.max(0, Math.min(size - 1, index));
    }

    /** Enlarges one row [size, channels], of which {@code from} is the start, into [newSize, channels]. */
    void row(float[] data, int from, int channels, float[] into) {
        for (int x = 0; x < newSize; x++) {
            int one = from + inside(first[x]) * channels;
            int two = from + inside(first[x] + 1) * channels;
            int three = from + inside(first[x] + 2) * channels;
            int four = from + inside(first[x] + 3) * channels;
            float w1 = weights[x * TAPS];
            float w2 = weights[x * TAPS + 1];
            float w3 = weights[x * TAPS + 2];
            float w4 = weights[x * TAPS + 3];
            for (int channel = 0; channel < channels; channel++) {
                into[x * channels + channel] =
                        data[one + channel] * w1
                                + data[two + channel] * w2
                                + data[three + channel] * w3
                                + data[four + channel] * w4;
            }
        }
    }
}

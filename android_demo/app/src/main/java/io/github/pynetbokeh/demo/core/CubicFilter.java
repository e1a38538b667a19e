package io.github.pynetbokeh.demo.core;

/** Enlarges by cubic convolution (Keys 1981) with a = −0.75, with OpenCV's INTER_CUBIC's arithmetic. */
final class CubicFilter {
    static final int TAPS = 4;

    private static final double A = -0.75;
    private static final int STEPS = 2048; // of a weight, for 8 bits

    private final int size;
    private final int newSize;
    /** The pixel before the one that the place lies behind: the first of the four, −2 at the edge. */
    final int[] first;
    /** [newSize, 4]. */
    final float[] weights;

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
    int inside(int index) {
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

    /** Enlarges a picture of whole values 0…255, which stay so; OpenCV's weights have 11 bits then. */
    static Picture enlarge(Picture picture, int newHeight, int newWidth) {
        CubicFilter down = new CubicFilter(picture.height, newHeight);
        CubicFilter across = new CubicFilter(picture.width, newWidth);
        int[] acrossSteps = across.steps();
        int[] downSteps = down.steps();
        int channels = picture.channels;
        int length = newWidth * channels;
        int[][] lines = new int[picture.height][];
        Picture made = new Picture(newHeight, newWidth, channels);
        for (int y = 0; y < newHeight; y++) {
            int[][] four = new int[TAPS][];
            float[] share = new float[TAPS];
            for (int tap = 0; tap < TAPS; tap++) {
                int source = down.inside(down.first[y] + tap);
                if (lines[source] == null) {
                    lines[source] = across.line(picture, source, acrossSteps);
                }
                four[tap] = lines[source];
                share[tap] = downSteps[y * TAPS + tap] * (1f / (STEPS * STEPS));
            }
            for (int x = 0; x < length; x++) {
                float sum =
                        four[0][x] * share[0] + four[1][x] * share[1] + four[2][x] * share[2] + four[3][x] * share[3];
                made.data[y * length + x] = EightBits.rounded(sum);
            }
        }
        return made;
    }

    private int[] line(Picture picture, int y, int[] steps) {
        int channels = picture.channels;
        int[] line = new int[newSize * channels];
        for (int x = 0; x < newSize; x++) {
            for (int tap = 0; tap < TAPS; tap++) {
                int source = (y * size + inside(first[x] + tap)) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    line[x * channels + channel] += (int) picture.data[source + channel] * steps[x * TAPS + tap];
                }
            }
        }
        return line;
    }

    private int[] steps() {
        int[] steps = new int[weights.length];
        for (int index = 0; index < steps.length; index++) {
            steps[index] = (int) Math.rint(weights[index] * STEPS);
        }
        return steps;
    }
}

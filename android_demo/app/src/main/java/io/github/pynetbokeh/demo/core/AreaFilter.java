package io.github.pynetbokeh.demo.core;

import java.util.Arrays;

/** Shrinks by the mean over the area that a new pixel covers, with OpenCV's INTER_AREA's arithmetic. */
final class AreaFilter {
    private static final double SLIVER = 1e-3; // of a pixel: less at the edge of an area is left out

    private AreaFilter() {}

    /**
     * Shrinks a picture of {@code height} rows of [width, channels], no side longer than before.
     *
     * @param eightBits the values are whole, 0…255, and shall stay so: rounded to the nearest, ties to even
     */
    static Picture shrink(
            Rows rows, int height, int width, int channels, int newHeight, int newWidth, boolean eightBits) {
        if (eightBits && height % newHeight == 0 && width % newWidth == 0) {
            return blocks(rows, height, width, channels, newHeight, newWidth);
        }
        Span[] columns = spans(width, newWidth);
        Span[] lines = spans(height, newHeight);
        Picture made = new Picture(newHeight, newWidth, channels);
        float[] row = new float[width * channels];
        float[] shrunk = new float[newWidth * channels];
        float[] sum = new float[newWidth * channels];
        int read = -1;
        for (int y = 0; y < newHeight; y++) {
            Arrays.fill(sum, 0);
            for (int index = 0; index < lines[y].weights.length; index++) {
                int source = lines[y].first + index;
                if (source > read) { // a row on the border of two areas is shrunk once for both
                    rows.row(source, row);
                    shrinkRow(row, columns, channels, shrunk);
                    read = source;
                }
                float weight = lines[y].weights[index];
                for (int x = 0; x < sum.length; x++) {
                    sum[x] += weight * shrunk[x];
                }
            }
            int start = y * sum.length;
            for (int x = 0; x < sum.length; x++) {
                made.data[start + x] = eightBits ? EightBits.rounded(sum[x]) : sum[x];
            }
        }
        return made;
    }

    private static void shrinkRow(float[] row, Span[] columns, int channels, float[] into) {
        for (int x = 0; x < columns.length; x++) {
            Span span = columns[x];
            for (int channel = 0; channel < channels; channel++) {
                float sum = 0;
                int source = span.first * channels + channel;
                for (float weight : span.weights) {
                    sum += row[source] * weight;
                    source += channels;
                }
                into[x * channels + channel] = sum;
            }
        }
    }

    /** Areas of whole pixels: OpenCV adds whole numbers, and rounds ties of 2x2 up. */
    private static Picture blocks(Rows rows, int height, int width, int channels, int newHeight, int newWidth) {
        int tall = height / newHeight;
        int wide = width / newWidth;
        float share = 1f / (tall * wide);
        Picture made = new Picture(newHeight, newWidth, channels);
        float[] row = new float[width * channels];
        int[] sums = new int[newWidth * channels];
        for (int y = 0; y < newHeight; y++) {
            Arrays.fill(sums, 0);
            for (int line = 0; line < tall; line++) {
                rows.row(y * tall + line, row);
                for (int source = 0; source < row.length; source++) {
                    sums[source / channels / wide * channels + source % channels] += (int) row[source];
                }
            }
            int start = y * sums.length;
            for (int x = 0; x < sums.length; x++) {
                made.data[start + x] = tall == 2 && wide == 2 ? sums[x] + 2 >> 2 : EightBits.rounded(sums[x] * share);
            }
        }
        return made;
    }

    /** The pixels that a new pixel covers along one side, and how much of each: the weights add up to 1. */
    private static final class Span {
        final int first;
        final float[] weights;

        Span(int first, float[] weights) {
            this.first = first;
            this.weights = weights;
        }
    }

    private static Span[] spans(int size, int newSize) {
        double scale = 1.0 / ((double) newSize / size);
        Span[] found = new Span[newSize];
        for (int index = 0; index < newSize; index++) {
            double start = index * scale;
            double end = start + scale;
            double length = Math.min(scale, size - start);
            int whole = (int) Math.ceil(start);
            int behind = Math.min((int) Math.floor(end), size - 1);
            whole = Math.min(whole, behind);
            int before = whole - start > SLIVER ? 1 : 0;
            int after = end - behind > SLIVER ? 1 : 0;
            float[] weights = new float[before + behind - whole + after];
            Arrays.fill(weights, (float) (1.0 / length));
            if (before == 1) {
                weights[0] = (float) ((whole - start) / length);
            }
            if (after == 1) {
                weights[weights.length - 1] = (float) (Math.min(Math.min(end - behind, 1.0), length) / length);
            }
            found[index] = new Span(whole - before, weights);
        }
        return found;
    }
}

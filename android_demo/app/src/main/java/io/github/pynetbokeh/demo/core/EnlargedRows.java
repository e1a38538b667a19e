package io.github.pynetbokeh.demo.core;

import java.util.Arrays;

/** A picture enlarged by the cubic filter, one row at a time, so that it is never whole in memory. */
final class EnlargedRows {
    private final Picture picture;
    private final int newHeight;
    private final CubicFilter across;
    /** The last rows that were enlarged sideways; row y is in slot y mod 4. */
    private final float[][] lines = new float[CubicFilter.TAPS][];

    private final int[] lineOf = new int[CubicFilter.TAPS];

    EnlargedRows(Picture picture, int newHeight, int newWidth) {
        this.picture = picture;
        this.newHeight = newHeight;
        across = new CubicFilter(picture.width, newWidth);
        for (int slot = 0; slot < CubicFilter.TAPS; slot++) {
            lines[slot] = new float[newWidth * picture.channels];
        }
        Arrays.fill(lineOf, -1);
    }

    /** Fills {@code into}, [newWidth, channels], with row {@code y}. */
    void row(int y, float[] into) {
        double centre = (y + 0.5) * ((double) picture.height / newHeight) - 0.5;
        int above = (int) Math.floor(centre);
        Arrays.fill(into, 0);
        for (int tap = -1; tap <= 2; tap++) {
            float weight = weight(Math.abs(centre - above - tap));
            float[] line = line(Math.max(0, Math.min(picture.height - 1, above + tap)));
            for (int x = 0; x < into.length; x++) {
                into[x] += weight * line[x];
            }
        }
    }

    private float[] line(int y) {
        int slot = y % CubicFilter.TAPS;
        if (lineOf[slot] != y) {
            across.row(picture.data, y * picture.width * picture.channels, picture.channels, lines[slot]);
            lineOf[slot] = y;
        }
        return lines[slot];
    }

    /** Keys' kernel with OpenCV's a = −0.75. */
    private static float weight(double distance) {
        double a = -0.75;
        double square = distance * distance;
        double cube = square * distance;
        return (float)
                (distance <= 1
                        ? (a + 2) * cube - (a + 3) * square + 1
                        : a * cube - 5 * a * square + 8 * a * distance - 4 * a);
    }
}

package io.github.pynetbokeh.demo.core;

/** Enlarges maps of whole values 0…255 linearly, with OpenCV's INTER_LINEAR's arithmetic for 8 bits. */
final class LinearFilter {
    private static final int STEPS = 2048; // of a weight

    private LinearFilter() {}

    /** [h,w,1] → [newHeight,newWidth,1]. */
    static Picture enlarge(Picture map, int newHeight, int newWidth) {
        int[] left = new int[newWidth];
        int[] share = new int[newWidth];
        for (int x = 0; x < newWidth; x++) {
            float place = place(x, map.width, newWidth);
            int before = (int) Math.floor(place);
            boolean between = before >= 0 && before < map.width - 1;
            left[x] = Math.max(0, Math.min(map.width - 1, before));
            share[x] = between ? (int) Math.rint((place - before) * STEPS) : 0;
        }
        int[][] lines = new int[map.height][];
        Picture made = new Picture(newHeight, newWidth, 1);
        for (int y = 0; y < newHeight; y++) {
            float place = place(y, map.height, newHeight);
            int before = (int) Math.floor(place);
            int below = (int) Math.rint((place - before) * STEPS);
            int above = (int) Math.rint((1f - (place - before)) * STEPS);
            int[] upper = line(map, before, left, share, lines);
            int[] lower = line(map, before + 1, left, share, lines);
            for (int x = 0; x < newWidth; x++) {
                int sum = ((upper[x] >> 4) * above >> 16) + ((lower[x] >> 4) * below >> 16);
                made.data[y * newWidth + x] = Math.max(0, Math.min(255, sum + 2 >> 2));
            }
        }
        return made;
    }

    private static float place(int index, int size, int newSize) {
        return (float) ((index + 0.5) * (1.0 / ((double) newSize / size)) - 0.5);
    }

    private static int[] line(Picture map, int y, int[] left, int[] share, int[][] lines) {
        int inside = Math.max(0, Math.min(map.height - 1, y));
        if (lines[inside] == null) {
            int[] line = new int[left.length];
            int start = inside * map.width;
            for (int x = 0; x < line.length; x++) {
                int right = Math.min(left[x] + 1, map.width - 1);
                int before = (int) map.data[start + left[x]];
                line[x] = before * (STEPS - share[x]) + (int) map.data[start + right] * share[x];
            }
            lines[inside] = line;
        }
        return lines[inside];
    }
}

package io.github.pynetbokeh.demo.app;

/**
 * From a tapped point to the subject around it, by colour: grows from the point over pixels that are like those already
 * taken and like what was tapped. It knows nothing of objects: a subject in its surroundings' colours, or of many
 * colours, is taken in part or with too much, and wants painting.
 */
public final class TapSelection {
    /** Difference of colour (Euclidean, 0 to 441) to the tapped spot's mean at which growing stops. */
    private static final int FROM_SEED = 64;
    /** The same between neighbours. */
    private static final int FROM_NEIGHBOUR = 22;
    /** Radius of what is always taken, as a share of the short side. */
    private static final float SEED_RADIUS = 0.03f;

    private TapSelection() {}

    /**
     * Grows the subject around a point.
     *
     * @param argb the picture, row by row, as wide and high as the result is to be
     * @param x 0 the left edge, 1 the right one
     * @param y 0 the upper edge, 1 the lower one
     * @return one byte a pixel, 255 in the subject, softened by a pixel at its rim
     */
    public static byte[] grow(int[] argb, int width, int height, float x, float y) {
        int seedX = Math.max(0, Math.min(width - 1, (int) (x * width)));
        int seedY = Math.max(0, Math.min(height - 1, (int) (y * height)));
        int radius = Math.max(1, Math.round(SEED_RADIUS * Math.min(width, height)));
        int[] smooth = boxBlur(argb, width, height);
        boolean[] taken = new boolean[width * height];
        int[] queue = new int[width * height];
        int end = 0;
        long red = 0;
        long green = 0;
        long blue = 0;
        for (int row = Math.max(0, seedY - radius); row <= Math.min(height - 1, seedY + radius); row++) {
            for (int column = Math.max(0, seedX - radius); column <= Math.min(width - 1, seedX + radius); column++) {
                int dx = column - seedX;
                int dy = row - seedY;
                if (dx * dx + dy * dy > radius * radius) {
                    continue;
                }
                int index = row * width + column;
                taken[index] = true;
                queue[end++] = index;
                red += smooth[index] >> 16 & 0xFF;
                green += smooth[index] >> 8 & 0xFF;
                blue += smooth[index] & 0xFF;
            }
        }
        int mean = (int) (red / end) << 16 | (int) (green / end) << 8 | (int) (blue / end);
        for (int start = 0; start < end; start++) {
            int index = queue[start];
            int column = index % width;
            if (column > 0) {
                end = take(index, index - 1, smooth, mean, taken, queue, end);
            }
            if (column < width - 1) {
                end = take(index, index + 1, smooth, mean, taken, queue, end);
            }
            if (index >= width) {
                end = take(index, index - width, smooth, mean, taken, queue, end);
            }
            if (index < width * (height - 1)) {
                end = take(index, index + width, smooth, mean, taken, queue, end);
            }
        }
        fillHoles(taken, width, height, queue);
        return softened(taken, width, height);
    }

    private static int take(int from, int to, int[] argb, int mean, boolean[] taken, int[] queue, int end) {
        if (taken[to]
                || difference(argb[to], mean) > FROM_SEED * FROM_SEED
                || difference(argb[to], argb[from]) > FROM_NEIGHBOUR * FROM_NEIGHBOUR) {
            return end;
        }
        taken[to] = true;
        queue[end] = to;
        return end + 1;
    }

    private static int difference(int a, int b) {
        int red = (a >> 16 & 0xFF) - (b >> 16 & 0xFF);
        int green = (a >> 8 & 0xFF) - (b >> 8 & 0xFF);
        int blue = (a & 0xFF) - (b & 0xFF);
        return red * red + green * green + blue * blue;
    }

    /** Takes whatever is not connected to the picture's edge outside of the subject: eyes in a face, letters. */
    private static void fillHoles(boolean[] taken, int width, int height, int[] queue) {
        boolean[] outside = new boolean[taken.length];
        int end = 0;
        for (int i = 0; i < taken.length; i++) {
            int column = i % width;
            boolean edge = column == 0 || column == width - 1 || i < width || i >= width * (height - 1);
            if (edge && !taken[i]) {
                outside[i] = true;
                queue[end++] = i;
            }
        }
        for (int start = 0; start < end; start++) {
            int index = queue[start];
            int column = index % width;
            end = leave(column > 0 ? index - 1 : -1, taken, outside, queue, end);
            end = leave(column < width - 1 ? index + 1 : -1, taken, outside, queue, end);
            end = leave(index - width, taken, outside, queue, end);
            end = leave(index + width < taken.length ? index + width : -1, taken, outside, queue, end);
        }
        for (int i = 0; i < taken.length; i++) {
            taken[i] = !outside[i];
        }
    }

    private static int leave(int index, boolean[] taken, boolean[] outside, int[] queue, int end) {
        if (index < 0 || taken[index] || outside[index]) {
            return end;
        }
        outside[index] = true;
        queue[end] = index;
        return end + 1;
    }

    private static byte[] softened(boolean[] taken, int width, int height) {
        byte[] result = new byte[taken.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int sum = 0;
                int count = 0;
                for (int row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
                    for (int column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
                        sum += taken[row * width + column] ? 255 : 0;
                        count++;
                    }
                }
                result[y * width + x] = (byte) (sum / count);
            }
        }
        return result;
    }

    /** Mean of 3 x 3 pixels, so that noise doesn't stop the growth. */
    private static int[] boxBlur(int[] argb, int width, int height) {
        int[] result = new int[argb.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int red = 0;
                int green = 0;
                int blue = 0;
                int count = 0;
                for (int row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
                    for (int column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
                        int pixel = argb[row * width + column];
                        red += pixel >> 16 & 0xFF;
                        green += pixel >> 8 & 0xFF;
                        blue += pixel & 0xFF;
                        count++;
                    }
                }
                result[y * width + x] = red / count << 16 | green / count << 8 | blue / count;
            }
        }
        return result;
    }
}

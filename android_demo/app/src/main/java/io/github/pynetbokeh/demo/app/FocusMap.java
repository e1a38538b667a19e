package io.github.pynetbokeh.demo.app;

import java.util.Arrays;

/**
 * What is to stay sharp, as the user marked it: one byte a pixel, 255 in focus, laid over the whole upright photo.
 * Smaller than the photo (long side {@link #LONG_SIDE}): rendering brings it to the network's size anyway.
 */
public final class FocusMap {
    public static final int LONG_SIDE = 512;

    private final int width;
    private final int height;
    private final byte[] values;

    /** An empty map in the shape of a photo of {@code photoWidth} x {@code photoHeight} pixels. */
    public static FocusMap forPhoto(int photoWidth, int photoHeight) {
        double scale = Math.min(1.0, LONG_SIDE / (double) Math.max(photoWidth, photoHeight));
        return new FocusMap(
                Math.max(1, (int) Math.round(photoWidth * scale)), Math.max(1, (int) Math.round(photoHeight * scale)));
    }

    public FocusMap(int width, int height) {
        this(width, height, new byte[width * height]);
    }

    /** Takes {@code values} (row by row, 0 to 255) as they are, without a copy. */
    public FocusMap(int width, int height, byte[] values) {
        if (values.length != width * height) {
            throw new IllegalArgumentException(
                    "values: " + width * height + " bytes are wanted; received " + values.length);
        }
        this.width = width;
        this.height = height;
        this.values = values;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** Row by row, 0 to 255; not a copy. */
    public byte[] values() {
        return values;
    }

    public FocusMap copy() {
        return new FocusMap(width, height, values.clone());
    }

    public boolean isEmpty() {
        for (byte value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /** Percent of the picture that is marked. */
    public int percent() {
        long sum = 0;
        for (byte value : values) {
            sum += value & 0xFF;
        }
        return sum == 0 ? 0 : (int) Math.max(1, Math.round(100.0 * sum / (255.0 * values.length)));
    }

    public void clear() {
        Arrays.fill(values, (byte) 0);
    }

    /**
     * Paints a stroke from one point to another, its rim softened over a pixel.
     *
     * @param x0 and the other coordinates: 0 the left or upper edge of the picture, 1 the right or lower one
     * @param radius of the brush, as a share of the short side
     */
    public void paint(float x0, float y0, float x1, float y1, float radius) {
        float ax = x0 * width;
        float ay = y0 * height;
        float dx = x1 * width - ax;
        float dy = y1 * height - ay;
        float reach = Math.max(0.5f, radius * Math.min(width, height));
        float length = dx * dx + dy * dy;
        int left = clamp((int) Math.floor(Math.min(ax, ax + dx) - reach - 1), width);
        int right = clamp((int) Math.ceil(Math.max(ax, ax + dx) + reach + 1), width);
        int top = clamp((int) Math.floor(Math.min(ay, ay + dy) - reach - 1), height);
        int bottom = clamp((int) Math.ceil(Math.max(ay, ay + dy) + reach + 1), height);
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                float px = x + 0.5f - ax;
                float py = y + 0.5f - ay;
                float along = length == 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length));
                float distance = (float) Math.hypot(px - along * dx, py - along * dy);
                float covered = Math.max(0, Math.min(1, reach + 0.5f - distance));
                mark(y * width + x, Math.round(255 * covered));
            }
        }
    }

    /** Adds another map of the same size: the higher value of both. */
    public void add(byte[] other) {
        for (int i = 0; i < values.length; i++) {
            mark(i, other[i] & 0xFF);
        }
    }

    private void mark(int index, int value) {
        if (value > (values[index] & 0xFF)) {
            values[index] = (byte) value;
        }
    }

    private static int clamp(int value, int limit) {
        return Math.max(0, Math.min(limit, value));
    }
}

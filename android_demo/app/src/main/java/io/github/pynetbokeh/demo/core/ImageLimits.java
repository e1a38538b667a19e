package io.github.pynetbokeh.demo.core;

/** Which photos can be taken at all: said before they are decoded, so that a large one is a message, not a crash. */
public final class ImageLimits {
    /** As in pynet_bokeh/images.py. */
    public static final long MAX_PIXELS = 200_000_000;

    private static final int BYTES = 4; // of a pixel, in a Bitmap and in an int

    private ImageLimits() {}

    /** Throws a message unless the photo has at least one pixel and at most 200 megapixels. */
    public static void check(int width, int height) throws DemoException {
        if (width < 1 || height < 1) {
            throw new DemoException("This file is no picture that can be read.");
        }
        if ((long) width * height > MAX_PIXELS) {
            throw new DemoException(
                    width + "x" + height + " pixels: at most " + MAX_PIXELS / 1_000_000 + " megapixels are read.");
        }
    }

    /**
     * By what power of two a photo has to be decoded smaller (BitmapFactory's inSampleSize) to fit {@code copies} times
     * into {@code freeBytes}; 1 is full resolution.
     *
     * @throws DemoException for a photo over the limit, or when not even an eighth of each side fits
     */
    public static int sampleSize(int width, int height, int copies, long freeBytes) throws DemoException {
        check(width, height);
        for (int sample = 1; sample <= 8; sample *= 2) {
            long pixels = (long) ((width + sample - 1) / sample) * ((height + sample - 1) / sample);
            if (pixels * BYTES * copies <= freeBytes) {
                return sample;
            }
        }
        throw new DemoException(
                width + "x" + height + " pixels: not enough memory, of which " + freeBytes / 1_000_000
                        + " MB are free.");
    }
}

package io.github.pynetbokeh.demo.core;

/**
 * The full-resolution merge, {@code up(after) + kept · (photo − up(before))}: sharp where the network left it sharp,
 * with the photo's own pixels. The same arithmetic as pynet_bokeh/merge.py.
 */
final class Merge {
    private static final int STRIP = 64; // rows read and written at once

    private Merge() {}

    /**
     * Brings the network's picture to the photo's size.
     *
     * @param before the photo at picture size, [h,w,3] in [0,1]
     * @param after the network's picture of it, [h,w,3] in [0,1]
     * @param share of the rendering in what is written; the rest is the photo's. 1 for networks with a strength input
     * @param into may be {@code photo} itself
     */
    static void render(Pixels photo, Picture before, Picture after, float share, Pixels into, Progress progress)
            throws CancelledException {
        int height = photo.height();
        int width = photo.width();
        Rows small = after.hasSize(height, width) ? new Rows.OfPicture(after) : null;
        EnlargedRows enlarged = small == null ? enlarged(before, after, height, width, progress) : null;
        int[] strip = new int[Math.min(STRIP, height) * width];
        float[] row = new float[width * (small == null ? 7 : 3)];
        for (int top = 0; top < height; top += STRIP) {
            RenderJob.checkCancelled(progress);
            progress.report(RenderJob.MERGING + (1 - RenderJob.MERGING) * top / height, "full resolution");
            int rows = Math.min(STRIP, height - top);
            photo.read(top, rows, strip);
            for (int y = 0; y < rows; y++) {
                if (small == null) {
                    enlarged.row(top + y, row);
                    merged(strip, y * width, width, row, share);
                } else {
                    small.row(top + y, row);
                    plain(strip, y * width, width, row, share);
                }
            }
            into.write(top, rows, strip);
        }
    }

    private static EnlargedRows enlarged(Picture before, Picture after, int height, int width, Progress progress)
            throws CancelledException {
        Picture kept = KeptDetail.of(before, after, progress);
        Picture stack = new Picture(after.height, after.width, 7);
        for (int pixel = 0; pixel < kept.data.length; pixel++) {
            System.arraycopy(after.data, 3 * pixel, stack.data, 7 * pixel, 3);
            System.arraycopy(before.data, 3 * pixel, stack.data, 7 * pixel + 3, 3);
            stack.data[7 * pixel + 6] = kept.data[pixel];
        }
        // A photo smaller than the network's picture was enlarged for it and is brought back; the rest is the same.
        Picture fitted = Resize.shrunk(stack, Math.min(height, stack.height), Math.min(width, stack.width));
        return new EnlargedRows(fitted, height, width);
    }

    private static void merged(int[] strip, int start, int width, float[] row, float share) {
        for (int x = 0; x < width; x++) {
            int pixel = strip[start + x];
            float kept = Math.max(0f, Math.min(1f, row[7 * x + 6]));
            int rendered = EightBits.OPAQUE;
            for (int channel = 0; channel < 3; channel++) {
                float detail = EightBits.channel(pixel, channel) * EightBits.STEP - row[7 * x + 3 + channel];
                rendered |= EightBits.of(detail * kept + row[7 * x + channel]) << 16 - 8 * channel;
            }
            strip[start + x] = blended(pixel, rendered, share);
        }
    }

    private static void plain(int[] strip, int start, int width, float[] row, float share) {
        for (int x = 0; x < width; x++) {
            int rendered =
                    EightBits.pixel(
                            EightBits.of(row[3 * x]), EightBits.of(row[3 * x + 1]), EightBits.of(row[3 * x + 2]));
            strip[start + x] = blended(strip[start + x], rendered, share);
        }
    }

    private static int blended(int photo, int rendered, float share) {
        if (share == 1) {
            return rendered;
        }
        float rest = (float) (1 - (double) share);
        int mixed = EightBits.OPAQUE;
        for (int channel = 0; channel < 3; channel++) {
            float value = EightBits.channel(photo, channel) * rest + EightBits.channel(rendered, channel) * share;
            mixed |= EightBits.rounded(value) << 16 - 8 * channel;
        }
        return mixed;
    }
}

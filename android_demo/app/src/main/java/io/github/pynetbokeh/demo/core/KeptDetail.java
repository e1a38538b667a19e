package io.github.pynetbokeh.demo.core;

/**
 * How much of a photo's fine detail the network let through: the coefficient of a guided filter on the high-pass of
 * both pictures, every pixel's vote bounded. The same arithmetic and constants as pynet_bokeh/merge.py, which says why.
 */
final class KeptDetail {
    /** σ of the high-pass, σ of the window, weight. */
    private static final double[][] SCALES = {{0.7, 1.0, 1.0}, {1.5, 3.0, 0.1}, {3.0, 8.0, 0.01}};

    private static final float NOISE = (float) (1.5 / 255 * (1.5 / 255));
    private static final float PRIOR = 0.001f;
    private static final float UNCHANGED = (float) (2 * (3.0 / 255) * (3.0 / 255));
    private static final float NONE_KEPT = 0.35f;
    private static final float ALL_KEPT = 0.75f;

    private KeptDetail() {}

    /** [h,w,1], 0 blurred away to 1 kept, of two pictures [h,w,3] in [0,1]. */
    static Picture of(Picture before, Picture after, Progress progress) throws CancelledException {
        int pixels = before.height * before.width;
        float[] kept = new float[pixels];
        float[] total = new float[pixels];
        for (int pixel = 0; pixel < pixels; pixel++) {
            float squares = 0;
            for (int value = 3 * pixel; value < 3 * pixel + 3; value++) {
                float change = after.data[value] - before.data[value];
                squares += change * change;
            }
            kept[pixel] = PRIOR * (float) Math.exp(-(squares / 3) / UNCHANGED);
            total[pixel] = PRIOR;
        }
        for (double[] scale : SCALES) {
            RenderJob.checkCancelled(progress);
            add(before, after, scale, kept, total);
        }
        for (int pixel = 0; pixel < pixels; pixel++) {
            float share = (kept[pixel] / total[pixel] - NONE_KEPT) / (ALL_KEPT - NONE_KEPT);
            float stretched = Math.max(0f, Math.min(1f, share));
            kept[pixel] = stretched * stretched * (3 - 2 * stretched);
        }
        return new Picture(before.height, before.width, 1, kept);
    }

    private static void add(Picture before, Picture after, double[] scale, float[] kept, float[] total) {
        Picture smoothBefore = GaussianBlur.of(before, scale[0]);
        Picture smoothAfter = GaussianBlur.of(after, scale[0]);
        Picture agreement = new Picture(before.height, before.width, 1);
        Picture presence = new Picture(before.height, before.width, 1);
        for (int pixel = 0; pixel < agreement.data.length; pixel++) {
            float variance = 0;
            float covariance = 0;
            for (int value = 3 * pixel; value < 3 * pixel + 3; value++) {
                float detail = before.data[value] - smoothBefore.data[value];
                variance += detail * detail;
                covariance += detail * (after.data[value] - smoothAfter.data[value]);
            }
            variance /= 3;
            covariance = Math.max(-variance, Math.min(variance, covariance / 3));
            float bound = variance + NOISE;
            agreement.data[pixel] = covariance / bound;
            presence.data[pixel] = variance / bound;
        }
        Picture agreed = GaussianBlur.of(agreement, scale[1]);
        Picture present = GaussianBlur.of(presence, scale[1]);
        float weight = (float) scale[2];
        for (int pixel = 0; pixel < kept.length; pixel++) {
            kept[pixel] += weight * agreed.data[pixel];
            total[pixel] += weight * present.data[pixel];
        }
    }
}

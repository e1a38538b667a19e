package io.github.pynetbokeh.demo.core;

/** How wide the lens is open: the slider's strength, and what the network's input says. As pynet_bokeh/opening.py. */
public final class Opening {
    /** Where the person names none. */
    public static final double DEFAULT = 0.6;

    private static final double RADIUS_SHARE = 0.05; // of the short side: the far background's blur at strength 1
    private static final double LARGEST_RADIUS = 40.0; // pixels of its picture that the input's 1 stands for

    private Opening() {}

    /** The network's input, 0 to 1, for a strength on a photo of {@code height} x {@code width} in its picture. */
    static float networkStrength(double strength, int height, int width) {
        return (float) Math.min(1.0, strength * RADIUS_SHARE * Math.min(height, width) / LARGEST_RADIUS);
    }
}

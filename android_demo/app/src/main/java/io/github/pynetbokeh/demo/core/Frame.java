package io.github.pynetbokeh.demo.core;

/**
 * Where a photo lies in the network's picture: in the middle, its aspect kept, what is missing filled by mirroring. It
 * never reaches the edge: what convolutions make of the zeros beyond is a rim that stays sharp. The same arithmetic as
 * pynet_bokeh/render.py for a network of fixed size.
 */
final class Frame {
    private static final int MARGIN = 4; // pixels of the network's input that are mirrored around the photo at least

    /** The network's picture. */
    final int height;

    final int width;
    /** The photo within it. */
    final int contentHeight;

    final int contentWidth;
    private final int above;
    private final int left;

    /** For a photo of {@code photoHeight} x {@code photoWidth} and the network that {@code sidecar} describes. */
    Frame(Sidecar sidecar, int photoHeight, int photoWidth) {
        int multiple = sidecar.inputScale;
        height = sidecar.output.height();
        width = sidecar.output.width();
        int roomHeight = Math.max(multiple, height - 2 * MARGIN * multiple);
        int roomWidth = Math.max(multiple, width - 2 * MARGIN * multiple);
        double scale = Math.min((double) roomHeight / photoHeight, (double) roomWidth / photoWidth);
        contentHeight = scaled(photoHeight, scale, roomHeight, multiple);
        contentWidth = scaled(photoWidth, scale, roomWidth, multiple);
        above = (height - contentHeight) / 2 / multiple * multiple;
        left = (width - contentWidth) / 2 / multiple * multiple;
    }

    private static int scaled(int side, double scale, int limit, int multiple) {
        if (scale == 1) {
            return side;
        }
        int nearest = (int) Math.rint(side * scale / multiple) * multiple;
        return Math.min(Math.max(multiple, nearest), limit);
    }

    /** Fills [contentHeight,contentWidth,C] up to the network's picture by mirroring. */
    Picture filled(Picture content) {
        int channels = content.channels;
        Picture made = new Picture(height, width, channels);
        for (int y = 0; y < height; y++) {
            int line = Mirror.inside(y - above, contentHeight) * contentWidth;
            for (int x = 0; x < width; x++) {
                int from = (line + Mirror.inside(x - left, contentWidth)) * channels;
                System.arraycopy(content.data, from, made.data, (y * width + x) * channels, channels);
            }
        }
        return made;
    }

    /** Cuts off again what {@link #filled} filled in. */
    Picture content(Picture picture) {
        int channels = picture.channels;
        Picture made = new Picture(contentHeight, contentWidth, channels);
        int length = contentWidth * channels;
        for (int y = 0; y < contentHeight; y++) {
            System.arraycopy(
                    picture.data, ((above + y) * width + left) * channels, made.data, y * length, length);
        }
        return made;
    }
}

package io.github.pynetbokeh.demo.core;

/**
 * Changes the size of pictures as pynet_bokeh/images.py's {@code resize} does: shrinks by the area filter, enlarges by
 * the cubic one, maps by the linear one, and never leaves the picture's own range of values.
 */
final class Resize {
    private Resize() {}

    /** A photo as [newHeight,newWidth,3] of whole values 0…255. */
    static Picture photo(Pixels photo, int newHeight, int newWidth) {
        int height = Math.min(photo.height(), newHeight);
        int width = Math.min(photo.width(), newWidth);
        Picture shrunk =
                AreaFilter.shrink(new Rows.OfPhoto(photo), photo.height(), photo.width(), 3, height, width, true);
        if (shrunk.hasSize(newHeight, newWidth)) {
            return shrunk;
        }
        float low = Float.MAX_VALUE;
        float high = -Float.MAX_VALUE;
        for (float value : shrunk.data) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        EnlargedRows rows = new EnlargedRows(shrunk, newHeight, newWidth);
        Picture enlarged = new Picture(newHeight, newWidth, 3);
        float[] row = new float[newWidth * 3];
        for (int y = 0; y < newHeight; y++) {
            rows.row(y, row);
            for (int x = 0; x < row.length; x++) {
                enlarged.data[y * row.length + x] = Math.max(low, Math.min(high, EightBits.rounded(row[x])));
            }
        }
        return enlarged;
    }

    /** A map [h,w,1] of whole values 0…255 as [newHeight,newWidth,1]. */
    static Picture map(Picture map, int newHeight, int newWidth) {
        Picture shrunk = shrunk(map, Math.min(map.height, newHeight), Math.min(map.width, newWidth), true);
        return shrunk.hasSize(newHeight, newWidth) ? shrunk : LinearFilter.enlarge(shrunk, newHeight, newWidth);
    }

    /** Floats with no side longer than before. */
    static Picture shrunk(Picture picture, int newHeight, int newWidth) {
        return shrunk(picture, newHeight, newWidth, false);
    }

    private static Picture shrunk(Picture picture, int newHeight, int newWidth, boolean eightBits) {
        if (picture.hasSize(newHeight, newWidth)) {
            return picture;
        }
        return AreaFilter.shrink(
                new Rows.OfPicture(picture),
                picture.height,
                picture.width,
                picture.channels,
                newHeight,
                newWidth,
                eightBits);
    }
}

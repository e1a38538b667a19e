package io.github.pynetbokeh.demo.core;

/** Where a filter takes a picture's rows from, each [width, channels]. */
interface Rows {
    /** Fills {@code into} with row {@code y}; rows are asked for from the top down, each once. */
    void row(int y, float[] into);

    /** A picture in memory. */
    final class OfPicture implements Rows {
        private final Picture picture;

        OfPicture(Picture picture) {
            this.picture = picture;
        }

        @Override
        public void row(int y, float[] into) {
            int length = picture.width * picture.channels;
            System.arraycopy(picture.data, y * length, into, 0, length);
        }
    }

    /** Red, green and blue of a photo, 0…255, read some rows at a time. */
    final class OfPhoto implements Rows {
        private static final int STRIP = 32;

        private final Pixels photo;
        private final int[] strip;
        private int top = Integer.MIN_VALUE;

        OfPhoto(Pixels photo) {
            this.photo = photo;
            this.strip = new int[Math.min(STRIP, photo.height()) * photo.width()];
        }

        @Override
        public void row(int y, float[] into) {
            int width = photo.width();
            if (y < top || y >= top + STRIP) {
                top = y;
                photo.read(top, Math.min(STRIP, photo.height() - top), strip);
            }
            int start = (y - top) * width;
            for (int x = 0; x < width; x++) {
                int pixel = strip[start + x];
                into[3 * x] = pixel >> 16 & 255;
                into[3 * x + 1] = pixel >> 8 & 255;
                into[3 * x + 2] = pixel & 255;
            }
        }
    }
}

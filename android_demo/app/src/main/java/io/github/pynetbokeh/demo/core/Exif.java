package io.github.pynetbokeh.demo.core;

import java.util.Arrays;

/**
 * A photo's EXIF, a TIFF file of directories of tags. It is changed where it lies, so that nothing moves: a maker's notes
 * hold places in the file that only their maker knows.
 */
final class Exif {
    private static final int ORIENTATION = 0x0112;
    private static final int DETAILS = 0x8769; // the places of further directories
    private static final int GPS = 0x8825;
    private static final int INTEROPERABILITY = 0xa005;
    private static final int WIDTH = 0xa002;
    private static final int HEIGHT = 0xa003;
    private static final int THUMBNAIL = 0x0201;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int ENTRY = 12; // bytes: tag, type, count, value or its place
    private static final int[] BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}; // of a value, by type

    /** Tags that say how a file stores its pixels, sorted: wrong in any other file. As in pynet_bokeh/images.py. */
    private static final int[] STORAGE = {
        254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 284, 288, 289, 290, 291, 292, 293, 301,
        317, 318, 319, 320, 322, 323, 324, 325, 330, 338, 339, 347, 513, 514, 529, 530, 531, 532, 34675,
    };

    private final byte[] tiff;
    private final boolean bigEndian;

    /** Of the TIFF file in {@code tiff}, which is changed. */
    private Exif(byte[] tiff, boolean bigEndian) {
        this.tiff = tiff;
        this.bigEndian = bigEndian;
    }

    /** Null for what can't be read: a photo with broken metadata is still a photo. */
    static Exif of(byte[] tiff) {
        if (tiff.length < 8 || tiff[0] != tiff[1] || (tiff[0] != 'M' && tiff[0] != 'I')) {
            return null;
        }
        Exif exif = new Exif(tiff, tiff[0] == 'M');
        return exif.number(2, 2) == 42 && exif.entries(exif.first()) > 0 ? exif : null;
    }

    /** How the photo lies in its file, 1 to 8; upright where it isn't said. */
    int orientation() {
        int entry = entry(first(), ORIENTATION);
        long found = entry > 0 && number(entry + 2, 2) == SHORT ? number(entry + 8, 2) : Orientation.UPRIGHT;
        return found >= 1 && found <= 8 ? (int) found : Orientation.UPRIGHT;
    }

    /**
     * The same for an upright picture of this size that was made from the photo, without the photo's thumbnail; null when
     * nothing is left.
     */
    byte[] updated(int width, int height) {
        Exif made = new Exif(tiff.clone(), bigEndian);
        int length = made.lengthWithoutThumbnail();
        made.removeStorage();
        int orientation = made.entry(made.first(), ORIENTATION);
        if (orientation > 0) {
            made.set(orientation, Orientation.UPRIGHT);
        }
        int details = made.pointed(made.first(), DETAILS);
        for (int[] size : new int[][] {{WIDTH, width}, {HEIGHT, height}}) {
            int entry = made.entry(details, size[0]);
            if (entry > 0) {
                made.set(entry, size[1]);
            }
        }
        return made.entries(made.first()) == 0 ? null : Arrays.copyOf(made.tiff, length);
    }

    /** How long the file is without the second directory, the thumbnail's. */
    private int lengthWithoutThumbnail() {
        int place = first() + 2 + ENTRY * entries(first());
        int second = (int) Math.min(number(place, 4), tiff.length);
        int end = end(first(), 0);
        int length = tiff.length;
        if (second >= end && second > 0) { // behind everything else, as cameras have it: cut off
            int entry = entry(second, THUMBNAIL);
            long thumbnail = entry > 0 ? number(entry + 8, 4) : second;
            length = thumbnail >= end ? (int) Math.min(second, thumbnail) : length;
        }
        return length;
    }

    /** Where a directory and all that it points to ends. */
    private int end(int directory, int depth) {
        int entries = entries(directory);
        long end = directory + 2L + ENTRY * entries + 4;
        for (int entry = directory + 2; entry < directory + 2 + ENTRY * entries; entry += ENTRY) {
            int tag = (int) number(entry, 2);
            int type = (int) number(entry + 2, 2);
            long bytes = number(entry + 4, 4) * (type < BYTES.length ? BYTES[type] : 0);
            long value = number(entry + 8, 4);
            if (bytes > 4) {
                end = Math.max(end, value + bytes);
            } else if (depth < 2 && (tag == DETAILS || tag == GPS || tag == INTEROPERABILITY)) {
                int next = pointed(directory, tag);
                end = next > 0 ? Math.max(end, end(next, depth + 1)) : end;
            }
        }
        return (int) Math.min(end, tiff.length);
    }

    /** Takes the storage's tags out of the first directory: the others move up, and no second one follows. */
    private void removeStorage() {
        int directory = first();
        int entries = entries(directory);
        int kept = 0;
        for (int index = 0; index < entries; index++) {
            int entry = directory + 2 + ENTRY * index;
            if (Arrays.binarySearch(STORAGE, (int) number(entry, 2)) < 0) {
                System.arraycopy(tiff, entry, tiff, directory + 2 + ENTRY * kept, ENTRY);
                kept++;
            }
        }
        int end = directory + 2 + ENTRY * entries;
        Arrays.fill(tiff, directory + 2 + ENTRY * kept, Math.min(end + 4, tiff.length), (byte) 0);
        put(directory, 2, kept);
    }

    private int first() {
        return (int) Math.min(number(4, 4), Integer.MAX_VALUE);
    }

    /** How many entries a directory has, as far as the file reaches; 0 where there is none. */
    private int entries(int directory) {
        if (directory < 8 || directory > tiff.length - 2) {
            return 0;
        }
        return (int) Math.min(number(directory, 2), (tiff.length - directory - 2) / ENTRY);
    }

    /** Where the entry of a tag lies; 0 where there is none. */
    private int entry(int directory, int tag) {
        int entries = entries(directory);
        for (int index = 0; index < entries; index++) {
            int entry = directory + 2 + ENTRY * index;
            if (number(entry, 2) == tag) {
                return entry;
            }
        }
        return 0;
    }

    /** The directory that a tag points to; 0 where there is none. */
    private int pointed(int directory, int tag) {
        int entry = entry(directory, tag);
        long place = entry > 0 ? number(entry + 8, 4) : 0;
        return place >= 8 && place < tiff.length ? (int) place : 0;
    }

    private void set(int entry, int value) {
        int type = value > 0xffff ? LONG : SHORT;
        put(entry + 2, 2, type);
        put(entry + 4, 4, 1);
        put(entry + 8, 4, 0);
        put(entry + 8, BYTES[type], value);
    }

    /** Unsigned; 0 where the bytes have ended. */
    private long number(int place, int count) {
        if (place < 0 || place > tiff.length - count) {
            return 0;
        }
        long value = 0;
        for (int index = 0; index < count; index++) {
            value = value << 8 | tiff[place + (bigEndian ? index : count - 1 - index)] & 0xff;
        }
        return value;
    }

    private void put(int place, int count, int value) {
        for (int index = 0; index < count && place + count <= tiff.length; index++) {
            tiff[place + (bigEndian ? count - 1 - index : index)] = (byte) (value >> 8 * index);
        }
    }
}

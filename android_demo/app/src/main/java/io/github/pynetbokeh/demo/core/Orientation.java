package io.github.pynetbokeh.demo.core;

/** How a photo lies in its file, from a JPEG's EXIF (tag 0x0112): 1 upright, 2 to 8 turned or mirrored. */
public final class Orientation {
    public static final int UPRIGHT = 1;

    private static final int START = 0xffd8;
    private static final int APP1 = 0xffe1;
    private static final int SCAN = 0xffda;
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;

    private Orientation() {}

    /**
     * The orientation in a JPEG's first bytes (64 KB hold it); upright where there is none, or a broken one: a photo
     * with broken metadata is still a photo.
     */
    public static int of(byte[] jpeg) {
        if (number(jpeg, 0, 2, true) != START) {
            return UPRIGHT;
        }
        int place = 2;
        while (place + 4 <= jpeg.length) {
            long marker = number(jpeg, place, 2, true);
            long length = number(jpeg, place + 2, 2, true);
            if (marker >> 8 != 0xff || marker == SCAN || length < 2) {
                return UPRIGHT;
            }
            // "Exif", two zeros, then a TIFF file
            if (marker == APP1 && number(jpeg, place + 4, 4, true) == 0x45786966) {
                return ofTiff(jpeg, place + 10);
            }
            place += 2 + (int) length;
        }
        return UPRIGHT;
    }

    /** Degrees by which the picture has to be turned clockwise, after {@link #isMirrored mirroring} left to right. */
    public static int degrees(int orientation) {
        switch (orientation) {
            case 6:
            case 7:
                return 90;
            case 3:
            case 4:
                return 180;
            case 5:
            case 8:
                return 270;
            default:
                return 0;
        }
    }

    /** Whether left and right have to be exchanged before the picture is turned. */
    public static boolean isMirrored(int orientation) {
        return orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7;
    }

    private static int ofTiff(byte[] bytes, int start) {
        boolean bigEndian = number(bytes, start, 2, true) == 0x4d4d; // "MM"; "II" is little
        long directory = number(bytes, start + 4, 4, bigEndian);
        if (directory < 8 || directory > bytes.length - start) {
            return UPRIGHT;
        }
        int entry = start + (int) directory + 2;
        for (long left = number(bytes, entry - 2, 2, bigEndian); left > 0; left--, entry += 12) {
            if (number(bytes, entry, 2, bigEndian) == TAG && number(bytes, entry + 2, 2, bigEndian) == SHORT) {
                long found = number(bytes, entry + 8, 2, bigEndian);
                return found >= 1 && found <= 8 ? (int) found : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** Unsigned; −1 where the bytes have ended. */
    private static long number(byte[] bytes, int place, int count, boolean bigEndian) {
        if (place < 0 || place + count > bytes.length) {
            return -1;
        }
        long value = 0;
        for (int index = 0; index < count; index++) {
            value = value << 8 | bytes[place + (bigEndian ? index : count - 1 - index)] & 0xff;
        }
        return value;
    }
}

package io.github.pynetbokeh.demo.core;

/** How a photo lies in its file, from a JPEG's EXIF (tag 0x0112): 1 upright, 2 to 8 turned or mirrored. */
public final class Orientation {
    public static final int UPRIGHT = 1;

    private Orientation() {}

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
}

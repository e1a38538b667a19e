package io.github.pynetbokeh.demo.core;

import io.github.pynetbokeh.demo.core.JpegHeader.Segment;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * What a JPEG says beside its pixels: EXIF and ICC profile. They are kept in the JPEG that is made from it, as
 * pynet_bokeh/images.py does: the orientation reset to upright, the size brought up to date, the thumbnail dropped.
 *
 * <p>The profile says what the numbers of the pixels mean. The network works on these numbers, so they have to be
 * decoded as they are ({@link #withoutProfile}) and to get the profile again when they are written.
 */
public final class JpegMetadata {
    private static final String EXIF = "Exif";
    private static final int EXIF_NAME = 6; // bytes: the letters, two zeros
    private static final String PROFILE = "ICC_PROFILE";
    private static final int PROFILE_NAME = 14; // bytes: the letters, a zero, the number of the piece, of how many
    private static final int COLOURS = 16; // where a profile says which colours it is for

    private final Exif exif; // null for none
    private final List<Segment> profile; // empty for none

    private JpegMetadata(JpegHeader header) {
        exif = exif(header.segments);
        profile = profile(header.segments);
    }

    /** Reads a file's start; there is nothing in what is no JPEG, and nothing in broken metadata. */
    public static JpegMetadata read(InputStream in) throws IOException {
        return new JpegMetadata(new JpegHeader(new BufferedInputStream(in)));
    }

    /** Whether a JPEG reaches its end, which decoders don't always mind. True for what is no JPEG. */
    public static boolean isWhole(InputStream in) throws IOException {
        InputStream buffered = new BufferedInputStream(in, 1 << 16);
        JpegHeader header = new JpegHeader(buffered);
        return !header.complete || JpegHeader.reachesEnd(buffered);
    }

    /** How the photo lies in its file: see {@link Orientation}. */
    public int orientation() {
        return exif == null ? Orientation.UPRIGHT : exif.orientation();
    }

    /** Whether it has a profile for RGB. */
    public boolean hasProfile() {
        return !profile.isEmpty();
    }

    /** A JPEG as if it had no profile, so that a decoder leaves the numbers of its pixels as they are. */
    public static InputStream withoutProfile(InputStream jpeg) throws IOException {
        InputStream buffered = new BufferedInputStream(jpeg, 1 << 16);
        return JpegHeader.stream(withoutProfile(new JpegHeader(buffered).segments), buffered);
    }

    /**
     * Copies a JPEG that was made from the photo, with the photo's metadata put into it. A profile that its encoder put
     * there stays where the photo has none.
     *
     * @throws IOException when reading or writing fails, or {@code encoded} is no JPEG
     */
    public void copyInto(InputStream encoded, int width, int height, OutputStream out) throws IOException {
        InputStream buffered = new BufferedInputStream(encoded, 1 << 16);
        JpegHeader header = new JpegHeader(buffered);
        if (!header.complete) {
            throw new IOException("not a JPEG");
        }
        List<Segment> segments = header.segments;
        if (hasProfile()) {
            segments = withoutProfile(segments);
        }
        int place = !segments.isEmpty() && segments.get(0).marker == JpegHeader.JFIF ? 1 : 0;
        List<Segment> made = new ArrayList<>(segments);
        made.addAll(place, profile);
        byte[] updated = exif == null ? null : exif.updated(width, height);
        if (updated != null) {
            byte[] content = Arrays.copyOf(new byte[] {'E', 'x', 'i', 'f', 0, 0}, EXIF_NAME + updated.length);
            System.arraycopy(updated, 0, content, EXIF_NAME, updated.length);
            made.add(place, new Segment(JpegHeader.EXIF, content));
        }
        JpegHeader.write(made, buffered, out);
    }

    private static Exif exif(List<Segment> segments) {
        for (Segment segment : segments) {
            if (segment.is(JpegHeader.EXIF, EXIF) && segment.content.length > EXIF_NAME) {
                return Exif.of(Arrays.copyOfRange(segment.content, EXIF_NAME, segment.content.length));
            }
        }
        return null;
    }

    /** The pieces of a profile in their order; none unless all are there and it is for RGB: CMYK's would be wrong. */
    private static List<Segment> profile(List<Segment> segments) {
        List<Segment> pieces = new ArrayList<>();
        for (Segment segment : segments) {
            if (segment.is(JpegHeader.PROFILE, PROFILE) && segment.content.length > PROFILE_NAME) {
                pieces.add(segment);
            }
        }
        Collections.sort(pieces, (one, other) -> number(one) - number(other));
        for (int index = 0; index < pieces.size(); index++) {
            if (number(pieces.get(index)) != index + 1 || (pieces.get(index).content[13] & 0xff) != pieces.size()) {
                return Collections.emptyList();
            }
        }
        return !pieces.isEmpty() && isRgb(pieces.get(0).content) ? pieces : Collections.<Segment>emptyList();
    }

    private static int number(Segment piece) {
        return piece.content[12] & 0xff;
    }

    private static boolean isRgb(byte[] first) {
        int place = PROFILE_NAME + COLOURS;
        return first.length >= place + 4
                && Arrays.equals(Arrays.copyOfRange(first, place, place + 4), new byte[] {'R', 'G', 'B', ' '});
    }

    private static List<Segment> withoutProfile(List<Segment> segments) {
        List<Segment> found = new ArrayList<>();
        for (Segment segment : segments) {
            if (!segment.is(JpegHeader.PROFILE, PROFILE)) {
                found.add(segment);
            }
        }
        return found;
    }
}

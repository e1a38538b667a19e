package io.github.pynetbokeh.demo.core;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;

/** What comes before a JPEG's pixels: its segments, as ITU-T T.81 (annex B) has them. */
final class JpegHeader {
    static final int JFIF = 0xe0;
    static final int EXIF = 0xe1;
    static final int PROFILE = 0xe2;

    private static final int PREFIX = 0xff;
    private static final int START = 0xd8;
    private static final int END = 0xd9;
    private static final int SCAN = 0xda;
    private static final int MOST_BYTES = 16 << 20; // no camera writes more; a hostile file may not fill the memory

    /** One segment: its marker's second byte, and what follows its length. */
    static final class Segment {
        final int marker;
        final byte[] content;

        Segment(int marker, byte[] content) {
            this.marker = marker;
            this.content = content;
        }

        /** Whether this is the marker and the content begins with these letters, a zero behind them. */
        boolean is(int wanted, String name) {
            if (marker != wanted || content.length <= name.length() || content[name.length()] != 0) {
                return false;
            }
            for (int index = 0; index < name.length(); index++) {
                if (content[index] != name.charAt(index)) {
                    return false;
                }
            }
            return true;
        }
    }

    final List<Segment> segments = new ArrayList<>();
    /** Whether the pixels follow: false for no JPEG at all, and for one that is cut off or broken before them. */
    final boolean complete;

    /** Reads up to the first scan's marker; of a broken header what comes before the break is kept. */
    JpegHeader(InputStream in) throws IOException {
        complete = in.read() == PREFIX && in.read() == START && readSegments(in);
    }

    private boolean readSegments(InputStream in) throws IOException {
        int bytes = 0;
        for (int marker = marker(in); marker != SCAN; marker = marker(in)) {
            byte[] content = marker > 0 && marker != END ? content(in) : null;
            if (content == null || (bytes += content.length) > MOST_BYTES) {
                return false;
            }
            segments.add(new Segment(marker, content));
        }
        return true;
    }

    /** The second byte of a marker, before which the first may be repeated; −1 where there is none. */
    private static int marker(InputStream in) throws IOException {
        if (in.read() != PREFIX) {
            return -1;
        }
        int marker = in.read();
        while (marker == PREFIX) {
            marker = in.read();
        }
        return marker;
    }

    /** What follows a marker; null where the file ends before. */
    private static byte[] content(InputStream in) throws IOException {
        int length = (in.read() << 8 | in.read()) - 2;
        if (length < 0) {
            return null;
        }
        byte[] content = new byte[length];
        for (int count = 0; count < length; ) {
            int more = in.read(content, count, length - count);
            if (more < 0) {
                return null;
            }
            count += more;
        }
        return content;
    }

    /** Writes the whole JPEG: these segments in place of its own, then what {@code rest} has from the scan on. */
    static void write(List<Segment> segments, InputStream rest, OutputStream out) throws IOException {
        writeHeader(segments, out);
        byte[] buffer = new byte[1 << 16];
        for (int count = rest.read(buffer); count >= 0; count = rest.read(buffer)) {
            out.write(buffer, 0, count);
        }
    }

    /** The same as a stream to read from. */
    static InputStream stream(List<Segment> segments, InputStream rest) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        writeHeader(segments, header);
        return new SequenceInputStream(new ByteArrayInputStream(header.toByteArray()), rest);
    }

    private static void writeHeader(List<Segment> segments, OutputStream out) throws IOException {
        out.write(PREFIX);
        out.write(START);
        for (Segment segment : segments) {
            int length = segment.content.length + 2;
            out.write(new byte[] {(byte) PREFIX, (byte) segment.marker, (byte) (length >> 8), (byte) length});
            out.write(segment.content);
        }
        out.write(PREFIX);
        out.write(SCAN);
    }

    /** Whether the end of the picture comes at last; reads on from the first scan's marker. */
    static boolean reachesEnd(InputStream rest) throws IOException {
        byte[] skipped = content(rest); // the scan's own header
        while (skipped != null) {
            int marker = nextMarker(rest);
            if (marker == END || marker < 0) {
                return marker == END;
            }
            skipped = content(rest); // tables between scans, or a scan's header
        }
        return false;
    }

    /** The next marker within pixels that ends them, so neither an escaped byte nor a restart; −1 at the file's end. */
    private static int nextMarker(InputStream in) throws IOException {
        for (int one = in.read(); one >= 0; one = in.read()) {
            while (one == PREFIX) {
                one = in.read();
                if (one > 0 && one != PREFIX && (one < 0xd0 || one > 0xd7)) {
                    return one;
                }
            }
        }
        return -1;
    }
}

package io.github.pynetbokeh.demo.core;

import java.nio.Buffer;

/**
 * Positions of buffers. ByteBuffer has had its own {@code clear} and {@code rewind} since Java 9: compiled by a newer
 * JDK a direct call would not be found on Android 7 to 8.1, Buffer's always is.
 */
public final class Buffers {
    private Buffers() {}

    /** To the start, with all of its capacity. */
    public static void clear(Buffer buffer) {
        buffer.clear();
    }

    /** To the start. */
    public static void rewind(Buffer buffer) {
        buffer.rewind();
    }
}

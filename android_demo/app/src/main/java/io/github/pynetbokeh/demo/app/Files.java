package io.github.pynetbokeh.demo.app;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Files written whole or not at all, and copied; java.nio.file.Files came to Android with API 26. */
final class Files {
    /** Writes a file's content. */
    interface Writer {
        void write(OutputStream out) throws IOException;
    }

    private Files() {}

    /** Writes to a temporary name beside {@code file} and renames it. */
    static void write(File file, Writer writer) throws IOException {
        File folder = file.getParentFile();
        if (!folder.isDirectory() && !folder.mkdirs()) {
            throw new IOException(folder + " can't be made");
        }
        File temporary = new File(folder, "." + file.getName() + ".part");
        try {
            try (OutputStream out = new FileOutputStream(temporary)) {
                writer.write(out);
            }
            if (!temporary.renameTo(file)) {
                throw new IOException(file + " can't be written");
            }
        } finally {
            discard(temporary);
        }
    }

    /** Removes a file that may not be there. */
    static void discard(File file) {
        if (file.exists() && !file.delete()) {
            file.deleteOnExit();
        }
    }

    static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
        }
    }

    static void copy(File from, OutputStream out) throws IOException {
        try (InputStream in = new FileInputStream(from)) {
            copy(in, out);
        }
    }

    static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        copy(in, all);
        return all.toByteArray();
    }
}

package io.github.pynetbokeh.demo;

import io.github.pynetbokeh.demo.core.ArrayPixels;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Json;
import io.github.pynetbokeh.demo.core.Picture;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.Assert;
import org.junit.Assume;

/**
 * What Python wrote for these tests: pictures, and what pynet_bokeh makes of them. tests/android_reference.py writes
 * the folder, which the property {@code reference} names; without it these tests are skipped.
 */
public final class Reference {
    private static final String FOLDER = System.getProperty("reference");

    private Reference() {}

    /** The cases of a kind, from {@code kind.json}; never none, which would pass every test. */
    public static List<Map<String, Object>> cases(String kind) throws IOException, DemoException {
        Assume.assumeTrue("no reference files (python -m pytest tests/android_demo writes them)", FOLDER != null);
        List<Map<String, Object>> cases = new ArrayList<>();
        for (Object one : (List<?>) Json.parse(text(kind + ".json"))) {
            cases.add(object(one));
        }
        Assert.assertFalse(kind, cases.isEmpty());
        return cases;
    }

    @SuppressWarnings("unchecked") // Json makes no other maps
    public static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    public static int whole(Object value) {
        return (int) (double) (Double) value;
    }

    public static String text(String name) throws IOException {
        return new String(bytes(name), "UTF-8");
    }

    public static byte[] bytes(String name) throws IOException {
        ByteBuffer mapped = mapped(name);
        byte[] content = new byte[mapped.remaining()];
        mapped.get(content);
        return content;
    }

    /** Writes a file for Python to look at. */
    public static void write(String name, byte[] content) throws IOException {
        try (FileOutputStream out = new FileOutputStream(new File(FOLDER, name))) {
            out.write(content);
        }
    }

    /** A file as the app has its model: direct, read-only, memory-mapped. */
    public static ByteBuffer mapped(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(new File(FOLDER, name), "r")) {
            ByteBuffer mapped = file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, file.length());
            return mapped.order(ByteOrder.nativeOrder());
        }
    }

    /** A photo that is stored as [height,width,3] bytes. */
    public static ArrayPixels photo(String name, Object height, Object width) throws IOException {
        byte[] bytes = bytes(name);
        ArrayPixels pixels = new ArrayPixels(whole(width), whole(height));
        for (int index = 0; index < pixels.argb.length; index++) {
            pixels.argb[index] =
                    0xff000000
                            | (bytes[3 * index] & 255) << 16
                            | (bytes[3 * index + 1] & 255) << 8
                            | bytes[3 * index + 2] & 255;
        }
        return pixels;
    }

    /** A picture that is stored as float32 or bytes, row by row; bytes keep their values 0…255. */
    public static Picture picture(Map<String, Object> array) throws IOException {
        List<?> shape = (List<?>) array.get("shape");
        int channels = shape.size() > 2 ? whole(shape.get(2)) : 1;
        Picture picture = new Picture(whole(shape.get(0)), whole(shape.get(1)), channels);
        ByteBuffer stored = mapped((String) array.get("file"));
        if (array.get("dtype").equals("float32")) {
            stored.asFloatBuffer().get(picture.data);
        } else {
            for (int index = 0; index < picture.data.length; index++) {
                picture.data[index] = stored.get() & 255;
            }
        }
        return picture;
    }

    /** Largest difference of two photos in any channel, in steps of 255. */
    public static int difference(ArrayPixels one, ArrayPixels other) {
        int largest = one.argb.length == other.argb.length ? 0 : 256;
        for (int index = 0; index < one.argb.length && largest < 256; index++) {
            for (int shift = 0; shift < 24; shift += 8) {
                int difference = (one.argb[index] >> shift & 255) - (other.argb[index] >> shift & 255);
                largest = Math.max(largest, Math.abs(difference));
            }
        }
        return largest;
    }

    /** In how many values two photos of one size differ at all. */
    public static int different(ArrayPixels one, ArrayPixels other) {
        int found = 0;
        for (int index = 0; index < one.argb.length; index++) {
            for (int shift = 0; shift < 24; shift += 8) {
                found += (one.argb[index] >> shift & 255) != (other.argb[index] >> shift & 255) ? 1 : 0;
            }
        }
        return found;
    }
}

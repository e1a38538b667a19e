package io.github.pynetbokeh.demo.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.github.pynetbokeh.demo.Reference;
import java.util.Map;
import org.junit.Test;

/** The filters against OpenCV's, whose results Python wrote. */
public class FiltersTest {
    private static final float FLOATS = 2e-5f; // OpenCV computes the cubic weights in half as many bits

    @Test
    public void theyGiveOpenCvsValues() throws Exception {
        for (Map<String, Object> one : Reference.cases("filters")) {
            Picture from = Reference.picture(Reference.object(one.get("from")));
            Picture wanted = Reference.picture(Reference.object(one.get("to")));
            Picture made = made((String) one.get("filter"), one, from, wanted);
            boolean floats = Reference.object(one.get("to")).get("dtype").equals("float32");
            float largest = 0;
            int different = 0;
            for (int index = 0; index < wanted.data.length; index++) {
                float difference = Math.abs(made.data[index] - wanted.data[index]);
                largest = Math.max(largest, difference);
                different += difference > 0 ? 1 : 0;
            }
            String name = one.get("name") + ": " + different + " of " + wanted.data.length + " differ";
            assertEquals(name, 0, largest, floats ? FLOATS : 1);
            // Ties of roundings may fall either way; more would be another arithmetic.
            assertTrue(name, floats || different <= wanted.data.length / 1000);
        }
    }

    private static Picture made(String filter, Map<String, Object> one, Picture from, Picture wanted) {
        switch (filter) {
            case "photo":
                return Resize.photo(pixels(from), wanted.height, wanted.width);
            case "map":
                return Resize.map(from, wanted.height, wanted.width);
            case "shrunk":
                return Resize.shrunk(from, wanted.height, wanted.width);
            case "blur":
                return GaussianBlur.of(from, (Double) one.get("sigma"));
            case "enlarged_rows":
                EnlargedRows rows = new EnlargedRows(from, wanted.height, wanted.width);
                Picture made = new Picture(wanted.height, wanted.width, wanted.channels);
                float[] row = new float[wanted.width * wanted.channels];
                for (int y = 0; y < wanted.height; y++) {
                    rows.row(y, row);
                    System.arraycopy(row, 0, made.data, y * row.length, row.length);
                }
                return made;
            default:
                throw new IllegalArgumentException(filter);
        }
    }

    private static Pixels pixels(Picture picture) {
        ArrayPixels pixels = new ArrayPixels(picture.width, picture.height);
        for (int index = 0; index < pixels.argb.length; index++) {
            pixels.argb[index] =
                    EightBits.pixel(
                            (int) picture.data[3 * index],
                            (int) picture.data[3 * index + 1],
                            (int) picture.data[3 * index + 2]);
        }
        return pixels;
    }
}

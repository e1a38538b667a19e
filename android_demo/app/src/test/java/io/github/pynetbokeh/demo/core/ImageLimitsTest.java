package io.github.pynetbokeh.demo.core;

import static io.github.pynetbokeh.demo.core.RenderJobTest.assertMessage;
import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ImageLimitsTest {
    private static final long MB = 1_000_000;

    @Test
    public void twoHundredMegapixelsAreTheMost() throws Exception {
        ImageLimits.check(20_000, 10_000);
        assertMessage("at most 200 megapixels", () -> ImageLimits.check(20_001, 10_000));
        assertMessage("at most 200 megapixels", () -> ImageLimits.check(Integer.MAX_VALUE, Integer.MAX_VALUE));
        assertMessage("no picture", () -> ImageLimits.check(-1, 100)); // what BitmapFactory says of a broken file
        assertMessage("no picture", () -> ImageLimits.check(100, 0));
    }

    @Test
    public void aLargePhotoIsDecodedSmallerWhereMemoryIsShort() throws Exception {
        assertEquals(1, ImageLimits.sampleSize(4000, 3000, 1, 48 * MB));
        assertEquals(2, ImageLimits.sampleSize(4000, 3000, 1, 48 * MB - 1));
        assertEquals(2, ImageLimits.sampleSize(4000, 3000, 4, 48 * MB));
        assertEquals(4, ImageLimits.sampleSize(20_000, 10_000, 1, 50 * MB));
        assertMessage("not enough memory", () -> ImageLimits.sampleSize(20_000, 10_000, 1, 12 * MB));
        assertMessage("at most 200", () -> ImageLimits.sampleSize(30_000, 10_000, 1, 10_000 * MB));
    }
}

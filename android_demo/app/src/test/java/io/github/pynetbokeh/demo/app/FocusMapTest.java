package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

/** Marking the subject. */
public final class FocusMapTest {
    @Test
    public void hasThePhotosShape() {
        FocusMap map = FocusMap.forPhoto(4000, 3000);
        assertEquals(512, map.width());
        assertEquals(384, map.height());
        FocusMap small = FocusMap.forPhoto(30, 40);
        assertEquals(30, small.width());
        assertEquals(40, small.height());
        assertEquals(1, FocusMap.forPhoto(100_000, 10).height());
    }

    @Test
    public void aDiscHasItsArea() {
        FocusMap map = new FocusMap(400, 200);
        map.paint(0.5f, 0.5f, 0.5f, 0.5f, 0.25f); // radius 50
        assertEquals(Math.PI * 50 * 50, sum(map), 40);
        assertEquals(10, map.percent());
    }

    @Test
    public void aStrokeIsACapsule() {
        FocusMap map = new FocusMap(400, 200);
        map.paint(0.25f, 0.5f, 0.75f, 0.5f, 0.1f); // 200 long, radius 20
        assertEquals(200 * 40 + Math.PI * 20 * 20, sum(map), 60);
    }

    @Test
    public void paintingTwiceIsPaintingOnce() {
        FocusMap map = new FocusMap(100, 100);
        map.paint(0.2f, 0.3f, 0.8f, 0.6f, 0.1f);
        double once = sum(map);
        map.paint(0.2f, 0.3f, 0.8f, 0.6f, 0.1f);
        assertEquals(once, sum(map), 0);
        map.clear();
        assertTrue(map.isEmpty());
    }

    @Test
    public void strokesOutsideAreCutOff() {
        FocusMap map = new FocusMap(50, 50);
        map.paint(-3f, -3f, -2f, 4f, 0.1f);
        assertTrue(map.isEmpty());
        map.paint(-1f, 0.5f, 2f, 0.5f, 0.1f);
        assertEquals(50 * 10, sum(map), 1);
    }

    @Test
    public void valuesMustFit() {
        assertThrows(IllegalArgumentException.class, () -> new FocusMap(3, 3, new byte[8]));
    }

    @Test
    public void aTapTakesWhatHasItsColour() {
        int width = 120;
        int height = 80;
        int[] argb = new int[width * height];
        for (int i = 0; i < argb.length; i++) {
            int x = i % width;
            int y = i / width;
            boolean subject = x >= 30 && x < 70 && y >= 20 && y < 60;
            boolean hole = x >= 45 && x < 50 && y >= 35 && y < 40;
            argb[i] = subject && !hole ? 0xFFD0402F + (x * 7 + y * 13) % 5 : 0xFF2060A0 + (x * 5 + y * 3) % 7;
        }
        FocusMap map = new FocusMap(width, height, TapSelection.grow(argb, width, height, 0.5f, 0.7f));
        assertEquals("the subject with its hole", 40 * 40, sum(map), 160); // a rim of one pixel is 160
        assertEquals(255, map.values()[37 * width + 47] & 0xFF);
        assertEquals(0, map.values()[5 * width + 5]);
    }

    @Test
    public void aTapAtTheEdgeStaysInside() {
        int[] argb = new int[20 * 10];
        assertEquals(255, TapSelection.grow(argb, 20, 10, 1f, 1f)[0] & 0xFF);
        assertEquals(255, TapSelection.grow(argb, 20, 10, 0f, 0f)[199] & 0xFF);
    }

    private static double sum(FocusMap map) {
        double sum = 0;
        for (byte value : map.values()) {
            sum += (value & 0xFF) / 255.0;
        }
        return sum;
    }
}

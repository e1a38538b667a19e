package io.github.pynetbokeh.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.github.pynetbokeh.demo.Reference;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.Test;

/** Whole renders against pynet_bokeh's, with the network's output from a file that Python wrote. */
public class RenderJobTest {
    @Test
    public void aRenderIsPythons() throws Exception {
        for (Map<String, Object> one : Reference.cases("renders")) {
            StoredEngine engine = engine(one);
            ArrayPixels photo = photo(one, "photo");
            ArrayPixels made = new ArrayPixels(photo.width(), photo.height());
            new RenderJob(engine).render(photo, map(one), (Double) one.get("strength"), made, Progress.NONE);
            int difference = Reference.difference(photo(one, "rendered"), made);
            assertTrue(one.get("name") + ": differs by " + difference + " of 255", difference <= 1);
            for (Map.Entry<String, Object> input : Reference.object(one.get("inputs")).entrySet()) {
                int off = difference(engine, input.getKey(), Reference.bytes((String) input.getValue()));
                assertTrue(one.get("name") + ": " + input.getKey() + " differs by " + off + " steps", off <= 1);
            }
        }
    }

    @Test
    public void aPhotoMayBeRenderedIntoItself() throws Exception {
        Map<String, Object> one = Reference.cases("renders").get(0);
        ArrayPixels photo = photo(one, "photo");
        ArrayPixels apart = new ArrayPixels(photo.width(), photo.height());
        new RenderJob(engine(one)).render(photo, map(one), 0.7, apart, Progress.NONE);
        new RenderJob(engine(one)).render(photo, map(one), 0.7, photo, Progress.NONE);
        assertArrayEquals(apart.argb, photo.argb);
    }

    @Test
    public void strengthNoughtIsThePhoto() throws Exception {
        StoredEngine engine = StoredEngine.small();
        ArrayPixels photo = StoredEngine.photo(70, 50);
        ArrayPixels made = new ArrayPixels(70, 50);
        new RenderJob(engine).render(photo, null, 0, made, Progress.NONE);
        assertArrayEquals(photo.argb, made.argb);
        assertEquals(0, engine.runs);
    }

    @Test
    public void withoutAMapTheNetworkGetsTheNeutralValue() throws Exception {
        StoredEngine engine = StoredEngine.small();
        ArrayPixels made = new ArrayPixels(70, 50);
        new RenderJob(engine).render(StoredEngine.photo(70, 50), null, 1, made, Progress.NONE);
        ByteBuffer focus = engine.given.get("focus");
        while (focus.hasRemaining()) {
            assertEquals(128, focus.get() & 255);
        }
    }

    @Test
    public void progressRisesToOne() throws Exception {
        final float[] last = {-1};
        Progress progress =
                new Progress() {
                    @Override
                    public void report(float share, String step) {
                        assertTrue(step, share >= last[0]);
                        last[0] = share;
                    }

                    @Override
                    public boolean isCancelled() {
                        return false;
                    }
                };
        new RenderJob(StoredEngine.small())
                .render(StoredEngine.photo(170, 150), null, 1, new ArrayPixels(170, 150), progress);
        assertEquals(1, last[0], 0);
    }

    @Test
    public void itCanBeCancelledAtEveryStep() throws Exception {
        int asked = 0;
        while (true) {
            final int[] left = {asked++};
            Progress progress =
                    new Progress() {
                        @Override
                        public void report(float share, String step) {}

                        @Override
                        public boolean isCancelled() {
                            return left[0]-- == 0;
                        }
                    };
            RenderJob job = new RenderJob(StoredEngine.small());
            try {
                job.render(StoredEngine.photo(200, 190), null, 1, new ArrayPixels(200, 190), progress);
                break; // it asked less often than that
            } catch (CancelledException expected) {
                assertTrue(asked < 100);
            }
        }
        assertTrue("asked " + asked + " times", asked > 6);
    }

    @Test
    public void badInputIsAMessage() throws Exception {
        RenderJob job = new RenderJob(StoredEngine.small());
        ArrayPixels photo = StoredEngine.photo(70, 50);
        Picture turned = new Picture(70, 50, 1);
        assertMessage("Map: 50x70", () -> job.render(photo, turned, 1, photo, Progress.NONE));
        assertMessage("Strength: 0 to 1", () -> job.render(photo, null, 1.5, photo, Progress.NONE));
        assertMessage("Strength: 0 to 1", () -> job.render(photo, null, Double.NaN, photo, Progress.NONE));
    }

    @Test
    public void aPhotoOfOnePixelIsRendered() throws Exception {
        ArrayPixels made = new ArrayPixels(1, 1);
        new RenderJob(StoredEngine.small()).render(StoredEngine.photo(1, 1), null, 1, made, Progress.NONE);
        assertEquals(0xff, made.argb[0] >>> 24);
    }

    /** What may throw. */
    interface Action {
        void run() throws Exception;
    }

    static void assertMessage(String start, Action action) {
        DemoException error = assertThrows(DemoException.class, action::run);
        assertTrue(error.getMessage(), error.getMessage().contains(start));
        assertTrue(error.getMessage(), error.getMessage().indexOf('\n') < 0);
    }

    private static StoredEngine engine(Map<String, Object> one) throws Exception {
        Sidecar sidecar = Sidecar.parse(Reference.text((String) one.get("sidecar")));
        return new StoredEngine(sidecar, Reference.bytes((String) one.get("output")));
    }

    private static ArrayPixels photo(Map<String, Object> one, String name) throws Exception {
        return Reference.photo((String) one.get(name), one.get("height"), one.get("width"));
    }

    private static Picture map(Map<String, Object> one) throws Exception {
        return one.get("map") == null ? null : Reference.picture(Reference.object(one.get("map")));
    }

    private static int difference(StoredEngine engine, String input, byte[] wanted) {
        ByteBuffer given = engine.given.get(input).duplicate();
        given.rewind();
        assertEquals(wanted.length, given.remaining());
        if (given.remaining() == engine.sidecar().image.size() * 4 || engine.sidecar().image.kind.bytes == 4) {
            ByteBuffer floats = ByteBuffer.wrap(wanted).order(java.nio.ByteOrder.nativeOrder());
            float off = 0;
            given.order(java.nio.ByteOrder.nativeOrder());
            while (given.hasRemaining()) {
                off = Math.max(off, Math.abs(given.getFloat() - floats.getFloat()));
            }
            return (int) Math.ceil(off * 255 - 1e-3);
        }
        int off = 0;
        for (byte value : wanted) {
            off = Math.max(off, Math.abs((value & 255) - (given.get() & 255)));
        }
        return off;
    }
}

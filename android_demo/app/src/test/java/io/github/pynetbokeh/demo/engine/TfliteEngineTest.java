package io.github.pynetbokeh.demo.engine;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.github.pynetbokeh.demo.Reference;
import io.github.pynetbokeh.demo.core.ArrayPixels;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Picture;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.core.RenderJob;
import io.github.pynetbokeh.demo.core.Sidecar;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.Test;

/** Real models in TFLite's own native library; the models and what Python's LiteRT makes of them come from Python. */
public class TfliteEngineTest {
    @Test
    public void aPhotoBecomesWhatPythonMakesOfIt() throws Exception {
        for (Map<String, Object> one : Reference.cases("inference")) {
            Backend backend = Backend.of((String) one.get("backend"));
            ArrayPixels photo = photo(one, "photo");
            ArrayPixels made = new ArrayPixels(photo.width(), photo.height());
            Object map = one.get("map");
            try (Engine engine = open(one, new EngineOptions(backend, Reference.whole(one.get("threads")), 0))) {
                new RenderJob(engine)
                        .render(
                                photo,
                                map == null ? null : Reference.picture(Reference.object(map)),
                                (Double) one.get("strength"),
                                made,
                                Progress.NONE);
                assertEquals(backend, engine.report().running);
            }
            ArrayPixels wanted = photo(one, "rendered");
            int difference = Reference.difference(wanted, made);
            System.out.println(
                    one.get("name") + ": differs by " + difference + " of 255 from Python's, "
                            + Reference.different(wanted, made) + " of " + 3 * wanted.argb.length + " values");
            assertTrue(one.get("name") + ": differs by " + difference, difference <= (Double) one.get("tolerance"));
            assertTrue("nothing was rendered", Reference.difference(photo, made) > 10);
        }
    }

    @Test
    public void theSameEngineRunsTwiceAlike() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        ArrayPixels photo = photo(one, "photo");
        ArrayPixels first = new ArrayPixels(photo.width(), photo.height());
        ArrayPixels second = new ArrayPixels(photo.width(), photo.height());
        try (Engine engine = open(one, new EngineOptions(Backend.XNNPACK, 2, 0))) {
            new RenderJob(engine).render(photo, null, 0.8, first, Progress.NONE);
            new RenderJob(engine).render(photo, null, 0.8, second, Progress.NONE);
        }
        assertEquals(0, Reference.difference(first, second));
    }

    @Test
    public void aBackendThatCannotBeUsedIsReplacedVisibly() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        for (EngineOptions options :
                new EngineOptions[] {
                    new EngineOptions(Backend.GPU, 2, 0), // its native library isn't here
                    new EngineOptions(Backend.NNAPI, 2, 24),
                    new EngineOptions(Backend.NNAPI, 2, 35),
                }) {
            try (Engine engine = open(one, options)) {
                assertEquals(options.backend, engine.report().asked);
                assertEquals(Backend.XNNPACK, engine.report().running);
                assertNotNull(engine.report().fallback);
                assertTrue(engine.report().describe().contains("can't be used"));
                new RenderJob(engine).render(photo(one, "photo"), null, 1, photo(one, "photo"), Progress.NONE);
            }
        }
        try (Engine engine = open(one, new EngineOptions(Backend.XNNPACK, 2, 0))) {
            assertNull(engine.report().fallback);
        }
    }

    @Test
    public void aSidecarThatSaysOtherTensorsIsRefused() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        String text = Reference.text((String) one.get("sidecar"));
        ByteBuffer model = Reference.mapped((String) one.get("model"));
        for (String[] change :
                new String[][] {
                    {"\"image\"", "\"picture\""}, {"\"bokeh\"", "\"blur\""}, {"float32", "int8"}
                }) {
            assertTrue(change[0], text.contains(change[0]));
            String other = text.replace(change[0], change[1]).replace("\"quantization\": null", QUANTIZED);
            assertThrows(
                    change[1],
                    DemoException.class,
                    () -> TfliteEngine.open(model, Sidecar.parse(other), new EngineOptions(Backend.XNNPACK, 1, 0)));
        }
    }

    @Test
    public void aDamagedModelIsRefused() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        Sidecar sidecar = Sidecar.parse(Reference.text((String) one.get("sidecar")));
        byte[] content = Reference.bytes((String) one.get("model"));
        content[content.length / 2] ^= 1;
        ByteBuffer damaged = ByteBuffer.allocateDirect(content.length);
        damaged.put(content).rewind();
        ByteBuffer cut = ByteBuffer.allocateDirect(content.length - 100).put(content, 0, content.length - 100);
        for (ByteBuffer model : new ByteBuffer[] {damaged, cut, ByteBuffer.allocateDirect(0)}) {
            assertThrows(
                    DemoException.class,
                    () -> TfliteEngine.open(model, sidecar, new EngineOptions(Backend.XNNPACK, 1, 0)));
        }
    }

    @Test
    public void aClosedEngineSaysSo() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        Engine engine = open(one, new EngineOptions(Backend.XNNPACK, 1, 0));
        engine.close();
        engine.close();
        ArrayPixels photo = photo(one, "photo");
        assertThrows(
                DemoException.class, () -> new RenderJob(engine).render(photo, null, 1, photo, Progress.NONE));
    }

    private static final String QUANTIZED = "\"quantization\": {\"scale\": 0.004, \"zero_point\": 0}";

    private static Engine open(Map<String, Object> one, EngineOptions options) throws Exception {
        return TfliteEngine.OPENER.open(
                Reference.mapped((String) one.get("model")),
                Sidecar.parse(Reference.text((String) one.get("sidecar"))),
                options);
    }

    private static ArrayPixels photo(Map<String, Object> one, String name) throws Exception {
        return Reference.photo((String) one.get(name), one.get("height"), one.get("width"));
    }
}

package io.github.pynetbokeh.demo.core;

import static io.github.pynetbokeh.demo.core.RenderJobTest.assertMessage;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.util.Locale;
import org.junit.Test;

public class SidecarTest {
    private static final String TENSOR =
            "\"%s\": {\"shape\": [1, 64, 64, %d], \"dtype\": \"uint8\","
                    + " \"quantization\": {\"scale\": 0.003921568859368563, \"zero_point\": 0}}";

    /** Of a network that takes image, focus and strength, 64x64. */
    public static String text() {
        return "{\"format\": 2, \"file\": \"a.tflite\", \"bytes\": 20, \"sha256\": \""
                + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", \"network\": \"n\","
                + " \"quantization\": \"ptq_int8\", \"picture_size\": {\"height\": 64, \"width\": 64},"
                + " \"input_scale\": 1, \"inputs\": {" + tensor("image", 3) + ", " + tensor("focus", 1) + ", "
                + tensor("strength", 1).replace("64, 64", "1, 1") + "}, \"output\": {" + tensor("bokeh", 3) + "},"
                + " \"something new\": [1, {\"a\": null}]}";
    }

    private static String tensor(String name, int channels) {
        return String.format(Locale.ROOT, TENSOR, name, channels);
    }

    @Test
    public void itKnowsTheTensors() throws Exception {
        Sidecar sidecar = Sidecar.parse(text());
        assertEquals("a.tflite", sidecar.file);
        assertEquals(3, sidecar.inputs().size());
        assertEquals("focus", sidecar.map.name);
        assertTrue(sidecar.takesFocus());
        assertArrayEquals(new int[] {1, 1, 1, 1}, sidecar.strength.shape());
        assertEquals(TensorSpec.Kind.UINT8, sidecar.image.kind);
        assertEquals(1 / 255f, sidecar.output.scale, 1e-9);
    }

    @Test
    public void mapAndStrengthMayBeMissing() throws Exception {
        String alone = text().replace(tensor("focus", 1) + ", ", "").replaceAll(", \"strength\": .*?\\}\\}", "");
        Sidecar sidecar = Sidecar.parse(alone);
        assertNull(sidecar.map);
        assertNull(sidecar.strength);
        assertEquals(1, sidecar.inputs().size());
    }

    @Test
    public void whatDoesNotFitIsNamed() {
        refused("format", "\"format\": 2", "\"format\": 1");
        refused("file", "\"a.tflite\"", "5");
        refused("sha256", "0123", "xyz!");
        refused("input_scale", "\"input_scale\": 1", "\"input_scale\": 0.5");
        refused("picture_size", "{\"height\": 64, \"width\": 64}", "{\"height\": 64, \"width\": 32}");
        refused("picture_size", "{\"height\": 64, \"width\": 64}", "[64, 64]");
        refused("picture_size", "{\"height\": 64, \"width\": 64}", "null"); // for any size
        refused("image.shape", "[1, 64, 64, 3]", "[1, 64, 64]");
        refused("image.shape", "[1, 64, 64, 3]", "[1, -1, 64, 3]");
        refused("image.shape", "[1, 64, 64, 3]", "[1, 1000000, 1000000, 3]");
        refused("image.dtype", "uint8", "float16");
        refused("scale", "0.003921568859368563", "0");
        refused("zero_point", "\"zero_point\": 0", "\"zero_point\": 256");
        refused("inputs", tensor("focus", 1), tensor("focus", 2));
        refused("inputs", tensor("focus", 1), tensor("depth", 1) + "," + tensor("focus", 1));
        refused("one image", tensor("bokeh", 3), tensor("bokeh", 1));
        refused("not JSON", "{\"format\"", "{format");
        refused("coarse level", tensor("bokeh", 3), tensor("bokeh", 3).replace("64, 64", "32, 32"));
    }

    private static void refused(String named, String part, String other) {
        assertTrue(part, text().contains(part));
        String broken = text().replaceFirst(java.util.regex.Pattern.quote(part), other);
        assertMessage(named, () -> Sidecar.parse(broken));
    }
}

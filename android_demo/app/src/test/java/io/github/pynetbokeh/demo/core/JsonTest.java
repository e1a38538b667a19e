package io.github.pynetbokeh.demo.core;

import static io.github.pynetbokeh.demo.core.RenderJobTest.assertMessage;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.Test;

public class JsonTest {
    @Test
    public void itReadsEveryKindOfValue() throws Exception {
        assertEquals(-12.5e3, Json.parse(" -12.5e3\n"));
        assertEquals(0.0, Json.parse("0"));
        Object list = Json.parse("[true,false,null,\"x\",{}]");
        assertEquals(Arrays.asList(true, false, null, "x", Collections.emptyMap()), list);
        assertEquals("a\"\\/\b\f\n\r\té😀", Json.parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\""));
        assertNull(Json.parse("null"));
    }

    @Test
    public void itRefusesWhatIsNotJson() {
        for (String text :
                new String[] {
                    "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "'a'", "\"a",
                    "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "01", "1.", ".5", "+1", "1e", "-", "NaN", "Infinity", "tru",
                    "truefalse", "1 2", "[1] // end", "{\"a\":1,\"a\":2}"
                }) {
            assertMessage("not JSON, line ", () -> Json.parse(text));
        }
    }

    @Test
    public void theMessageNamesTheLine() {
        assertMessage("line 3: ',' is wanted", () -> Json.parse("{\n\"a\": 1\n\"b\": 2}"));
    }

    @Test
    public void deepNestingIsAMessage() {
        StringBuilder deep = new StringBuilder();
        for (int level = 0; level < 100_000; level++) {
            deep.append('[');
        }
        assertMessage("levels of nesting", () -> Json.parse(deep.toString()));
    }

    @Test
    public void whatIsWrittenIsReadAgain() throws Exception {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("text", "a\"\\\n\u0001\u2028é😀");
        all.put("numbers", Arrays.asList(1.0, -0.25, 1e-12, 123456789.0));
        all.put("none", null);
        all.put("yes", true);
        all.put("empty", Arrays.asList(Collections.emptyMap(), Collections.emptyList()));
        assertEquals(all, Json.parse(JsonText.of(all)));
        assertEquals("[1.5, null]\n", JsonText.of(new double[] {1.5, Double.NaN}));
    }
}

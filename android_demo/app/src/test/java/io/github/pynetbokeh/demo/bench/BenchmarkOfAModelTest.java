package io.github.pynetbokeh.demo.bench;

import static org.junit.Assert.assertEquals;

import io.github.pynetbokeh.demo.Reference;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.TfliteEngine;
import java.io.File;
import java.io.FileOutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.junit.Test;

/** A real model measured by TFLite; Python reads {@code benchmark.json} afterwards. Needs the native library. */
public class BenchmarkOfAModelTest {
    @Test
    public void itsResultIsWritten() throws Exception {
        Map<String, Object> one = Reference.cases("inference").get(0);
        Device device =
                new Device() {
                    @Override
                    public int sdk() {
                        return 0;
                    }

                    @Override
                    public Map<String, Object> facts() {
                        return Collections.<String, Object>singletonMap("os", System.getProperty("os.name"));
                    }

                    @Override
                    public String thermalState() {
                        return "unknown";
                    }
                };
        String json =
                BenchmarkRun.run(
                        Reference.mapped((String) one.get("model")),
                        Reference.text((String) one.get("sidecar")),
                        Arrays.asList(Backend.XNNPACK, Backend.BUILTIN, Backend.GPU),
                        Arrays.asList(1, 2),
                        2,
                        6,
                        TfliteEngine.OPENER,
                        device,
                        Progress.NONE);
        assertEquals('{', json.charAt(0));
        File result = new File(System.getProperty("reference"), "benchmark.json");
        try (FileOutputStream file = new FileOutputStream(result)) {
            file.write(json.getBytes("UTF-8"));
        }
    }
}

package io.github.pynetbokeh.demo.bench;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.github.pynetbokeh.demo.Reference;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Json;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.core.SidecarTest;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.BackendReport;
import io.github.pynetbokeh.demo.engine.Engine;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import io.github.pynetbokeh.demo.engine.EngineOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.Test;

public class BenchmarkRunTest {
    private static final Device DEVICE =
            new Device() {
                @Override
                public int sdk() {
                    return 33;
                }

                @Override
                public Map<String, Object> facts() {
                    return Collections.singletonMap("model", (Object) "a phone");
                }

                @Override
                public String thermalState() {
                    return "light";
                }
            };

    /** Opens engines that count; the GPU is replaced by the CPU, NNAPI can't be opened. */
    private static final class Opener implements EngineOpener {
        final List<String> opened = new ArrayList<>();
        int runs;
        int open;

        @Override
        public Engine open(ByteBuffer model, final Sidecar sidecar, final EngineOptions options) throws DemoException {
            opened.add(options.backend.word() + options.threads);
            assertEquals(33, options.sdk);
            if (options.backend == Backend.NNAPI) {
                throw new DemoException("no such thing");
            }
            open++;
            return new Engine() {
                @Override
                public Sidecar sidecar() {
                    return sidecar;
                }

                @Override
                public void run(Map<String, ByteBuffer> inputs, ByteBuffer output) {
                    assertEquals(3, inputs.size());
                    runs++;
                }

                @Override
                public BackendReport report() {
                    boolean gpu = options.backend == Backend.GPU;
                    return new BackendReport(
                            options.backend,
                            gpu ? Backend.XNNPACK : options.backend,
                            options.threads,
                            gpu ? "too old" : null,
                            null);
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }
    }

    private static Map<String, Object> result(Opener opener, Progress progress, Backend... backends) throws Exception {
        String json =
                BenchmarkRun.run(
                        ByteBuffer.allocateDirect(8),
                        SidecarTest.text(),
                        Arrays.asList(backends),
                        Arrays.asList(1, 4),
                        3,
                        5,
                        opener,
                        DEVICE,
                        progress);
        assertEquals(0, opener.open);
        return Reference.object(Json.parse(json));
    }

    @Test
    public void everySettingIsMeasuredOnce() throws Exception {
        Opener opener = new Opener();
        Map<String, Object> result = result(opener, Progress.NONE, Backend.XNNPACK, Backend.BUILTIN);
        assertEquals(Arrays.asList("xnnpack1", "xnnpack4", "builtin1", "builtin4"), opener.opened);
        assertEquals(4 * (1 + 3 + 5), opener.runs);
        List<?> measurements = (List<?>) result.get("measurements");
        assertEquals(4, measurements.size());
        Map<String, Object> first = Reference.object(measurements.get(0));
        Map<String, Object> latency = Reference.object(first.get("latency"));
        assertEquals(3, ((List<?>) latency.get("warmup_ms")).size());
        List<?> samples = (List<?>) latency.get("samples_ms");
        assertEquals(5, samples.size());
        Object[] ordered = samples.toArray();
        Arrays.sort(ordered);
        assertEquals(ordered[2], Reference.object(first.get("summary")).get("median_ms"));
        assertEquals("light", Reference.object(first.get("thermal")).get("after"));
        assertEquals(false, result.get("cancelled"));
        assertEquals("a phone", Reference.object(result.get("device")).get("model"));
    }

    @Test
    public void aBackendThatIsReplacedOrMissingIsAFailure() throws Exception {
        Opener opener = new Opener();
        Map<String, Object> result = result(opener, Progress.NONE, Backend.GPU, Backend.NNAPI, Backend.XNNPACK);
        assertEquals(Arrays.asList("gpu4", "nnapi4", "xnnpack1", "xnnpack4"), opener.opened);
        assertEquals(2, ((List<?>) result.get("measurements")).size());
        List<?> failures = (List<?>) result.get("failures");
        assertEquals("GPU can't be used: too old", Reference.object(failures.get(0)).get("reason"));
        assertEquals("no such thing", Reference.object(failures.get(1)).get("reason"));
    }

    @Test
    public void cancellingKeepsWhatWasMeasured() throws Exception {
        final Opener opener = new Opener();
        Progress progress =
                new Progress() {
                    @Override
                    public void report(float share, String step) {
                        assertTrue(share >= 0 && share <= 1);
                    }

                    @Override
                    public boolean isCancelled() {
                        return opener.runs >= 12; // in the middle of the second setting
                    }
                };
        Map<String, Object> result = result(opener, progress, Backend.XNNPACK, Backend.BUILTIN);
        assertEquals(1, ((List<?>) result.get("measurements")).size());
        assertEquals(true, result.get("cancelled"));
        assertEquals(12, opener.runs);
    }

    @Test
    public void badArgumentsAreAMessage() {
        refused("runs", Arrays.asList(1), 0, 0);
        refused("warmup", Arrays.asList(1), -1, 1);
        refused("threads", Arrays.asList(1, 0), 0, 1);
        refused("at least one", Collections.<Integer>emptyList(), 0, 1);
    }

    private static void refused(String named, List<Integer> threads, int warmup, int runs) {
        DemoException error =
                assertThrows(
                        DemoException.class,
                        () ->
                                BenchmarkRun.run(
                                        ByteBuffer.allocateDirect(8),
                                        SidecarTest.text(),
                                        Arrays.asList(Backend.XNNPACK),
                                        threads,
                                        warmup,
                                        runs,
                                        new Opener(),
                                        DEVICE,
                                        Progress.NONE));
        assertTrue(error.getMessage(), error.getMessage().contains(named));
    }
}

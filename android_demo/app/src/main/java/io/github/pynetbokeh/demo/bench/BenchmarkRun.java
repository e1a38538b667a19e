package io.github.pynetbokeh.demo.bench;

import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.JsonText;
import io.github.pynetbokeh.demo.core.Progress;
import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.core.TensorSpec;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.BackendReport;
import io.github.pynetbokeh.demo.engine.Engine;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import io.github.pynetbokeh.demo.engine.EngineOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures a model: backends × threads, each with a warm-up and a number of runs that count.
 *
 * <p>The result is JSON: {@code format} "pynet-bokeh device benchmark", {@code format_version} 1, {@code device} (what
 * {@link Device#facts} says), {@code effort}, {@code model}, {@code measurements}, {@code failures}, {@code cancelled}.
 * The records have the names and units of the dataclasses in Python's benchmark package, so that it can read them:
 *
 * <ul>
 *   <li>{@code effort}: samples.Effort ({@code warmup}, {@code min_runs} = {@code max_runs}, {@code min_seconds} 0)
 *   <li>{@code model}: models.ModelFacts
 *   <li>{@code measurements[]}: {@code setting} (samples.Setting; {@code kernels} is the backend's word), {@code
 *       description}, {@code latency} (samples.Latency), {@code summary} (count, median_ms, p90_ms, mad_ms, mean_ms,
 *       std_ms, min_ms, max_ms, outliers), {@code memory} (samples.Memory or null, and {@code peak_reset}: false where
 *       the kernel doesn't let the peak begin anew, so that it is the whole process's), {@code thermal} ({@code
 *       before}, {@code after})
 *   <li>{@code failures[]}: {@code setting}, {@code reason}
 * </ul>
 *
 * <p>A sample is one {@link Engine#run}: copying in, the network, copying out. Initialisation includes checking the
 * file's SHA-256. A backend that the CPU would have to stand in for is a failure, not a measurement. A delegate's time
 * hardly depends on the CPU's threads, so it is measured once, with the largest number.
 */
public final class BenchmarkRun {
    private static final String FORMAT = "pynet-bokeh device benchmark";
    private static final int FORMAT_VERSION = 1;
    private static final int MOST_THREADS = 64;
    private static final int MOST_RUNS = 100_000;

    private final ByteBuffer model;
    private final Sidecar sidecar;
    private final int warmup;
    private final int runs;
    private final EngineOpener opener;
    private final Device device;
    private final Progress progress;
    private final List<EngineOptions> settings = new ArrayList<>();

    private BenchmarkRun(
            ByteBuffer model,
            Sidecar sidecar,
            int warmup,
            int runs,
            EngineOpener opener,
            Device device,
            Progress progress) {
        this.model = model;
        this.sidecar = sidecar;
        this.warmup = warmup;
        this.runs = runs;
        this.opener = opener;
        this.device = device;
        this.progress = progress;
    }

    /**
     * Measures everything, on the calling thread, and returns the result as JSON.
     *
     * @param model direct, memory-mapped
     * @param sidecarText what the .json beside it holds
     * @param threads of the CPU, each 1 to 64
     * @param warmup runs that don't count, beside the very first
     * @param runs that count, at least 1
     * @param progress cancelling it ends the benchmark after the run under way; what was measured is returned, {@code
     *     cancelled} is true then
     * @throws DemoException for bad arguments or a bad sidecar; what is wrong with a backend stands in {@code failures}
     */
    public static String run(
            ByteBuffer model,
            String sidecarText,
            List<Backend> backends,
            List<Integer> threads,
            int warmup,
            int runs,
            EngineOpener opener,
            Device device,
            Progress progress)
            throws DemoException {
        if (backends.isEmpty() || threads.isEmpty()) {
            throw new DemoException("Benchmark: at least one backend and one number of threads are wanted.");
        }
        for (int count : threads) {
            check("threads", count, 1, MOST_THREADS);
        }
        check("warmup", warmup, 0, MOST_RUNS);
        check("runs", runs, 1, MOST_RUNS);
        Sidecar sidecar = Sidecar.parse(sidecarText);
        BenchmarkRun run = new BenchmarkRun(model, sidecar, warmup, runs, opener, device, progress);
        int most = 1;
        for (int count : threads) {
            most = Math.max(most, count);
        }
        for (Backend backend : backends) {
            if (backend == Backend.XNNPACK || backend == Backend.BUILTIN) {
                for (int count : threads) {
                    run.settings.add(new EngineOptions(backend, count, device.sdk()));
                }
            } else {
                run.settings.add(new EngineOptions(backend, most, device.sdk()));
            }
        }
        return JsonText.of(run.measured());
    }

    private Map<String, Object> measured() {
        List<Object> measurements = new ArrayList<>();
        List<Object> failures = new ArrayList<>();
        for (int index = 0; index < settings.size() && !progress.isCancelled(); index++) {
            EngineOptions setting = settings.get(index);
            String name = setting.backend.label + " · " + setting.threads;
            progress.report((float) index / settings.size(), name);
            try {
                Measurement found = measurement(setting, index, name);
                if (found != null) {
                    measurements.add(found.toJson());
                }
            } catch (DemoException error) {
                Map<String, Object> failure = new LinkedHashMap<>();
                failure.put("setting", Measurement.setting(setting.backend.word(), setting.threads));
                failure.put("reason", error.getMessage());
                failures.add(failure);
            }
        }
        boolean cancelled = progress.isCancelled();
        progress.report(1, "done");
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("format", FORMAT);
        result.put("format_version", FORMAT_VERSION);
        result.put("device", device.facts());
        result.put("effort", effort());
        result.put("model", facts());
        result.put("measurements", measurements);
        result.put("failures", failures);
        result.put("cancelled", cancelled);
        return result;
    }

    /** Null when it was cancelled before it was through. */
    private Measurement measurement(EngineOptions setting, int index, String name) throws DemoException {
        String thermal = device.thermalState();
        boolean reset = ProcessMemory.resetPeak();
        double baseline = ProcessMemory.residentMb();
        long start = System.nanoTime();
        try (Engine engine = opener.open(model, sidecar, setting)) {
            double initialisation = since(start);
            BackendReport report = engine.report();
            if (report.fallback != null) {
                throw new DemoException(report.asked.label + " can't be used: " + report.fallback);
            }
            Map<String, ByteBuffer> inputs = RandomInputs.of(sidecar);
            ByteBuffer output = sidecar.output.allocate();
            double[] times = new double[1 + warmup + runs];
            for (int run = 0; run < times.length; run++) {
                if (progress.isCancelled()) {
                    return null;
                }
                progress.report((index + (float) run / times.length) / settings.size(), name);
                start = System.nanoTime();
                engine.run(inputs, output);
                times[run] = since(start);
            }
            return new Measurement(
                    report,
                    initialisation,
                    times[0],
                    Arrays.copyOfRange(times, 1, 1 + warmup),
                    Arrays.copyOfRange(times, 1 + warmup, times.length),
                    baseline,
                    ProcessMemory.peakMb(),
                    reset,
                    thermal,
                    device.thermalState());
        }
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private Map<String, Object> effort() {
        Map<String, Object> effort = new LinkedHashMap<>();
        effort.put("warmup", warmup);
        effort.put("min_runs", runs);
        effort.put("min_seconds", 0.0);
        effort.put("max_runs", runs);
        return effort;
    }

    private Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", sidecar.file.replaceFirst("\\.tflite$", ""));
        facts.put("path", sidecar.file);
        facts.put("bytes", sidecar.bytes);
        facts.put("sha256", sidecar.sha256);
        facts.put("network", sidecar.network);
        facts.put("quantization", sidecar.quantization);
        facts.put("inputs", tensors(sidecar.inputs()));
        facts.put("outputs", tensors(Arrays.asList(sidecar.output)));
        return facts;
    }

    private static List<Object> tensors(List<TensorSpec> tensors) {
        List<Object> found = new ArrayList<>();
        for (TensorSpec tensor : tensors) {
            List<Integer> shape = new ArrayList<>();
            for (int side : tensor.shape()) {
                shape.add(side);
            }
            boolean quantized = tensor.kind != TensorSpec.Kind.FLOAT32;
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("name", tensor.name);
            facts.put("shape", shape);
            facts.put("dtype", tensor.kind.name().toLowerCase(Locale.ROOT));
            facts.put("scale", quantized ? tensor.scale : null);
            facts.put("zero_point", quantized ? tensor.zeroPoint : null);
            found.add(facts);
        }
        return found;
    }

    private static void check(String name, int value, int least, int most) throws DemoException {
        if (value < least || value > most) {
            throw new DemoException(
                    "Benchmark: " + name + ": " + least + " to " + most + " is allowed; received " + value + ".");
        }
    }
}

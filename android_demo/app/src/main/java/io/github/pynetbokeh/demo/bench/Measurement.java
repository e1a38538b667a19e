package io.github.pynetbokeh.demo.bench;

import io.github.pynetbokeh.demo.core.Statistics;
import io.github.pynetbokeh.demo.engine.BackendReport;
import java.util.LinkedHashMap;
import java.util.Map;

/** One backend with one number of threads, measured: raw samples first. */
final class Measurement {
    private final BackendReport report;
    private final double initialisation;
    private final double first;
    private final double[] warmup;
    private final double[] samples;
    private final double baselineMb;
    private final double peakMb;
    private final boolean peakReset;
    private final String thermalBefore;
    private final String thermalAfter;

    Measurement(
            BackendReport report,
            double initialisation,
            double first,
            double[] warmup,
            double[] samples,
            double baselineMb,
            double peakMb,
            boolean peakReset,
            String thermalBefore,
            String thermalAfter) {
        this.report = report;
        this.initialisation = initialisation;
        this.first = first;
        this.warmup = warmup;
        this.samples = samples;
        this.baselineMb = baselineMb;
        this.peakMb = peakMb;
        this.peakReset = peakReset;
        this.thermalBefore = thermalBefore;
        this.thermalAfter = thermalAfter;
    }

    /** As it stands in the result, see {@link BenchmarkRun}. */
    Map<String, Object> toJson() {
        Map<String, Object> latency = new LinkedHashMap<>();
        latency.put("initialisation_ms", initialisation);
        latency.put("first_ms", first);
        latency.put("warmup_ms", warmup);
        latency.put("samples_ms", samples);
        latency.put("settled", null);
        latency.put("delegation", null);

        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("count", samples.length);
        summary.put("median_ms", Statistics.median(samples));
        summary.put("p90_ms", Statistics.percentile(samples, 90));
        summary.put("mad_ms", Statistics.medianDeviation(samples));
        summary.put("mean_ms", Statistics.mean(samples));
        summary.put("std_ms", Statistics.deviation(samples));
        summary.put("min_ms", Statistics.percentile(samples, 0));
        summary.put("max_ms", Statistics.percentile(samples, 100));
        summary.put("outliers", Statistics.outliers(samples));

        Map<String, Object> memory = new LinkedHashMap<>();
        memory.put("baseline_mb", baselineMb);
        memory.put("peak_mb", peakMb);
        memory.put("peak_reset", peakReset);

        Map<String, Object> thermal = new LinkedHashMap<>();
        thermal.put("before", thermalBefore);
        thermal.put("after", thermalAfter);

        Map<String, Object> json = new LinkedHashMap<>();
        json.put("setting", setting(report.asked.word(), report.threads));
        json.put("description", report.describe());
        json.put("latency", latency);
        json.put("summary", summary);
        json.put("memory", Double.isNaN(baselineMb + peakMb) ? null : memory);
        json.put("thermal", thermal);
        return json;
    }

    static Map<String, Object> setting(String backend, int threads) {
        Map<String, Object> setting = new LinkedHashMap<>();
        setting.put("kernels", backend);
        setting.put("threads", threads);
        return setting;
    }
}

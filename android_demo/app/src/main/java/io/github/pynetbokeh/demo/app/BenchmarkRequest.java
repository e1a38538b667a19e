package io.github.pynetbokeh.demo.app;

import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.engine.Backend;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What is to be measured, as the screen's fields or an intent's extras say it. */
final class BenchmarkRequest {
    static final int DEFAULT_WARMUP = 5;
    static final int DEFAULT_RUNS = 30;
    static final String DEFAULT_FILE = "results.json";

    final List<Backend> backends;
    final List<Integer> threads;
    final int warmup;
    final int runs;
    /** The name of the file that the result goes to. */
    final String file;

    private BenchmarkRequest(List<Backend> backends, List<Integer> threads, int warmup, int runs, String file) {
        this.backends = Collections.unmodifiableList(backends);
        this.threads = Collections.unmodifiableList(threads);
        this.warmup = warmup;
        this.runs = runs;
        this.file = file;
    }

    /**
     * Reads what was typed or given.
     *
     * @param backends words of {@link Backend} with commas between; {@code cpu} is {@code xnnpack}
     * @param threads whole numbers with commas between
     * @param file a name ending in .json, without a folder
     * @throws DemoException that names what is wrong
     */
    static BenchmarkRequest of(String backends, String threads, String warmup, String runs, String file)
            throws DemoException {
        List<Backend> chosen = new ArrayList<>();
        for (String word : backends.split(",")) {
            if (!word.trim().isEmpty()) {
                Backend backend = Backend.of(word.trim().equalsIgnoreCase("cpu") ? "xnnpack" : word);
                if (!chosen.contains(backend)) {
                    chosen.add(backend);
                }
            }
        }
        List<Integer> counts = new ArrayList<>();
        for (String number : threads.split(",")) {
            int count = number("threads", number);
            if (!counts.contains(count)) {
                counts.add(count);
            }
        }
        if (!fileOrDefault(file).equals(file)) {
            throw new DemoException(
                    "file: a name of letters, digits, _, - and . that ends in .json is wanted; received " + file);
        }
        return new BenchmarkRequest(chosen, counts, number("warmup", warmup), number("runs", runs), file);
    }

    /** {@code file} where it may be written to, else the default's name. */
    static String fileOrDefault(String file) {
        return file.matches("[A-Za-z0-9_-][A-Za-z0-9_.-]*\\.json") ? file : DEFAULT_FILE;
    }

    private static int number(String name, String text) throws DemoException {
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException error) {
            throw new DemoException(name + ": a whole number is wanted; received " + text.trim(), error);
        }
    }
}

package io.github.pynetbokeh.demo.engine;

import io.github.pynetbokeh.demo.core.DemoException;
import java.util.Locale;

/** What a network can run on. The words are those of benchmark/samples.py, and of the benchmark's extras. */
public enum Backend {
    /** The CPU with XNNPACK's kernels. */
    XNNPACK("CPU, XNNPACK"),
    /** The CPU with TFLite's own kernels; for comparison. */
    BUILTIN("CPU, built-in kernels"),
    /** TFLite's GPU delegate. */
    GPU("GPU"),
    /** Android's own accelerator interface: legacy, deprecated since Android 15. */
    NNAPI("NNAPI (legacy)");

    /** For the screen. */
    public final String label;

    Backend(String label) {
        this.label = label;
    }

    /** The word for extras and results: {@code xnnpack} … */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The backend of a word, in any case. */
    public static Backend of(String word) throws DemoException {
        for (Backend backend : values()) {
            if (backend.name().equalsIgnoreCase(word.trim())) {
                return backend;
            }
        }
        throw new DemoException("Backend: xnnpack, builtin, gpu or nnapi is allowed; received " + word + ".");
    }
}

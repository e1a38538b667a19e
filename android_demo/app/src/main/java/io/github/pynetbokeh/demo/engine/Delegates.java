package io.github.pynetbokeh.demo.engine;

import io.github.pynetbokeh.demo.core.DemoException;
import org.tensorflow.lite.Delegate;
import org.tensorflow.lite.gpu.CompatibilityList;
import org.tensorflow.lite.gpu.GpuDelegate;
import org.tensorflow.lite.nnapi.NnApiDelegate;

/** Makes TFLite's delegates where they can work. */
final class Delegates {
    private static final int NNAPI_SINCE = 27; // Android 8.1
    private static final int NNAPI_DEPRECATED = 35; // Android 15

    private Delegates() {}

    /** A delegate for a backend that is none of the CPU's; says why not, in words that follow "GPU can't be used:". */
    static Delegate open(EngineOptions options) throws DemoException {
        try {
            return options.backend == Backend.GPU ? gpu() : nnapi(options.sdk);
        } catch (RuntimeException error) {
            throw new DemoException(String.valueOf(error.getMessage()), error);
        }
    }

    /** What the person should know of a backend that works; null for nothing. */
    static String note(Backend backend) {
        return backend == Backend.NNAPI ? "deprecated since Android 15" : null;
    }

    private static Delegate gpu() throws DemoException {
        try (CompatibilityList list = new CompatibilityList()) {
            if (!list.isDelegateSupportedOnThisDevice()) {
                throw new DemoException("TFLite's list of GPUs that work has not this one");
            }
            return new GpuDelegate(list.getBestOptionsForThisDevice());
        }
    }

    private static Delegate nnapi(int sdk) throws DemoException {
        if (sdk < NNAPI_SINCE) {
            throw new DemoException("Android 8.1 is wanted for it");
        }
        if (sdk >= NNAPI_DEPRECATED) {
            throw new DemoException("Android 15 and later have deprecated it");
        }
        return new NnApiDelegate();
    }
}

package io.github.pynetbokeh.demo.engine;

/** How an engine is opened. */
public final class EngineOptions {
    public final Backend backend;
    /** Of the CPU, at least 1. */
    public final int threads;
    /** Android's SDK_INT; 0 where there is no Android. */
    public final int sdk;

    public EngineOptions(Backend backend, int threads, int sdk) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: 1 and more are allowed; received " + threads);
        }
        this.backend = backend;
        this.threads = threads;
        this.sdk = sdk;
    }
}

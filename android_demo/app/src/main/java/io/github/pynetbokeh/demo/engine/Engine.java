package io.github.pynetbokeh.demo.engine;

import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Sidecar;
import java.nio.ByteBuffer;
import java.util.Map;

/** What runs the network. Opened, run and closed on one thread: the GPU's context belongs to it. */
public interface Engine extends AutoCloseable {
    /** The model that was loaded. */
    Sidecar sidecar();

    /**
     * Runs the network once.
     *
     * @param inputs by the names of {@link Sidecar#inputs}, direct buffers filled from their start
     * @param output direct, of {@link Sidecar#output}'s size; filled from its start
     */
    void run(Map<String, ByteBuffer> inputs, ByteBuffer output) throws DemoException;

    /** What runs the network, and why not what was asked for, if so: for the screen and the benchmark. */
    BackendReport report();

    @Override
    void close();
}

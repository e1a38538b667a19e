package io.github.pynetbokeh.demo.engine;

import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Sidecar;
import java.nio.ByteBuffer;

/** Opens engines: {@link TfliteEngine#OPENER} in the app, others in tests. */
public interface EngineOpener {
    /**
     * Opens a model for running.
     *
     * @param model direct, memory-mapped from the assets or a file; it must not change while the engine is open
     */
    Engine open(ByteBuffer model, Sidecar sidecar, EngineOptions options) throws DemoException;
}

package io.github.pynetbokeh.demo.app;

import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.engine.BackendReport;
import io.github.pynetbokeh.demo.engine.Engine;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The app as it is, but a test can hold its engine back to act meanwhile. */
public final class GatedApplication extends DemoApplication {
    /** Runs wait until it is counted down; null for none. */
    volatile CountDownLatch gate;

    /** Whether a run waits. */
    volatile boolean waiting;

    @Override
    protected EngineOpener opener() {
        EngineOpener real = super.opener();
        return (model, sidecar, options) -> new Gated(real.open(model, sidecar, options));
    }

    private final class Gated implements Engine {
        private final Engine real;

        Gated(Engine real) {
            this.real = real;
        }

        @Override
        public Sidecar sidecar() {
            return real.sidecar();
        }

        @Override
        public void run(Map<String, ByteBuffer> inputs, ByteBuffer output) throws DemoException {
            CountDownLatch now = gate;
            try {
                if (now != null) {
                    waiting = true;
                    now.await();
                    waiting = false;
                }
            } catch (InterruptedException error) {
                throw new DemoException("interrupted", error);
            }
            real.run(inputs, output);
        }

        @Override
        public BackendReport report() {
            return real.report();
        }

        @Override
        public void close() {
            real.close();
        }
    }
}

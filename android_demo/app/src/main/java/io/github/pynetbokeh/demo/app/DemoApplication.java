package io.github.pynetbokeh.demo.app;

import android.app.Application;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import io.github.pynetbokeh.demo.engine.TfliteEngine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Holds what outlives activities: the session and the benchmark. */
public class DemoApplication extends Application {
    private ExecutorService background;
    private Engines engines;
    private Session session;
    private Benchmark benchmark;

    @Override
    public void onCreate() {
        super.onCreate();
        // One thread for everything heavy: two renderings, or one and a benchmark, would only disturb each other.
        background = Executors.newSingleThreadExecutor();
        engines = new Engines(getAssets(), getResources(), opener());
        session = new Session(this, background, new Renderer(this, engines));
        benchmark = new Benchmark(this, background, engines);
    }

    @Override
    public void onTrimMemory(int level) {
        super.onTrimMemory(level);
        if (level >= TRIM_MEMORY_BACKGROUND) { // the app with the least memory is ended last
            background.execute(engines::close);
        }
    }

    /** What runs the model; tests wrap it. */
    protected EngineOpener opener() {
        return TfliteEngine.OPENER;
    }

    final Session session() {
        return session;
    }

    final Benchmark benchmark() {
        return benchmark;
    }
}

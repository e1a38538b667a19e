package io.github.pynetbokeh.demo.app;

import android.app.Application;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import io.github.pynetbokeh.demo.engine.TfliteEngine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Holds what outlives activities: the session, the open model, and the one thread that works. */
public class DemoApplication extends Application {
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private Engines engines;
    private Session session;

    @Override
    public void onCreate() {
        super.onCreate();
        engines = new Engines(getAssets(), getResources(), opener());
        session = new Session(this, background, new Renderer(this, engines));
    }

    /** What runs the model; tests on a machine without Android's libraries have their own. */
    protected EngineOpener opener() {
        return TfliteEngine.OPENER;
    }

    final Engines engines() {
        return engines;
    }

    public final Session session() {
        return session;
    }

    /** One thread for everything heavy: two renderings, or one and a benchmark, would only disturb each other. */
    public final ExecutorService background() {
        return background;
    }
}

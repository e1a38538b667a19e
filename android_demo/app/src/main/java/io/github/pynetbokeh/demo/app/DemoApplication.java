package io.github.pynetbokeh.demo.app;

import android.app.Application;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Holds what outlives activities: the session, the open model, and the one thread that works. */
public class DemoApplication extends Application {
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private Session session;

    @Override
    public void onCreate() {
        super.onCreate();
        session = new Session(this, background, new Renderer(this, engines()));
    }

    /** What runs the model; tests on a machine without Android's libraries have their own. */
    protected Engines engines() {
        return new Engines(getAssets());
    }

    public final Session session() {
        return session;
    }

    /** One thread for everything heavy: two renderings, or one and a benchmark, would only disturb each other. */
    public final ExecutorService background() {
        return background;
    }
}

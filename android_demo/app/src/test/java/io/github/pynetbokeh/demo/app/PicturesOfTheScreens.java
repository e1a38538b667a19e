package io.github.pynetbokeh.demo.app;

import static org.robolectric.Shadows.shadowOf;

import android.content.Intent;
import android.os.Looper;
import android.view.View;
import android.widget.SeekBar;
import io.github.pynetbokeh.demo.R;
import java.time.Duration;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Draws every screen for the README; `make android-screens` keeps what it draws. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h823dp-port-hdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class PicturesOfTheScreens {
    /** Over the astronaut: height, left end, right end. */
    private static final float[][] STROKES = {
        {0.09f, 0.36f, 0.52f}, {0.16f, 0.34f, 0.56f}, {0.23f, 0.34f, 0.56f}, {0.30f, 0.37f, 0.52f},
        {0.37f, 0.28f, 0.55f}, {0.44f, 0.26f, 0.57f}, {0.51f, 0.20f, 0.64f}, {0.58f, 0.15f, 0.67f},
        {0.65f, 0.12f, 0.66f}, {0.72f, 0.10f, 0.90f}, {0.79f, 0.08f, 0.92f}, {0.86f, 0.07f, 0.92f},
        {0.93f, 0.07f, 0.92f}, {0.99f, 0.12f, 0.92f},
    };

    @Before
    public void memory() {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
    }

    @Test
    public void mainInLightMode() throws Exception {
        MainActivity activity = marked(false);
        Screen.keep(activity, "marked");
        activity.findViewById(R.id.render).performClick();
        Screen.settle();
        Screen.keep(activity, "rendered");
        Screen.press(activity, 0.5f, 0.5f);
        Screen.keep(activity, "compared");
    }

    @Test
    @Config(qualifiers = "+night")
    public void mainInDarkMode() throws Exception {
        MainActivity activity = marked(true);
        Screen.keep(activity, "rendered_dark");
    }

    @Test
    @Config(qualifiers = "w823dp-h411dp-land-hdpi")
    public void mainLyingDown() throws Exception {
        Screen.keep(marked(true), "rendered_land");
    }

    @Test
    public void empty() throws Exception {
        Screen.keep(Robolectric.buildActivity(MainActivity.class).setup().get(), "empty");
    }

    @Test
    @Config(qualifiers = "+night")
    public void emptyInDarkMode() throws Exception {
        Screen.keep(Robolectric.buildActivity(MainActivity.class).setup().get(), "empty_dark");
    }

    @Test
    public void benchmark() throws Exception {
        Screen.keep(measured(), "benchmark");
    }

    @Test
    @Config(qualifiers = "+night")
    public void benchmarkInDarkMode() throws Exception {
        Screen.keep(measured(), "benchmark_dark");
    }

    private static MainActivity marked(boolean render) throws Exception {
        ActivityController<MainActivity> controller = Robolectric.buildActivity(MainActivity.class).setup();
        MainActivity activity = controller.get();
        Screen.session().open(Screen.lend(Screen.photo("astronaut")));
        Screen.settle();
        activity.findViewById(R.id.subject_paint).performClick();
        for (float[] stroke : STROKES) {
            Screen.drag(activity, stroke[1], stroke[0], stroke[2], stroke[0]);
        }
        ((SeekBar) activity.findViewById(R.id.strength)).setProgress(80);
        Screen.session().setStrength(80);
        if (render) {
            activity.findViewById(R.id.render).performClick();
            Screen.settle();
        }
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(2)); // ripples end
        return activity;
    }

    private static BenchmarkActivity measured() throws Exception {
        Intent intent = new Intent()
                .putExtra("backends", "cpu,gpu")
                .putExtra("threads", "1,2")
                .putExtra("warmup", 2)
                .putExtra("runs", 10);
        BenchmarkActivity activity =
                Robolectric.buildActivity(BenchmarkActivity.class, intent).setup().get();
        View cancel = activity.findViewById(R.id.cancel);
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (cancel.getVisibility() == View.VISIBLE && System.nanoTime() < deadline) {
            Thread.sleep(5);
            shadowOf(Looper.getMainLooper()).idle();
        }
        return activity;
    }
}

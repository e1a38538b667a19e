package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.view.View;
import io.github.pynetbokeh.demo.R;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** The main screen, run and drawn by Android's own code. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h891dp-port-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class MainScreenTest {
    @Before
    public void memory() {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
    }

    @Test
    public void emptyAtFirst() throws Exception {
        MainActivity activity = start().get();
        assertEquals(activity.getString(R.string.empty), Screen.status(activity));
        assertFalse(activity.findViewById(R.id.render).isEnabled());
        Screen.keep(activity, "empty");
    }

    @Test
    public void rendersAPicture() throws Exception {
        MainActivity activity = start().get();
        Screen.session().open(Screen.lend(Screen.photo("astronaut")));
        Screen.settle();
        assertNotNull(Screen.session().original());
        Screen.keep(activity, "opened");
        activity.findViewById(R.id.render).performClick();
        assertEquals(View.VISIBLE, activity.findViewById(R.id.cancel).getVisibility());
        Screen.settle();
        assertNotNull(Screen.status(activity), Screen.session().rendered());
        Screen.keep(activity, "rendered");
    }

    private static ActivityController<MainActivity> start() {
        return Robolectric.buildActivity(MainActivity.class).setup();
    }
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.Intent;
import io.github.pynetbokeh.demo.R;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import org.robolectric.Robolectric;
import org.robolectric.android.controller.ActivityController;

/** What the tests of the main screen do as its user does. */
final class MainScreen {
    private MainScreen() {}

    /** Whether a JPEG is there for other apps. */
    static boolean isShared(MainActivity activity) throws Exception {
        try (InputStream in = activity.getContentResolver().openInputStream(Screen.session().renderedUri())) {
            return in.read() == 0xff;
        }
    }

    static ActivityController<MainActivity> start() {
        return Robolectric.buildActivity(MainActivity.class).setup();
    }

    static MainActivity withPicture(ActivityController<MainActivity> controller) throws Exception {
        return withPicture(controller.get());
    }

    static MainActivity withPicture(MainActivity activity) throws Exception {
        open(activity, Screen.photo("astronaut"));
        assertNotNull(Screen.status(activity), Screen.session().original());
        return activity;
    }

    /** As if the user had chosen it. */
    static void open(MainActivity activity, byte[] content) throws Exception {
        activity.findViewById(R.id.choose).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivityForResult().intent;
        Intent answer = new Intent().setData(Screen.lend(content));
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, answer);
        Screen.settle();
    }

    /** Renders and waits for the end. */
    static void render(MainActivity activity) throws Exception {
        activity.findViewById(R.id.render).performClick();
        assertEquals(Session.Work.RENDERING, Screen.session().work());
        Screen.settle();
    }

    /** Holds the network's runs back until it is counted down. */
    static CountDownLatch gate() {
        CountDownLatch gate = new CountDownLatch(1);
        ((GatedApplication) Screen.app()).gate = gate;
        return gate;
    }
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.res.Configuration;
import android.os.Bundle;
import android.os.Looper;
import android.view.View;
import io.github.pynetbokeh.demo.R;
import java.util.concurrent.CountDownLatch;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** What is on the main screen outlives the activity, which a rotation ends, and the process. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h891dp-port-hdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class ComingBackTest {
    @Before
    public void memory() {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
    }

    @Test
    public void aRotationWhileRenderingLosesNothing() throws Exception {
        ActivityController<MainActivity> controller = MainScreen.start();
        MainActivity before = MainScreen.withPicture(controller);
        CountDownLatch gate = MainScreen.gate();
        before.findViewById(R.id.render).performClick();
        RuntimeEnvironment.setQualifiers("w891dp-h411dp-land");
        controller.configurationChange();
        MainActivity turned = controller.get();
        shadowOf(Looper.getMainLooper()).idle();
        assertEquals(View.VISIBLE, turned.findViewById(R.id.cancel).getVisibility());
        assertNotSame(before, turned);
        assertEquals(Configuration.ORIENTATION_LANDSCAPE, turned.getResources().getConfiguration().orientation);
        gate.countDown();
        Screen.settle();
        assertNotNull(Screen.session().rendered());
        assertTrue(Screen.status(turned), Screen.status(turned).contains("XNNPACK"));
    }

    @Test
    public void aRenderingOfAnotherSubjectIsNotBroughtBack() throws Exception {
        ActivityController<MainActivity> controller = MainScreen.start();
        MainActivity activity = MainScreen.withPicture(controller);
        MainScreen.render(activity);
        Screen.tap(activity, 0.45f, 0.2f);
        rebornAfter(controller);
        assertNotNull(Screen.session().original());
        assertNull(Screen.session().rendered());
        assertTrue(Screen.session().focus().percent() > 0);
    }

    @Test
    public void aNewProcessHasWhatTheOldOneHad() throws Exception {
        ActivityController<MainActivity> controller = MainScreen.start();
        MainActivity activity = MainScreen.withPicture(controller);
        Screen.tap(activity, 0.45f, 0.2f);
        Screen.session().setStrength(90);
        MainScreen.render(activity);
        int marked = Screen.session().focus().percent();
        MainActivity reborn = rebornAfter(controller);
        assertNotNull(Screen.session().original());
        assertNotNull(Screen.session().rendered());
        assertEquals(marked, Screen.session().focus().percent());
        assertEquals(90, Screen.session().settings.strength());
        assertEquals(reborn.getString(R.string.hint_compare), Screen.status(reborn));
    }

    @Test
    public void aRenderingThatTheEndOfTheProcessCutOffIsBegunAgain() throws Exception {
        ActivityController<MainActivity> controller = MainScreen.start();
        MainScreen.withPicture(controller);
        CountDownLatch gate = MainScreen.gate();
        controller.get().findViewById(R.id.render).performClick();
        GatedApplication app = (GatedApplication) Screen.app();
        for (int tries = 0; !app.waiting && tries < 3000; tries++) {
            Thread.sleep(10);
        }
        assertTrue(app.waiting);
        app.gate = null;
        MainActivity reborn = rebornAfter(controller);
        Screen.settle();
        assertNotNull(Screen.session().rendered());
        assertTrue(Screen.status(reborn), Screen.status(reborn).contains("XNNPACK"));
        gate.countDown();
    }

    @Test
    public void startingAnewForgets() throws Exception {
        MainScreen.withPicture(MainScreen.start()).finish();
        Screen.app().onCreate(); // as a new process does
        MainActivity anew = MainScreen.start().get();
        Screen.settle();
        assertNull(Screen.session().original());
        assertEquals(anew.getString(R.string.empty), Screen.status(anew));
    }

    /** The process ends and Android brings the activity back with its state. */
    private static MainActivity rebornAfter(ActivityController<MainActivity> controller) throws Exception {
        Bundle state = new Bundle();
        controller.pause().stop().saveInstanceState(state);
        Screen.app().onCreate();
        MainActivity reborn = Robolectric.buildActivity(MainActivity.class)
                .create(state)
                .start()
                .restoreInstanceState(state)
                .resume()
                .visible()
                .get();
        Screen.settle();
        return reborn;
    }
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.Intent;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.net.Uri;
import android.os.Looper;
import android.widget.RadioGroup;
import io.github.pynetbokeh.demo.R;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** The main screen, run and drawn by Android's own code, with TFLite's own library below it. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h891dp-port-hdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class MainScreenTest {
    @Before
    public void memory() {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
    }

    @Test
    public void emptyAtFirst() {
        MainActivity activity = MainScreen.start().get();
        assertEquals(activity.getString(R.string.empty), Screen.status(activity));
        assertFalse(activity.findViewById(R.id.render).isEnabled());
    }

    @Test
    public void rendersAtFullSizeAndShowsIt() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        Bitmap before = Screen.drawn(activity);
        MainScreen.render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("XNNPACK"));
        assertFalse("the screen shows the rendering", before.sameAs(Screen.drawn(activity)));
        try (InputStream in = activity.getContentResolver().openInputStream(Screen.session().renderedUri())) {
            Bitmap file = BitmapFactory.decodeStream(in);
            assertEquals(512, file.getWidth());
            assertEquals(512, file.getHeight());
        }
    }

    @Test
    public void aTapMarksWhatIsAroundIt() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        Bitmap before = Screen.drawn(activity);
        Screen.tap(activity, 0.45f, 0.2f);
        assertEquals(R.id.subject_tap, ((RadioGroup) activity.findViewById(R.id.subject)).getCheckedRadioButtonId());
        int marked = Screen.session().focus().percent();
        assertTrue("marked " + marked + " %", marked >= 1 && marked < 60);
        assertFalse("the mark is shown", before.sameAs(Screen.drawn(activity)));
        activity.findViewById(R.id.subject_clear).performClick();
        assertTrue(Screen.session().focus().isEmpty());
        assertTrue("and gone", before.sameAs(shownLike(activity)));
    }

    @Test
    public void strokesPaintTheSubject() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        activity.findViewById(R.id.subject_paint).performClick();
        Screen.drag(activity, 0.3f, 0.5f, 0.6f, 0.5f);
        FocusMap map = Screen.session().focus();
        int middle = (map.height() / 2) * map.width();
        assertEquals(255, map.values()[middle + (int) (0.45 * map.width())] & 0xFF);
        assertEquals(0, map.values()[middle + (int) (0.9 * map.width())] & 0xFF);
        assertEquals(0, map.values()[map.width() * (map.height() / 10)] & 0xFF);
    }

    @Test
    public void markingChangesTheRendering() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        MainScreen.render(activity);
        Bitmap found = Screen.session().rendered();
        activity.findViewById(R.id.subject_paint).performClick();
        Screen.drag(activity, 0.1f, 0.9f, 0.3f, 0.9f);
        assertNull("an older rendering is not shared", Screen.session().rendered());
        MainScreen.render(activity);
        assertFalse(found.sameAs(Screen.session().rendered()));
    }

    @Test
    public void holdingShowsTheOriginal() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        Bitmap original = Screen.session().original();
        MainScreen.render(activity);
        PictureView picture = activity.findViewById(R.id.picture);
        assertFalse(original.sameAs(Screen.session().rendered()));
        Screen.press(activity, 0.5f, 0.5f);
        assertTrue(picture.isComparing());
        assertEquals(activity.getString(R.string.picture_original), picture.getContentDescription());
        Screen.release(activity, 0.5f, 0.5f);
        assertFalse(picture.isComparing());
        assertEquals(activity.getString(R.string.picture_rendered), picture.getContentDescription());
        assertEquals("a hold marks nothing", 0, Screen.session().focus().percent());
    }

    @Test
    public void cancelledRenderingsSaySo() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        cancelRendering(activity);
        assertNull(Screen.session().rendered());
        assertTrue(activity.findViewById(R.id.render).isEnabled());
    }

    @Test
    public void aCancelledRenderingLeavesTheOneBefore() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        MainScreen.render(activity);
        Bitmap rendered = Screen.session().rendered();
        cancelRendering(activity);
        assertEquals(rendered, Screen.session().rendered());
        assertTrue("what is shown is what is shared", MainScreen.isShared(activity));
    }

    @Test
    public void sharingLendsTheFullSize() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        MainScreen.render(activity);
        shadowOf(activity).clickMenuItem(R.id.share);
        Intent chooser = shadowOf(activity).getNextStartedActivity();
        Intent send = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent.class);
        Uri uri = send.getParcelableExtra(Intent.EXTRA_STREAM, Uri.class);
        assertEquals("image/jpeg", activity.getContentResolver().getType(uri));
        try (InputStream in = activity.getContentResolver().openInputStream(uri)) {
            assertEquals(512, BitmapFactory.decodeStream(in).getWidth());
        }
    }

    @Test
    @Config(qualifiers = "w360dp-h640dp-port-mdpi")
    public void aSmallPhoneHasRoomForEverything() throws Exception {
        Screen.checkAccessibility(MainScreen.withPicture(MainScreen.start()));
    }

    @Test
    @Config(qualifiers = "w640dp-h360dp-land-mdpi")
    public void soItHasLyingDown() throws Exception {
        Screen.checkAccessibility(MainScreen.withPicture(MainScreen.start()));
    }

    /** Cancels a rendering that is under way, and waits for its end. */
    private static void cancelRendering(MainActivity activity) throws Exception {
        CountDownLatch gate = MainScreen.gate();
        activity.findViewById(R.id.render).performClick();
        activity.findViewById(R.id.cancel).performClick();
        gate.countDown();
        Screen.settle();
        assertEquals(activity.getString(R.string.cancelled), Screen.status(activity));
    }

    /** The screen with the controls as they were before the subject was marked. */
    private static Bitmap shownLike(MainActivity activity) {
        ((RadioGroup) activity.findViewById(R.id.subject)).check(R.id.subject_found);
        activity.findViewById(R.id.subject).jumpDrawablesToCurrentState();
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(2));
        return Screen.drawn(activity);
    }
}

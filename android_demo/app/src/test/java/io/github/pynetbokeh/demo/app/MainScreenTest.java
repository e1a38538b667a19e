package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.Intent;
import android.content.res.Configuration;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.net.Uri;
import android.os.Bundle;
import android.os.Looper;
import android.provider.MediaStore;
import android.view.View;
import android.widget.RadioGroup;
import io.github.pynetbokeh.demo.R;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
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
        MainActivity activity = start().get();
        assertEquals(activity.getString(R.string.empty), Screen.status(activity));
        assertFalse(activity.findViewById(R.id.render).isEnabled());
    }

    @Test
    public void rendersAtFullSizeAndShowsIt() throws Exception {
        MainActivity activity = withPicture(start());
        Bitmap before = Screen.drawn(activity);
        render(activity);
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
        MainActivity activity = withPicture(start());
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
        MainActivity activity = withPicture(start());
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
        MainActivity activity = withPicture(start());
        render(activity);
        Bitmap found = Screen.session().rendered();
        activity.findViewById(R.id.subject_paint).performClick();
        Screen.drag(activity, 0.1f, 0.9f, 0.3f, 0.9f);
        assertNull("an older rendering is not shared", Screen.session().rendered());
        render(activity);
        assertFalse(found.sameAs(Screen.session().rendered()));
    }

    @Test
    public void holdingShowsTheOriginal() throws Exception {
        MainActivity activity = withPicture(start());
        Bitmap original = Screen.session().original();
        render(activity);
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
    public void aRotationWhileRenderingLosesNothing() throws Exception {
        ActivityController<MainActivity> controller = start();
        MainActivity before = withPicture(controller);
        CountDownLatch gate = gate();
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
    public void cancelledRenderingsSaySo() throws Exception {
        MainActivity activity = withPicture(start());
        CountDownLatch gate = gate();
        activity.findViewById(R.id.render).performClick();
        activity.findViewById(R.id.cancel).performClick();
        gate.countDown();
        Screen.settle();
        assertEquals(activity.getString(R.string.cancelled), Screen.status(activity));
        assertNull(Screen.session().rendered());
        assertTrue(activity.findViewById(R.id.render).isEnabled());
    }

    @Test
    public void aCancelledRenderingLeavesTheOneBefore() throws Exception {
        MainActivity activity = withPicture(start());
        render(activity);
        Bitmap rendered = Screen.session().rendered();
        CountDownLatch gate = gate();
        activity.findViewById(R.id.render).performClick();
        activity.findViewById(R.id.cancel).performClick();
        gate.countDown();
        Screen.settle();
        assertEquals(activity.getString(R.string.cancelled), Screen.status(activity));
        assertEquals(rendered, Screen.session().rendered());
        assertTrue("what is shown is what is shared", isShared(activity));
    }

    @Test
    public void aRenderingOfAnotherSubjectIsNotBroughtBack() throws Exception {
        ActivityController<MainActivity> controller = start();
        MainActivity activity = withPicture(controller);
        render(activity);
        Screen.tap(activity, 0.45f, 0.2f);
        rebornAfter(controller);
        assertNotNull(Screen.session().original());
        assertNull(Screen.session().rendered());
        assertTrue(Screen.session().focus().percent() > 0);
    }

    @Test
    public void aNewProcessHasWhatTheOldOneHad() throws Exception {
        ActivityController<MainActivity> controller = start();
        MainActivity activity = withPicture(controller);
        Screen.tap(activity, 0.45f, 0.2f);
        Screen.session().setStrength(90);
        render(activity);
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
        ActivityController<MainActivity> controller = start();
        withPicture(controller);
        CountDownLatch gate = gate();
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
        withPicture(start()).finish();
        Screen.app().onCreate(); // as a new process does
        MainActivity anew = start().get();
        Screen.settle();
        assertNull(Screen.session().original());
        assertEquals(anew.getString(R.string.empty), Screen.status(anew));
    }

    @Test
    public void brokenPicturesAreAMessage() throws Exception {
        MainActivity activity = start().get();
        byte[] photo = Screen.photo("astronaut");
        byte[] noise = new byte[5000];
        for (byte[] content : new byte[][] {{}, noise, Arrays.copyOf(photo, 300)}) {
            open(activity, content);
            assertEquals(activity.getString(R.string.not_a_picture), Screen.status(activity));
        }
        assertNull(Screen.session().original());
        open(activity, Arrays.copyOf(photo, photo.length / 2)); // Android's decoder leaves the rest grey
        assertEquals(activity.getString(R.string.cut_off), Screen.status(activity));
        assertNull(Screen.session().original());
    }

    @Test
    public void aBrokenPictureLeavesTheOneBefore() throws Exception {
        MainActivity activity = withPicture(start());
        render(activity);
        Bitmap rendered = Screen.session().rendered();
        open(activity, new byte[5000]);
        assertEquals(activity.getString(R.string.not_a_picture), Screen.status(activity));
        assertEquals(rendered, Screen.session().rendered());
        assertTrue(isShared(activity));
        render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("XNNPACK"));
    }

    @Test
    public void aPictureWhoseSourceFailsMidwayLeavesTheOneBefore() throws Exception {
        MainActivity activity = withPicture(start());
        Bitmap before = Screen.session().original();
        byte[] photo = Screen.photo("coffee");
        Uri uri = Screen.lend(new FilterInputStream(new ByteArrayInputStream(photo)) {
            private int left = photo.length / 2;

            @Override
            public int read(byte[] into, int start, int count) throws IOException {
                left -= count;
                if (left < 0) {
                    throw new IOException("the network is gone");
                }
                return super.read(into, start, count);
            }
        });
        Screen.session().open(uri);
        Screen.settle();
        assertEquals(activity.getString(R.string.cannot_open), Screen.status(activity));
        assertEquals(before, Screen.session().original());
        render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("XNNPACK"));
    }

    @Test
    public void picturesThatAreTooLargeAreAMessage() throws Exception {
        MainActivity activity = start().get();
        open(activity, Screen.pngHeader(20_000, 20_000));
        assertTrue(Screen.status(activity), Screen.status(activity).contains("200 megapixels"));
        withPicture(activity);
        Screen.setFreeMemory(1000);
        render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("not enough memory"));
        Screen.setFreeMemory(1 << 20); // half of it holds the photo once, not twice: smaller it is
        render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("smaller"));
    }

    @Test
    public void aDeviceWithoutACameraIsAMessage() {
        MainActivity activity = start().get();
        shadowOf(Screen.app()).checkActivities(true);
        activity.findViewById(R.id.take).performClick();
        assertEquals(activity.getString(R.string.no_camera), Screen.status(activity));
        activity.findViewById(R.id.choose).performClick();
        assertEquals(activity.getString(R.string.no_chooser), Screen.status(activity));
    }

    @Test
    public void theCameraWritesToAUriThatItWasGranted() throws Exception {
        MainActivity activity = start().get();
        activity.findViewById(R.id.take).performClick();
        Intent intent = shadowOf(activity).getNextStartedActivityForResult().intent;
        Uri uri = intent.getParcelableExtra(MediaStore.EXTRA_OUTPUT, Uri.class);
        assertEquals(uri, intent.getClipData().getItemAt(0).getUri());
        int grant = Intent.FLAG_GRANT_WRITE_URI_PERMISSION;
        assertEquals(grant, intent.getFlags() & grant);
        shadowOf(activity).receiveResult(intent, Activity.RESULT_OK, null);
        Screen.settle();
        assertEquals(activity.getString(R.string.no_picture_taken), Screen.status(activity));

        try (OutputStream out = activity.getContentResolver().openOutputStream(uri)) {
            out.write(Screen.photo("coffee"));
        }
        activity.findViewById(R.id.take).performClick(); // what the camera wrote before must not be taken for a new one
        Intent again = shadowOf(activity).getNextStartedActivityForResult().intent;
        shadowOf(activity).receiveResult(again, Activity.RESULT_OK, null);
        Screen.settle();
        assertEquals(activity.getString(R.string.no_picture_taken), Screen.status(activity));

        activity.findViewById(R.id.take).performClick();
        Intent last = shadowOf(activity).getNextStartedActivityForResult().intent;
        try (OutputStream out = activity.getContentResolver().openOutputStream(uri)) {
            out.write(Screen.photo("coffee"));
        }
        shadowOf(activity).receiveResult(last, Activity.RESULT_OK, null);
        Screen.settle();
        assertEquals(600, Screen.session().original().getWidth());
    }

    @Test
    public void sharingLendsTheFullSize() throws Exception {
        MainActivity activity = withPicture(start());
        render(activity);
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
    public void picturesThatAreSentAreOpened() throws Exception {
        Intent send = new Intent(Intent.ACTION_SEND).setType("image/jpeg");
        send.putExtra(Intent.EXTRA_STREAM, Screen.lend(Screen.photo("coffee")));
        Robolectric.buildActivity(MainActivity.class, send).setup();
        Screen.settle();
        assertEquals(600, Screen.session().original().getWidth());
    }

    @Test
    public void filesThatAreSentAreNotOpened() {
        Intent send = new Intent(Intent.ACTION_SEND).setType("image/jpeg");
        send.putExtra(Intent.EXTRA_STREAM, Uri.parse("file:///data/data/secret.jpg"));
        MainActivity activity =
                Robolectric.buildActivity(MainActivity.class, send).setup().get();
        assertEquals(activity.getString(R.string.cannot_open), Screen.status(activity));
    }

    @Test
    @Config(qualifiers = "w360dp-h640dp-port-mdpi")
    public void aSmallPhoneHasRoomForEverything() throws Exception {
        Screen.checkAccessibility(withPicture(start()));
    }

    @Test
    @Config(qualifiers = "w640dp-h360dp-land-mdpi")
    public void soItHasLyingDown() throws Exception {
        Screen.checkAccessibility(withPicture(start()));
    }

    private static boolean isShared(MainActivity activity) throws Exception {
        try (InputStream in = activity.getContentResolver().openInputStream(Screen.session().renderedUri())) {
            return in.read() == 0xff;
        }
    }

    private static ActivityController<MainActivity> start() {
        return Robolectric.buildActivity(MainActivity.class).setup();
    }

    private static MainActivity withPicture(ActivityController<MainActivity> controller) throws Exception {
        return withPicture(controller.get());
    }

    private static MainActivity withPicture(MainActivity activity) throws Exception {
        open(activity, Screen.photo("astronaut"));
        assertNotNull(Screen.status(activity), Screen.session().original());
        return activity;
    }

    /** As if the user had chosen it. */
    private static void open(MainActivity activity, byte[] content) throws Exception {
        activity.findViewById(R.id.choose).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivityForResult().intent;
        Intent answer = new Intent().setData(Screen.lend(content));
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, answer);
        Screen.settle();
    }

    private static void render(MainActivity activity) throws Exception {
        activity.findViewById(R.id.render).performClick();
        assertEquals(Session.Work.RENDERING, Screen.session().work());
        Screen.settle();
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

    private static CountDownLatch gate() {
        CountDownLatch gate = new CountDownLatch(1);
        ((GatedApplication) Screen.app()).gate = gate;
        return gate;
    }

    /** The screen with the controls as they were before the subject was marked. */
    private static Bitmap shownLike(MainActivity activity) {
        ((RadioGroup) activity.findViewById(R.id.subject)).check(R.id.subject_found);
        activity.findViewById(R.id.subject).jumpDrawablesToCurrentState();
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(2));
        return Screen.drawn(activity);
    }
}

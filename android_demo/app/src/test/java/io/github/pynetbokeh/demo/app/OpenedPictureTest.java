package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.Intent;
import android.graphics.Bitmap;
import android.net.Uri;
import android.provider.MediaStore;
import io.github.pynetbokeh.demo.R;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Pictures of all kinds and sources: chosen, taken, sent by other apps. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h891dp-port-hdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class OpenedPictureTest {
    @Before
    public void memory() {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
    }

    @Test
    public void brokenPicturesAreAMessage() throws Exception {
        MainActivity activity = MainScreen.start().get();
        byte[] photo = Screen.photo("astronaut");
        byte[] noise = new byte[5000];
        for (byte[] content : new byte[][] {{}, noise, Arrays.copyOf(photo, 300)}) {
            MainScreen.open(activity, content);
            assertEquals(activity.getString(R.string.not_a_picture), Screen.status(activity));
        }
        assertNull(Screen.session().original());
        MainScreen.open(activity, Arrays.copyOf(photo, photo.length / 2)); // Android's decoder leaves the rest grey
        assertEquals(activity.getString(R.string.cut_off), Screen.status(activity));
        assertNull(Screen.session().original());
    }

    @Test
    public void aBrokenPictureLeavesTheOneBefore() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
        MainScreen.render(activity);
        Bitmap rendered = Screen.session().rendered();
        MainScreen.open(activity, new byte[5000]);
        assertEquals(activity.getString(R.string.not_a_picture), Screen.status(activity));
        assertEquals(rendered, Screen.session().rendered());
        assertTrue(MainScreen.isShared(activity));
        MainScreen.render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("XNNPACK"));
    }

    @Test
    public void aPictureWhoseSourceFailsMidwayLeavesTheOneBefore() throws Exception {
        MainActivity activity = MainScreen.withPicture(MainScreen.start());
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
        MainScreen.render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("XNNPACK"));
    }

    @Test
    public void picturesThatAreTooLargeAreAMessage() throws Exception {
        MainActivity activity = MainScreen.start().get();
        MainScreen.open(activity, Screen.pngHeader(20_000, 20_000));
        assertTrue(Screen.status(activity), Screen.status(activity).contains("200 megapixels"));
        MainScreen.withPicture(activity);
        Screen.setFreeMemory(1000);
        MainScreen.render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("not enough memory"));
        Screen.setFreeMemory(1 << 20); // half of it holds the photo once, not twice: smaller it is
        MainScreen.render(activity);
        assertTrue(Screen.status(activity), Screen.status(activity).contains("smaller"));
    }

    @Test
    public void aDeviceWithoutACameraIsAMessage() {
        MainActivity activity = MainScreen.start().get();
        shadowOf(Screen.app()).checkActivities(true);
        activity.findViewById(R.id.take).performClick();
        assertEquals(activity.getString(R.string.no_camera), Screen.status(activity));
        activity.findViewById(R.id.choose).performClick();
        assertEquals(activity.getString(R.string.no_chooser), Screen.status(activity));
    }

    @Test
    public void theCameraWritesToAUriThatItWasGranted() throws Exception {
        MainActivity activity = MainScreen.start().get();
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
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.content.pm.PackageManager;
import android.os.Environment;
import io.github.pynetbokeh.demo.R;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Android 7, the oldest: the screens come up, and saving asks for a permission. (Its pixels can't be drawn here.) */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 24, application = GatedApplication.class)
@GraphicsMode(GraphicsMode.Mode.LEGACY)
public final class OldAndroidTest {
    private static final String PERMISSION = Manifest.permission.WRITE_EXTERNAL_STORAGE;

    @Test
    public void aDeniedPermissionIsAMessage() {
        MainActivity activity = Robolectric.buildActivity(MainActivity.class).setup().get();
        shadowOf(activity).clickMenuItem(R.id.save);
        assertEquals(PERMISSION, shadowOf(activity).getLastRequestedPermission().requestedPermissions[0]);
        int request = shadowOf(activity).getLastRequestedPermission().requestCode;
        int[] denied = {PackageManager.PERMISSION_DENIED};
        activity.onRequestPermissionsResult(request, new String[] {PERMISSION}, denied);
        assertEquals(activity.getString(R.string.no_permission), Screen.status(activity));
        activity.onRequestPermissionsResult(request, new String[0], new int[0]); // interrupted
        assertEquals(activity.getString(R.string.no_permission), Screen.status(activity));
    }

    @Test
    public void savingWritesAFile() throws Exception {
        File photo = Paths.get("pynet_bokeh/photos/coffee.jpg").toFile();
        String path = Gallery.save(Screen.app(), photo, "a.jpg");
        File pictures = Environment.getExternalStoragePublicDirectory(Environment.DIRECTORY_PICTURES);
        assertEquals("Bokeh demo/a.jpg", path);
        assertEquals(photo.length(), new File(pictures, path).length());
    }

    @Test
    public void theBenchmarksScreenComesUp() {
        BenchmarkActivity activity = Robolectric.buildActivity(BenchmarkActivity.class).setup().get();
        assertTrue(activity.findViewById(R.id.start).isEnabled());
        assertEquals("unknown", new Phone(activity).thermalState());
        assertEquals(24, new Phone(activity).facts().get("sdk"));
    }

    @Test
    public void theModelIsFoundInTheApk() throws Exception {
        try (InputStream in = Screen.app().getAssets().open(Engines.SIDECAR)) {
            assertTrue(new String(Files.readAll(in), StandardCharsets.UTF_8).contains("\"sha256\""));
        }
    }
}

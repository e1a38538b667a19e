package io.github.pynetbokeh.demo.app;

import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.app.ActivityManager;
import android.content.Context;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.net.Uri;
import android.os.Looper;
import android.view.View;
import android.widget.TextView;
import io.github.pynetbokeh.demo.R;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.robolectric.RuntimeEnvironment;

/** What the tests of the screens share. */
final class Screen {
    static final long FREE_MEMORY = 2L << 30;

    private Screen() {}

    static DemoApplication app() {
        return (DemoApplication) RuntimeEnvironment.getApplication();
    }

    static Session session() {
        return app().session();
    }

    /** A device with this much memory left. */
    static void setFreeMemory(long bytes) {
        ActivityManager.MemoryInfo info = new ActivityManager.MemoryInfo();
        info.availMem = bytes;
        shadowOf((ActivityManager) app().getSystemService(Context.ACTIVITY_SERVICE)).setMemoryInfo(info);
    }

    /** Lets the background work end and the main thread hear of it. */
    static void settle() throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        do {
            Thread.sleep(5);
            shadowOf(Looper.getMainLooper()).idle();
            if (System.nanoTime() > deadline) {
                throw new AssertionError("still " + session().work() + ": " + session().message());
            }
        } while (session().work() != Session.Work.NONE);
        shadowOf(Looper.getMainLooper()).idle();
    }

    /** A picture that another app lends. */
    static Uri lend(byte[] content) {
        Uri uri = Uri.parse("content://gallery/picture");
        shadowOf(app().getContentResolver()).registerInputStream(uri, new ByteArrayInputStream(content));
        return uri;
    }

    /** A bundled photo: pynet_bokeh/photos/NAME.jpg. */
    static byte[] photo(String name) throws IOException {
        return Files.readAllBytes(Paths.get("pynet_bokeh/photos", name + ".jpg"));
    }

    static String status(Activity activity) {
        return ((TextView) activity.findViewById(R.id.status)).getText().toString();
    }

    /** The activity's pixels. */
    static Bitmap drawn(Activity activity) {
        View whole = activity.getWindow().getDecorView();
        Bitmap bitmap = Bitmap.createBitmap(whole.getWidth(), whole.getHeight(), Bitmap.Config.ARGB_8888);
        whole.draw(new Canvas(bitmap));
        return bitmap;
    }

    /** Writes them where the property {@code screens} says, if it does. */
    static void keep(Activity activity, String name) throws IOException {
        String folder = System.getProperty("screens");
        if (folder != null) {
            Path path = Paths.get(folder);
            Files.createDirectories(path);
            try (OutputStream out = new FileOutputStream(new File(folder, name + ".png"))) {
                drawn(activity).compress(Bitmap.CompressFormat.PNG, 100, out);
            }
        }
    }
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.app.ActivityManager;
import android.content.Context;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.graphics.Rect;
import android.net.Uri;
import android.os.Looper;
import android.view.MotionEvent;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ScrollView;
import android.widget.SeekBar;
import android.widget.TextView;
import io.github.pynetbokeh.demo.R;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.zip.CRC32;
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
                throw new AssertionError("still " + session().work() + ": " + session().status.message);
            }
        } while (session().work() != Session.Work.NONE);
        shadowOf(Looper.getMainLooper()).idle();
    }

    /** A picture that another app lends. */
    static Uri lend(byte[] content) {
        return lend(new ByteArrayInputStream(content));
    }

    static Uri lend(InputStream content) {
        Uri uri = Uri.parse("content://gallery/picture");
        shadowOf(app().getContentResolver()).registerInputStream(uri, content);
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

    /** A short touch at a place of the picture, in shares of its width and height. */
    static void tap(Activity activity, float x, float y) throws InterruptedException {
        touch(activity, MotionEvent.ACTION_DOWN, x, y);
        touch(activity, MotionEvent.ACTION_UP, x, y);
        settle();
    }

    /** A finger that moves over the picture. */
    static void drag(Activity activity, float x0, float y0, float x1, float y1) {
        touch(activity, MotionEvent.ACTION_DOWN, x0, y0);
        for (int step = 1; step <= 10; step++) {
            float share = step / 10f;
            touch(activity, MotionEvent.ACTION_MOVE, x0 + share * (x1 - x0), y0 + share * (y1 - y0));
        }
        touch(activity, MotionEvent.ACTION_UP, x1, y1);
        shadowOf(Looper.getMainLooper()).idle();
    }

    /** A finger that stays. */
    static void press(Activity activity, float x, float y) {
        touch(activity, MotionEvent.ACTION_DOWN, x, y);
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(1));
    }

    static void release(Activity activity, float x, float y) {
        touch(activity, MotionEvent.ACTION_UP, x, y);
    }

    private static void touch(Activity activity, int action, float x, float y) {
        View view = activity.findViewById(R.id.picture);
        drawn(activity); // where the picture lies is known once it was drawn
        Bitmap picture = session().original();
        float scale = Math.min(
                view.getWidth() / (float) picture.getWidth(), view.getHeight() / (float) picture.getHeight());
        float left = (view.getWidth() - picture.getWidth() * scale) / 2 + x * picture.getWidth() * scale;
        float top = (view.getHeight() - picture.getHeight() * scale) / 2 + y * picture.getHeight() * scale;
        MotionEvent event = MotionEvent.obtain(0, 0, action, left, top, 0);
        view.dispatchTouchEvent(event);
        event.recycle();
    }

    /** A PNG that says it has this size, and ends soon. */
    static byte[] pngHeader(int width, int height) {
        ByteBuffer content = ByteBuffer.allocate(8 + 12 + 13 + 12 + 16);
        content.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0});
        chunk(content, "IHDR", header.array());
        chunk(content, "IDAT", new byte[16]);
        return content.array();
    }

    private static void chunk(ByteBuffer into, String name, byte[] data) {
        into.putInt(data.length);
        int start = into.position();
        into.put(name.getBytes(StandardCharsets.US_ASCII)).put(data);
        CRC32 checksum = new CRC32();
        checksum.update(into.array(), start, 4 + data.length);
        into.putInt((int) checksum.getValue());
    }

    /** Whatever can be touched says what it is, is large enough for a finger, and lies on the screen. */
    static void checkAccessibility(Activity activity) {
        float unit = activity.getResources().getDisplayMetrics().density;
        check(activity.findViewById(android.R.id.content), unit, false);
    }

    private static void check(View view, float unit, boolean scrolls) {
        if (view.getVisibility() != View.VISIBLE) {
            return;
        }
        if (view instanceof ViewGroup) {
            ViewGroup group = (ViewGroup) view;
            for (int i = 0; i < group.getChildCount(); i++) {
                check(group.getChildAt(i), unit, scrolls || view instanceof ScrollView);
            }
            return;
        }
        if (!view.isClickable() && !(view instanceof SeekBar)) {
            return;
        }
        String name = view.getClass().getSimpleName() + " "
                + (view.getId() > 0 ? view.getResources().getResourceEntryName(view.getId()) : "");
        CharSequence text = view instanceof TextView ? ((TextView) view).getText() : null;
        if (text instanceof String && ((String) text).isEmpty() || text == null) {
            text = view.getContentDescription();
        }
        assertTrue(name + " says nothing", text != null && text.length() > 0);
        assertTrue(name + " is " + view.getWidth() + "x" + view.getHeight(),
                view.getHeight() >= 48 * unit && view.getWidth() >= 48 * unit);
        Rect seen = new Rect();
        boolean inside = view.getLocalVisibleRect(seen)
                && seen.width() == view.getWidth() && seen.height() == view.getHeight();
        assertTrue(name + " is cut off: " + seen, scrolls || inside);
    }
}

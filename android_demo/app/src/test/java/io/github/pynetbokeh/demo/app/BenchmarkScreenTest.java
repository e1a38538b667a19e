package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.Intent;
import android.net.Uri;
import android.os.Looper;
import android.view.View;
import android.widget.CheckBox;
import android.widget.EditText;
import android.widget.TextView;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.Json;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** The benchmark's screen, and what adb starts and reads. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class, qualifiers = "w411dp-h891dp-port-hdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class BenchmarkScreenTest {
    @Test
    public void extrasStartItAndAFileHasTheResult() throws Exception {
        Intent intent = new Intent()
                .putExtra("backends", "cpu,builtin,gpu")
                .putExtra("threads", 2)
                .putExtra("warmup", "1")
                .putExtra("runs", 3)
                .putExtra("file", "phone.json");
        BenchmarkActivity activity = finished(Robolectric.buildActivity(BenchmarkActivity.class, intent).setup());
        Map<?, ?> result = read("phone.json");
        List<String> kernels = new ArrayList<>();
        for (Object one : (List<?>) result.get("measurements")) {
            Map<?, ?> measured = (Map<?, ?>) one;
            Map<?, ?> setting = (Map<?, ?>) measured.get("setting");
            kernels.add(setting.get("kernels") + " " + ((Double) setting.get("threads")).intValue());
            assertEquals(3, ((List<?>) ((Map<?, ?>) measured.get("latency")).get("samples_ms")).size());
        }
        assertEquals(Arrays.asList("xnnpack 2", "builtin 2"), kernels);
        assertEquals("this machine has no GPU library", 1, ((List<?>) result.get("failures")).size());
        assertEquals(35.0, ((Map<?, ?>) result.get("device")).get("sdk"));
        String shown = ((TextView) activity.findViewById(R.id.results)).getText().toString();
        assertTrue(shown, shown.contains("median") && shown.contains("XNNPACK") && shown.contains("GPU can't be used"));
        assertTrue(Screen.status(activity), Screen.status(activity).endsWith("phone.json"));

        shadowOf(activity).clickMenuItem(R.id.share);
        Intent send = shadowOf(activity).getNextStartedActivity().getParcelableExtra(Intent.EXTRA_INTENT, Intent.class);
        Uri uri = send.getParcelableExtra(Intent.EXTRA_STREAM, Uri.class);
        assertEquals("application/json", activity.getContentResolver().getType(uri));
        try (InputStream in = activity.getContentResolver().openInputStream(uri)) {
            assertEquals(text("phone.json"), new String(Files.readAll(in), StandardCharsets.UTF_8));
        }
    }

    @Test
    public void whatIsWrongStandsInTheFile() throws Exception {
        String[][] wrong = {
            {"tpu", "2", "a.json", "xnnpack, builtin, gpu or nnapi"},
            {"cpu", "0", "a.json", "threads: 1 to 64"},
            {"cpu", "two", "a.json", "threads: a whole number"},
            {"", "2", "a.json", "at least one backend"},
        };
        for (String[] one : wrong) {
            Intent intent = new Intent().putExtra("backends", one[0]).putExtra("threads", one[1]).putExtra("file", one[2]);
            BenchmarkActivity activity =
                    finished(Robolectric.buildActivity(BenchmarkActivity.class, intent).setup());
            String error = (String) read(one[2]).get("error");
            assertTrue(error, error.contains(one[3]));
            assertTrue(Screen.status(activity), Screen.status(activity).contains(one[3]));
        }
    }

    @Test
    public void aFileOutsideTheFolderIsRefused() throws Exception {
        Intent intent = new Intent().putExtra("backends", "cpu").putExtra("file", "../secret.json");
        finished(Robolectric.buildActivity(BenchmarkActivity.class, intent).setup());
        assertFalse(new File(Benchmark.folder(Screen.app()).getParentFile(), "secret.json").exists());
        assertTrue(((String) read("results.json").get("error")).contains("file: a name"));
    }

    @Test
    public void theButtonsMeasureToo() throws Exception {
        BenchmarkActivity activity = Robolectric.buildActivity(BenchmarkActivity.class).setup().get();
        ((CheckBox) activity.findViewById(R.id.backend_gpu)).setChecked(false);
        ((EditText) activity.findViewById(R.id.threads)).setText("1, 2");
        ((EditText) activity.findViewById(R.id.warmup)).setText("0");
        ((EditText) activity.findViewById(R.id.runs)).setText("2");
        activity.findViewById(R.id.start).performClick();
        assertEquals(View.VISIBLE, activity.findViewById(R.id.cancel).getVisibility());
        settle();
        assertEquals(2, ((List<?>) read("results.json").get("measurements")).size());
        assertEquals(View.VISIBLE, activity.findViewById(R.id.start).getVisibility());
    }

    @Test
    @Config(qualifiers = "w360dp-h640dp-port-mdpi")
    public void aSmallPhoneHasRoomForEverything() {
        Screen.checkAccessibility(Robolectric.buildActivity(BenchmarkActivity.class).setup().get());
    }

    private static BenchmarkActivity finished(ActivityController<BenchmarkActivity> controller) throws Exception {
        settle();
        return controller.get();
    }

    private static void settle() throws Exception {
        long deadline = System.nanoTime() + 120_000_000_000L;
        do {
            Thread.sleep(5);
            shadowOf(Looper.getMainLooper()).idle();
            assertTrue("still running", System.nanoTime() < deadline);
        } while (Screen.app().benchmark().isRunning());
        shadowOf(Looper.getMainLooper()).idle();
    }

    private static Map<?, ?> read(String name) throws Exception {
        return (Map<?, ?>) Json.parse(text(name));
    }

    private static String text(String name) throws Exception {
        File file = new File(Benchmark.folder(Screen.app()), name);
        return new String(java.nio.file.Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
    }
}

package io.github.pynetbokeh.demo.app;

import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.res.AssetManager;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.TfliteEngine;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;

/** Models that can't be used: each in an .apk of its own, which the property {@code apks} has the folder of. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class)
public final class ModelTest {
    @Test
    public void theRightOneOpens() throws Exception {
        Engines engines = engines("right");
        assertNotNull(engines.on(Backend.XNNPACK));
        engines.close();
    }

    @Test
    public void noModelIsAMessage() throws Exception {
        fails("no_model", "no model");
        fails("no_sidecar", "no model");
        fails("compressed", "no model");
    }

    @Test
    public void aDamagedModelIsAMessage() throws Exception {
        fails("damaged", "damaged");
        fails("cut_off", "bytes");
        fails("no_tflite", "not a .tflite file");
    }

    @Test
    public void anotherModelsSidecarIsAMessage() throws Exception {
        fails("other_sidecar", "sidecar");
        fails("broken_sidecar", "Sidecar");
    }

    private static void fails(String apk, String said) throws Exception {
        Engines engines = engines(apk);
        DemoException error = assertThrows(apk, DemoException.class, () -> engines.on(Backend.XNNPACK));
        assertTrue(apk + ": " + error.getMessage(), error.getMessage().contains(said));
    }

    private static Engines engines(String apk) throws Exception {
        Path file = Paths.get(System.getProperty("apks"), apk + ".apk");
        AssetManager assets = AssetManager.class.getDeclaredConstructor().newInstance();
        Object cookie = AssetManager.class.getMethod("addAssetPath", String.class).invoke(assets, file.toString());
        assertTrue(file.toString(), (Integer) cookie > 0);
        return new Engines(assets, Screen.app().getResources(), TfliteEngine.OPENER);
    }
}

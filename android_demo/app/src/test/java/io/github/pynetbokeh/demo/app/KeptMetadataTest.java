package io.github.pynetbokeh.demo.app;

import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Python wrote the photos, and looks at what is made of them: with strength 0, so that the pixels stay. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 35, application = GatedApplication.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class KeptMetadataTest {
    @Test
    public void photosAreOpenedAndRendered() throws Exception {
        Screen.setFreeMemory(Screen.FREE_MEMORY);
        Robolectric.buildActivity(MainActivity.class).setup();
        Screen.session().setStrength(0);
        for (File photo : new File(System.getProperty("photos")).listFiles((folder, name) -> name.endsWith(".jpg"))) {
            Screen.session().open(Screen.lend(Files.readAllBytes(photo.toPath())));
            Screen.settle();
            Screen.session().render();
            Screen.settle();
            try (InputStream in = Screen.app().getContentResolver().openInputStream(Screen.session().renderedUri());
                    OutputStream out = new FileOutputStream(photo.getPath() + ".made")) {
                io.github.pynetbokeh.demo.app.Files.copy(in, out);
            }
        }
    }
}

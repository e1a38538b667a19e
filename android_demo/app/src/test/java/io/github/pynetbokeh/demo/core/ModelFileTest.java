package io.github.pynetbokeh.demo.core;

import static io.github.pynetbokeh.demo.core.RenderJobTest.assertMessage;
import static org.junit.Assert.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.Test;

public class ModelFileTest {
    /** SHA-256 by sha256sum. */
    private static final String HASH = "2b2f35fa8368971b0ae4ec32294c042fd0eeebd2d7afd48bb630570672d5e496";

    private static final String CONTENT = "abcdTFL3ijklmnopqrst";

    private static ByteBuffer file(String content) {
        return ByteBuffer.wrap(content.getBytes(StandardCharsets.US_ASCII));
    }

    private static Sidecar sidecar() throws DemoException {
        return Sidecar.parse(SidecarTest.text().replaceFirst("[0-9a-f]{64}", HASH));
    }

    @Test
    public void theRightFilePassesAndItsPositionIsLeft() throws Exception {
        ByteBuffer file = file(CONTENT);
        file.get();
        ModelFile.check(file, sidecar());
        assertEquals(1, file.position());
    }

    @Test
    public void othersAreAMessage() throws Exception {
        Sidecar sidecar = sidecar();
        assertMessage("not a .tflite", () -> ModelFile.check(file(""), sidecar));
        assertMessage("not a .tflite", () -> ModelFile.check(file(CONTENT.replace("TFL3", "PK34")), sidecar));
        assertMessage("has 19 bytes", () -> ModelFile.check(file(CONTENT.substring(0, 19)), sidecar));
        assertMessage("damaged", () -> ModelFile.check(file(CONTENT.replace("q", "Q")), sidecar));
    }
}

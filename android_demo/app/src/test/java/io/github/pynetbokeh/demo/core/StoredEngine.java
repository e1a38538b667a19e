package io.github.pynetbokeh.demo.core;

import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.BackendReport;
import io.github.pynetbokeh.demo.engine.Engine;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;

/** An engine whose network always answers the same; it keeps what it was given. */
public final class StoredEngine implements Engine {
    public int runs;
    public Map<String, ByteBuffer> given;
    private final Sidecar sidecar;
    private final byte[] output;

    public StoredEngine(Sidecar sidecar, byte[] output) {
        this.sidecar = sidecar;
        this.output = output;
    }

    /** A network for pictures of 64x64 that answers with noise. */
    public static StoredEngine small() throws DemoException {
        byte[] output = new byte[64 * 64 * 3];
        new Random(1).nextBytes(output);
        return new StoredEngine(Sidecar.parse(SidecarTest.text()), output);
    }

    /** A photo of noise. */
    public static ArrayPixels photo(int width, int height) {
        ArrayPixels photo = new ArrayPixels(width, height);
        Random random = new Random(2);
        for (int index = 0; index < photo.argb.length; index++) {
            photo.argb[index] = random.nextInt() | 0xff000000;
        }
        return photo;
    }

    @Override
    public Sidecar sidecar() {
        return sidecar;
    }

    @Override
    public BackendReport report() {
        return new BackendReport(Backend.BUILTIN, Backend.BUILTIN, 1, null, null);
    }

    @Override
    public void run(Map<String, ByteBuffer> inputs, ByteBuffer into) {
        runs++;
        given = inputs;
        into.put(output);
    }

    @Override
    public void close() {}
}

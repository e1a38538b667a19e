package io.github.pynetbokeh.demo.app;

import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import android.content.res.Resources;
import android.os.Build;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.engine.Backend;
import io.github.pynetbokeh.demo.engine.Engine;
import io.github.pynetbokeh.demo.engine.EngineOpener;
import io.github.pynetbokeh.demo.engine.EngineOptions;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** The model in the assets, and the engine that runs it, opened once. Only for the background thread. */
public final class Engines {
    static final String MODEL = "model.tflite";
    static final String SIDECAR = "model.json";

    private final AssetManager assets;
    private final Resources texts;
    private final EngineOpener opener;
    private Engine open;
    private Backend openBackend;

    public Engines(AssetManager assets, Resources texts, EngineOpener opener) {
        this.assets = assets;
        this.texts = texts;
        this.opener = opener;
    }

    /** The engine on a backend, the one of last time where that was the same. */
    Engine on(Backend backend) throws DemoException {
        if (open == null || openBackend != backend) {
            close();
            open = opener.open(model(), Sidecar.parse(sidecarText()), options(backend, defaultThreads()));
            openBackend = backend;
        }
        return open;
    }

    /** Gives the engine's memory back. */
    void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    EngineOpener opener() {
        return opener;
    }

    /** The .tflite, mapped from the APK: no copy of it in memory. */
    ByteBuffer model() throws DemoException {
        try (AssetFileDescriptor descriptor = assets.openFd(MODEL);
                FileInputStream stream = new FileInputStream(descriptor.getFileDescriptor())) {
            return stream.getChannel()
                    .map(FileChannel.MapMode.READ_ONLY, descriptor.getStartOffset(), descriptor.getLength());
        } catch (FileNotFoundException error) { // missing, or compressed, which a build may not do
            throw new DemoException(texts.getString(R.string.no_model), error);
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.model_unreadable, error.getMessage()), error);
        }
    }

    String sidecarText() throws DemoException {
        try (InputStream in = assets.open(SIDECAR)) {
            return new String(Files.readAll(in), StandardCharsets.UTF_8);
        } catch (FileNotFoundException error) {
            throw new DemoException(texts.getString(R.string.no_model), error);
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.model_unreadable, error.getMessage()), error);
        }
    }

    static EngineOptions options(Backend backend, int threads) {
        return new EngineOptions(backend, threads, Build.VERSION.SDK_INT);
    }

    /** As many as a phone has large cores, about: small ones slow the others down. */
    static int defaultThreads() {
        return Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
    }
}

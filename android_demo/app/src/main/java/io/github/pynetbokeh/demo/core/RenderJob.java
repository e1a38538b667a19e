package io.github.pynetbokeh.demo.core;

import io.github.pynetbokeh.demo.engine.Engine;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Renders bokeh into a photo of any size: the network sees all of it at its own size, and {@link Merge} carries the
 * result to full resolution. What pynet_bokeh/render.py does with a .tflite, pixel by pixel.
 *
 * <p>Takes time and memory (about 80 bytes of the Java heap a pixel of the network's picture): not for the UI's thread.
 */
public final class RenderJob {
    /** Shares of the work that are done when the network starts, when it is through, and when merging starts. */
    static final float NETWORK = 0.1f;

    static final float NETWORK_DONE = 0.5f;
    static final float MERGING = 0.6f;

    private static final int NEUTRAL = 128; // map value that says nothing: the network finds the subject itself
    private static final double ASPECT = 0.02; // by which a map may be off the shape of its photo

    private final Engine engine;
    private final Sidecar sidecar;

    public RenderJob(Engine engine) {
        this.engine = engine;
        this.sidecar = engine.sidecar();
    }

    /** The strength that the slider starts with: 0.6, or 1 for networks that aren't told. */
    public double defaultStrength() {
        return sidecar.strength == null ? 1.0 : Opening.DEFAULT;
    }

    /**
     * Renders {@code photo} into {@code into}, which has its size and may be the same.
     *
     * @param map [h,w,1] of 0…255 in the photo's shape, any size: 255 the subject (or near, of depth); null lets the
     *     network find the subject itself
     * @param strength 0 the photo itself, 1 the lens wide open
     * @throws CancelledException after {@code progress} said so; {@code into} may be half-written then
     * @throws DemoException for a map of another shape or none wanted, or a network that fails
     */
    public void render(Pixels photo, Picture map, double strength, Pixels into, Progress progress)
            throws DemoException {
        ImageLimits.check(photo.width(), photo.height());
        if (into.width() != photo.width() || into.height() != photo.height()) {
            throw new IllegalArgumentException("into: the photo's size is wanted");
        }
        if (!(strength >= 0 && strength <= 1)) {
            throw new DemoException("Strength: 0 to 1 is allowed; received " + strength + ".");
        }
        if (map != null) {
            checkMap(photo, map);
        }
        if (strength == 0) {
            copy(photo, into, progress);
            return;
        }
        progress.report(0, "shrinking");
        Frame frame = new Frame(sidecar, photo.height(), photo.width());
        Picture before = Resize.photo(photo, frame.contentHeight, frame.contentWidth).toUnit();
        checkCancelled(progress);
        Map<String, ByteBuffer> inputs = inputs(frame, before, map, strength);
        checkCancelled(progress);
        progress.report(NETWORK, "network");
        ByteBuffer output = sidecar.output.allocate();
        engine.run(inputs, output);
        checkCancelled(progress);
        progress.report(NETWORK_DONE, "detail");
        Picture after =
                frame.content(new Picture(frame.height, frame.width, 3, sidecar.output.unpackClipped(output)));
        if (sidecar.inputScale > 1 && !after.hasSize(photo.height(), photo.width())) {
            // What is finer than the network's input can't tell what it kept: judge, and merge, at the input's size.
            int height = frame.contentHeight / sidecar.inputScale;
            int width = frame.contentWidth / sidecar.inputScale;
            before = Resize.shrunk(before, height, width);
            after = Resize.shrunk(after, height, width);
        }
        Merge.render(photo, before, after, sidecar.strength == null ? (float) strength : 1f, into, progress);
        progress.report(1, "done");
    }

    /** What the network is given, by its inputs' names. */
    private Map<String, ByteBuffer> inputs(Frame frame, Picture before, Picture map, double strength) {
        Map<String, ByteBuffer> packed = new LinkedHashMap<>();
        packed.put(sidecar.image.name, packed(sidecar.image, seen(frame, before)));
        if (sidecar.map != null) {
            Picture given =
                    map == null
                            ? Picture.filled(frame.contentHeight, frame.contentWidth, 1, NEUTRAL)
                            : Resize.map(map, frame.contentHeight, frame.contentWidth);
            packed.put(sidecar.map.name, packed(sidecar.map, seen(frame, given.toUnit())));
        }
        if (sidecar.strength != null) {
            float told = Opening.networkStrength(strength, frame.contentHeight, frame.contentWidth);
            packed.put(sidecar.strength.name, packed(sidecar.strength, Picture.filled(1, 1, 1, told)));
        }
        return packed;
    }

    private Picture seen(Frame frame, Picture content) {
        return Resize.shrunk(frame.filled(content), sidecar.image.height(), sidecar.image.width());
    }

    private static ByteBuffer packed(TensorSpec tensor, Picture values) {
        ByteBuffer buffer = tensor.allocate();
        tensor.pack(values.data, buffer);
        return buffer;
    }

    private void checkMap(Pixels photo, Picture map) throws DemoException {
        if (sidecar.map == null) {
            throw new DemoException("This network takes no focus or depth map.");
        }
        long off = Math.abs((long) map.height * photo.width() - (long) map.width * photo.height());
        double allowed = Math.max(ASPECT * map.height * photo.width(), Math.max(photo.width(), photo.height()));
        if (off > allowed) {
            throw new DemoException(
                    "Map: " + map.width + "x" + map.height + " pixels, which is another shape than the photo's "
                            + photo.width() + "x" + photo.height() + ".");
        }
    }

    private static void copy(Pixels photo, Pixels into, Progress progress) throws CancelledException {
        int rows = Math.min(64, photo.height());
        int[] strip = new int[rows * photo.width()];
        for (int top = 0; top < photo.height(); top += rows) {
            checkCancelled(progress);
            int now = Math.min(rows, photo.height() - top);
            photo.read(top, now, strip);
            into.write(top, now, strip);
        }
        progress.report(1, "done");
    }

    static void checkCancelled(Progress progress) throws CancelledException {
        if (progress.isCancelled()) {
            throw new CancelledException();
        }
    }
}

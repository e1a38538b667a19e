package io.github.pynetbokeh.demo.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/**
 * An input or output of the network, and how its values are stored.
 *
 * <p>A real value is {@code scale · (stored − zeroPoint)}; float tensors have scale 0. The same arithmetic as
 * pynet_bokeh/runtime.py's Tensor.
 */
public final class TensorSpec {
    /** How a tensor stores a value. */
    public enum Kind {
        FLOAT32(4, 0, 0),
        UINT8(1, 0, 255),
        INT8(1, -128, 127);

        final int bytes;
        final int least;
        final int most;

        Kind(int bytes, int least, int most) {
            this.bytes = bytes;
            this.least = least;
            this.most = most;
        }
    }

    public final String name;
    /** [1, height, width, channels]. */
    private final int[] shape;

    public final Kind kind;
    public final float scale;
    public final int zeroPoint;

    public TensorSpec(String name, int[] shape, Kind kind, float scale, int zeroPoint) {
        this.name = name;
        this.shape = shape.clone();
        this.kind = kind;
        this.scale = scale;
        this.zeroPoint = zeroPoint;
    }

    public int height() {
        return shape[1];
    }

    public int width() {
        return shape[2];
    }

    public int channels() {
        return shape[3];
    }

    public int[] shape() {
        return shape.clone();
    }

    /** Number of values. */
    public int size() {
        return shape[1] * shape[2] * shape[3];
    }

    /** A direct buffer of the tensor's size in the machine's byte order, as TFLite wants it. */
    public ByteBuffer allocate() {
        return ByteBuffer.allocateDirect(size() * kind.bytes).order(ByteOrder.nativeOrder());
    }

    /** Stores real values, rounded to the nearest step (ties to even) and saturated, from the start of the buffer. */
    public void pack(float[] values, ByteBuffer into) {
        if (values.length != size()) {
            throw new IllegalArgumentException(name + ": " + size() + " values are wanted; received " + values.length);
        }
        Buffers.clear(into);
        if (kind == Kind.FLOAT32) {
            into.asFloatBuffer().put(values);
        } else {
            for (float value : values) {
                into.put(stored(value));
            }
        }
        Buffers.rewind(into);
    }

    private byte stored(float value) {
        double step = (double) (float) Math.rint(value / scale) + zeroPoint;
        return (byte) (int) Math.max(kind.least, Math.min(kind.most, step));
    }

    /**
     * Reads real values, clipped to [0, 1].
     *
     * @throws DemoException when one is infinite or no number, as when a network overflows half precision
     */
    public float[] unpackClipped(ByteBuffer from) throws DemoException {
        float[] values = new float[size()];
        Buffers.rewind(from);
        if (kind == Kind.FLOAT32) {
            from.asFloatBuffer().get(values);
        } else {
            float[] real = realValues();
            for (int index = 0; index < values.length; index++) {
                values[index] = real[from.get() & 0xff];
            }
        }
        Buffers.rewind(from);
        for (int index = 0; index < values.length; index++) {
            float value = values[index];
            if (Float.isNaN(value) || Float.isInfinite(value)) {
                throw new DemoException(
                        "The network's picture holds values that are no numbers; try another backend.");
            }
            values[index] = Math.max(0f, Math.min(1f, value));
        }
        return values;
    }

    private float[] realValues() {
        float[] real = new float[256];
        for (int stored = kind.least; stored <= kind.most; stored++) {
            real[stored & 0xff] = ((float) stored - zeroPoint) * scale;
        }
        return real;
    }

    @Override
    public String toString() {
        return name + " " + kind.name().toLowerCase(Locale.ROOT) + " " + Arrays.toString(shape);
    }
}

package io.github.pynetbokeh.demo.core;

import static io.github.pynetbokeh.demo.core.RenderJobTest.assertMessage;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.ByteBuffer;
import org.junit.Test;

public class TensorSpecTest {
    private static TensorSpec row(int size, TensorSpec.Kind kind, float scale, int zeroPoint) {
        return new TensorSpec("t", new int[] {1, 1, size, 1}, kind, scale, zeroPoint);
    }

    private static byte[] packed(TensorSpec tensor, float... values) {
        ByteBuffer buffer = tensor.allocate();
        tensor.pack(values, buffer);
        assertEquals(0, buffer.position());
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Test
    public void halvesGoToTheEvenStepAndTheRestSaturates() {
        TensorSpec tensor = row(7, TensorSpec.Kind.UINT8, 0.5f, 10);
        byte[] expected = {10, 10, 12, 12, 0, (byte) 255, 9};
        assertArrayEquals(expected, packed(tensor, 0, 0.25f, 0.75f, 1.25f, -100, 1000, -0.5f));
    }

    @Test
    public void int8HasItsOwnLimits() {
        TensorSpec tensor = row(3, TensorSpec.Kind.INT8, 1 / 255f, -128);
        assertArrayEquals(new byte[] {-128, 127, 0}, packed(tensor, -1, 1, 128 / 255f));
    }

    @Test
    public void everyStoredValueComesBack() throws Exception {
        for (TensorSpec.Kind kind : new TensorSpec.Kind[] {TensorSpec.Kind.UINT8, TensorSpec.Kind.INT8}) {
            TensorSpec tensor = row(256, kind, 1 / 255f, kind == TensorSpec.Kind.INT8 ? -128 : 0);
            ByteBuffer buffer = tensor.allocate();
            for (int index = 0; index < 256; index++) {
                buffer.put(index, (byte) (index + tensor.zeroPoint));
            }
            float[] real = tensor.unpackClipped(buffer);
            for (int index = 0; index < 256; index++) {
                assertEquals(index / 255f, real[index], 1e-6);
            }
            ByteBuffer again = tensor.allocate();
            tensor.pack(real, again);
            assertEquals(buffer, again);
        }
    }

    @Test
    public void outputsAreClipped() throws Exception {
        TensorSpec tensor = row(3, TensorSpec.Kind.FLOAT32, 0, 0);
        ByteBuffer buffer = tensor.allocate();
        tensor.pack(new float[] {-0.5f, 0.3f, 1.5f}, buffer);
        assertArrayEquals(new float[] {0, 0.3f, 1}, tensor.unpackClipped(buffer), 0);
    }

    @Test
    public void noNumbersAreAMessage() {
        TensorSpec tensor = row(1, TensorSpec.Kind.FLOAT32, 0, 0);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            ByteBuffer buffer = tensor.allocate();
            tensor.pack(new float[] {bad}, buffer);
            assertMessage("no numbers", () -> tensor.unpackClipped(buffer));
        }
    }

    @Test
    public void buffersAreDirectAndOfOneSize() {
        assertTrue(row(3, TensorSpec.Kind.UINT8, 1, 0).allocate().isDirect());
        assertEquals(12, row(3, TensorSpec.Kind.FLOAT32, 0, 0).allocate().capacity());
        TensorSpec tensor = row(3, TensorSpec.Kind.UINT8, 1, 0);
        assertThrows(IllegalArgumentException.class, () -> tensor.pack(new float[2], tensor.allocate()));
    }
}

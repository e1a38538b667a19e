package io.github.pynetbokeh.demo.bench;

import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.core.TensorSpec;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Pictures of noise for measuring: floats in [0,1), or the whole range of 8 bits; the same ones every time. */
final class RandomInputs {
    private RandomInputs() {}

    static Map<String, ByteBuffer> of(Sidecar sidecar) {
        Random random = new Random(0);
        Map<String, ByteBuffer> inputs = new LinkedHashMap<>();
        for (TensorSpec tensor : sidecar.inputs()) {
            ByteBuffer buffer = tensor.allocate();
            for (int index = 0; index < tensor.size(); index++) {
                if (tensor.kind == TensorSpec.Kind.FLOAT32) {
                    buffer.putFloat(4 * index, random.nextFloat());
                } else {
                    buffer.put(index, (byte) random.nextInt(256));
                }
            }
            inputs.put(tensor.name, buffer);
        }
        return inputs;
    }
}

package io.github.pynetbokeh.demo.core;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Whether a .tflite is the one its sidecar describes. Native code never sees another: a damaged one could crash it. */
public final class ModelFile {
    private static final byte[] IDENTIFIER = {'T', 'F', 'L', '3'}; // bytes 4 to 8 of every .tflite

    private ModelFile() {}

    /** Reads all of {@code model}, whose position is left alone; the message of the exception says what is wrong. */
    public static void check(ByteBuffer model, Sidecar sidecar) throws DemoException {
        ByteBuffer content = model.duplicate();
        Buffers.rewind(content);
        for (int index = 0; index < IDENTIFIER.length; index++) {
            if (content.limit() < 8 || content.get(4 + index) != IDENTIFIER[index]) {
                throw new DemoException(sidecar.file + ": not a .tflite file.");
            }
        }
        if (content.limit() != sidecar.bytes) {
            throw new DemoException(
                    sidecar.file + ": has " + content.limit() + " bytes, its sidecar says " + sidecar.bytes
                            + "; the two don't belong together.");
        }
        if (!sha256(content).equals(sidecar.sha256)) {
            throw new DemoException(
                    sidecar.file + ": damaged, or another model's sidecar beside it (SHA-256 differs).");
        }
    }

    private static String sha256(ByteBuffer content) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every Java and every Android has it
        }
        digest.update(content);
        StringBuilder text = new StringBuilder();
        for (byte one : digest.digest()) {
            text.append(Character.forDigit(one >> 4 & 15, 16)).append(Character.forDigit(one & 15, 16));
        }
        return text.toString();
    }
}

package io.github.pynetbokeh.demo.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the .json beside a .tflite says of the model, checked: any exported model that passes can be used.
 *
 * <p>Read are format, file, bytes, sha256, network, quantization, picture_size, input_scale, inputs and output. Other
 * names are passed over, so a sidecar with more in it can be read.
 */
public final class Sidecar {
    /** Written by export/artifact.py. */
    public static final int FORMAT = 2;

    private static final long MOST_VALUES = 3L * 8192 * 8192; // of a tensor, so that its bytes can be counted by an int

    public final String file;
    public final long bytes;
    /** Of the .tflite, hexadecimal, lower case. */
    public final String sha256;

    public final String network;
    public final String quantization;
    /** Size of the picture that comes out, divided by that of the input. */
    public final int inputScale;
    /** [1,h,w,3]. */
    public final TensorSpec image;
    /** [1,h,w,1], {@code focus} or {@code depth}; null where the network takes no map. */
    public final TensorSpec map;
    /** [1,1,1,1]; null where the network isn't told how wide the lens is open. */
    public final TensorSpec strength;
    /** [1,H,W,3]. */
    public final TensorSpec output;

    private Sidecar(Map<?, ?> content) throws DemoException {
        double format = number(content, "format");
        if (format != FORMAT) {
            throw new DemoException("Sidecar: format " + FORMAT + " is read; received " + format + ".");
        }
        file = text(content, "file");
        bytes = (long) number(content, "bytes");
        sha256 = text(content, "sha256");
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new DemoException("Sidecar: sha256: 64 hexadecimal digits are wanted; received " + sha256 + ".");
        }
        network = text(content, "network");
        quantization = text(content, "quantization");
        inputScale = whole(content, "input_scale", 1, 64);

        TensorSpec foundImage = null;
        TensorSpec foundMap = null;
        TensorSpec foundStrength = null;
        for (TensorSpec tensor : tensors(content, "inputs")) {
            if (tensor.channels() == 3 && foundImage == null) {
                foundImage = tensor;
            } else if (tensor.size() == 1 && foundStrength == null) {
                foundStrength = tensor;
            } else if (tensor.channels() == 1 && tensor.size() > 1 && foundMap == null) {
                foundMap = tensor;
            } else {
                throw new DemoException("Sidecar: inputs: " + tensor + " is none that the app can fill.");
            }
        }
        List<TensorSpec> outputs = tensors(content, "output");
        if (foundImage == null || outputs.size() != 1 || outputs.get(0).channels() != 3) {
            throw new DemoException("Sidecar: one image [1,h,w,3] in and one picture [1,H,W,3] out are wanted.");
        }
        image = foundImage;
        map = foundMap;
        strength = foundStrength;
        output = outputs.get(0);
        if (map != null && (map.height() != image.height() || map.width() != image.width())) {
            throw new DemoException("Sidecar: " + map + " hasn't the size of " + image + ".");
        }
        Map<?, ?> picture = object(content, "picture_size");
        if (output.height() != image.height() * inputScale
                || output.width() != image.width() * inputScale
                || output.height() != whole(picture, "height", 1, 8192)
                || output.width() != whole(picture, "width", 1, 8192)) {
            throw new DemoException(
                    "Sidecar: " + output + " is not " + image + " times " + inputScale + ", or not the picture_size;"
                            + " a coarse level's model can't render photos.");
        }
    }

    /** Reads a sidecar's text. */
    public static Sidecar parse(String text) throws DemoException {
        Object content;
        try {
            content = Json.parse(text);
        } catch (DemoException error) {
            throw new DemoException("Sidecar: " + error.getMessage() + ".", error);
        }
        if (!(content instanceof Map)) {
            throw new DemoException("Sidecar: a JSON object is wanted.");
        }
        return new Sidecar((Map<?, ?>) content);
    }

    /** The inputs that there are: image, map, strength. */
    public List<TensorSpec> inputs() {
        List<TensorSpec> found = new ArrayList<>();
        for (TensorSpec tensor : new TensorSpec[] {image, map, strength}) {
            if (tensor != null) {
                found.add(tensor);
            }
        }
        return Collections.unmodifiableList(found);
    }

    /** Whether the map is one of focus: white on the subject. Depth maps are white near the camera. */
    public boolean takesFocus() {
        return map != null && !map.name.equals("depth");
    }

    private static List<TensorSpec> tensors(Map<?, ?> content, String group) throws DemoException {
        List<TensorSpec> found = new ArrayList<>();
        for (Map.Entry<?, ?> entry : object(content, group).entrySet()) {
            String name = entry.getKey().toString();
            if (!(entry.getValue() instanceof Map)) {
                throw wanted(group + "." + name, "an object", entry.getValue());
            }
            found.add(tensor(name, (Map<?, ?>) entry.getValue()));
        }
        return found;
    }

    private static TensorSpec tensor(String name, Map<?, ?> facts) throws DemoException {
        Object sides = facts.get("shape");
        if (!(sides instanceof List) || ((List<?>) sides).size() != 4) {
            throw wanted(name + ".shape", "four numbers", sides);
        }
        int[] shape = new int[4];
        long values = 1;
        for (int index = 0; index < 4; index++) {
            Object side = ((List<?>) sides).get(index);
            if (!(side instanceof Double) || (Double) side < 1 || (Double) side != Math.rint((Double) side)) {
                throw wanted(name + ".shape", "sizes of 1 and more", sides);
            }
            shape[index] = (int) Math.min((Double) side, Integer.MAX_VALUE);
            values = Math.min(values * shape[index], MOST_VALUES + 1);
        }
        if (shape[0] != 1 || values > MOST_VALUES) {
            throw wanted(name + ".shape", "one picture of at most 8192x8192", sides);
        }
        TensorSpec.Kind kind = kind(name, facts.get("dtype"));
        if (kind == TensorSpec.Kind.FLOAT32) {
            return new TensorSpec(name, shape, kind, 0, 0);
        }
        Map<?, ?> quantization = object(facts, "quantization");
        float scale = (float) number(quantization, "scale");
        if (!(scale > 0)) {
            throw wanted(name + ".quantization.scale", "a number above 0", scale);
        }
        return new TensorSpec(name, shape, kind, scale, whole(quantization, "zero_point", kind.least, kind.most));
    }

    private static TensorSpec.Kind kind(String name, Object dtype) throws DemoException {
        for (TensorSpec.Kind kind : TensorSpec.Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(dtype)) {
                return kind;
            }
        }
        throw wanted(name + ".dtype", "float32, uint8 or int8", dtype);
    }

    private static Map<?, ?> object(Map<?, ?> content, String name) throws DemoException {
        Object value = content.get(name);
        if (!(value instanceof Map)) {
            throw wanted(name, "an object", value);
        }
        return (Map<?, ?>) value;
    }

    private static String text(Map<?, ?> content, String name) throws DemoException {
        Object value = content.get(name);
        if (!(value instanceof String)) {
            throw wanted(name, "text", value);
        }
        return (String) value;
    }

    private static double number(Map<?, ?> content, String name) throws DemoException {
        Object value = content.get(name);
        if (!(value instanceof Double)) {
            throw wanted(name, "a number", value);
        }
        return (Double) value;
    }

    private static int whole(Map<?, ?> content, String name, int least, int most) throws DemoException {
        double value = number(content, name);
        if (value != Math.rint(value) || value < least || value > most) {
            throw wanted(name, "a whole number from " + least + " to " + most, value);
        }
        return (int) value;
    }

    private static DemoException wanted(String name, String allowed, Object received) {
        String shown = String.valueOf(received);
        shown = shown.length() > 60 ? shown.substring(0, 60) + "…" : shown;
        return new DemoException("Sidecar: " + name + ": " + allowed + " is wanted; received " + shown + ".");
    }
}

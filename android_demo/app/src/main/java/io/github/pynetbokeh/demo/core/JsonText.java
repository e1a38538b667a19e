package io.github.pynetbokeh.demo.core;

import java.util.Locale;
import java.util.Map;

/** Writes JSON: maps, iterables, arrays of double, strings, numbers, booleans and null, indented by two spaces. */
public final class JsonText {
    private JsonText() {}

    public static String of(Object value) {
        StringBuilder text = new StringBuilder();
        write(text, value, "\n");
        return text.append('\n').toString();
    }

    private static void write(StringBuilder text, Object value, String newline) {
        if (value == null || value instanceof Boolean) {
            text.append(value);
        } else if (value instanceof Number) {
            number(text, (Number) value);
        } else if (value instanceof Map) {
            object(text, (Map<?, ?>) value, newline);
        } else if (value instanceof double[]) {
            array(text, (double[]) value);
        } else if (value instanceof Iterable) {
            list(text, (Iterable<?>) value, newline);
        } else {
            quote(text, value.toString());
        }
    }

    private static void object(StringBuilder text, Map<?, ?> entries, String newline) {
        String inner = newline + "  ";
        String before = "{" + inner;
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            text.append(before);
            quote(text, entry.getKey().toString());
            text.append(": ");
            write(text, entry.getValue(), inner);
            before = "," + inner;
        }
        text.append(entries.isEmpty() ? "{}" : newline + "}");
    }

    private static void list(StringBuilder text, Iterable<?> values, String newline) {
        String inner = newline + "  ";
        String before = "[" + inner;
        boolean empty = true;
        for (Object value : values) {
            text.append(before);
            write(text, value, inner);
            before = "," + inner;
            empty = false;
        }
        text.append(empty ? "[]" : newline + "]");
    }

    private static void array(StringBuilder text, double[] values) {
        text.append('[');
        for (int index = 0; index < values.length; index++) {
            text.append(index == 0 ? "" : ", ");
            number(text, values[index]);
        }
        text.append(']');
    }

    private static void number(StringBuilder text, Number value) {
        double number = value.doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            text.append("null"); // JSON has no word for it
        } else {
            text.append(value);
        }
    }

    private static void quote(StringBuilder text, String value) {
        text.append('"');
        for (int index = 0; index < value.length(); index++) {
            char one = value.charAt(index);
            if (one == '"' || one == '\\') {
                text.append('\\').append(one);
            } else if (one < ' ' || Character.isSurrogate(one) || one == 0x2028 || one == 0x2029) {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) one));
            } else {
                text.append(one);
            }
        }
        text.append('"');
    }
}

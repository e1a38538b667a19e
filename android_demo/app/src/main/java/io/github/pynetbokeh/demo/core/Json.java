package io.github.pynetbokeh.demo.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) strictly: no comments, no trailing commas, no names twice, nothing behind the value.
 *
 * <p>Android has org.json, a plain JVM hasn't, and org.json takes unquoted text and trailing garbage. The sidecar is
 * all the app reads, so this is smaller than a library.
 */
public final class Json {
    private static final int DEEPEST = 100; // of nesting: a hostile file ends as a message, not as a stack overflow

    private final String text;
    private int place;

    private Json(String text) {
        this.text = text;
    }

    /**
     * An object as a {@code Map<String, Object>} in the file's order, an array as a {@code List<Object>}, else a
     * String, Double, Boolean or null.
     */
    public static Object parse(String text) throws DemoException {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.place < text.length()) {
            throw json.error("nothing may follow");
        }
        return value;
    }

    private Object value(int depth) throws DemoException {
        if (depth > DEEPEST) {
            throw error("at most " + DEEPEST + " levels of nesting are read");
        }
        space();
        char first = peek();
        if (first == '{') {
            return object(depth);
        }
        if (first == '[') {
            return array(depth);
        }
        if (first == '"') {
            return string();
        }
        if (first == '-' || isDigit(first)) {
            return number();
        }
        if (word("true")) {
            return Boolean.TRUE;
        }
        if (word("false")) {
            return Boolean.FALSE;
        }
        if (word("null")) {
            return null;
        }
        throw error("a value is wanted");
    }

    private Map<String, Object> object(int depth) throws DemoException {
        Map<String, Object> found = new LinkedHashMap<>();
        place++;
        space();
        if (peek() == '}') {
            place++;
            return found;
        }
        while (true) {
            space();
            if (peek() != '"') {
                throw error("a name in quotes is wanted");
            }
            String name = string();
            if (found.containsKey(name)) {
                throw error("the name \"" + name + "\" is there twice");
            }
            space();
            take(':');
            found.put(name, value(depth + 1));
            space();
            if (peek() == '}') {
                place++;
                return found;
            }
            take(',');
        }
    }

    private List<Object> array(int depth) throws DemoException {
        List<Object> found = new ArrayList<>();
        place++;
        space();
        if (peek() == ']') {
            place++;
            return found;
        }
        while (true) {
            found.add(value(depth + 1));
            space();
            if (peek() == ']') {
                place++;
                return found;
            }
            take(',');
        }
    }

    private String string() throws DemoException {
        StringBuilder found = new StringBuilder();
        place++;
        while (true) {
            char one = next();
            if (one == '"') {
                return found.toString();
            }
            if (one < ' ') {
                place--;
                throw error("a control character in quotes has to be escaped");
            }
            found.append(one == '\\' ? escaped() : one);
        }
    }

    private char escaped() throws DemoException {
        char one = next();
        switch (one) {
            case '"':
            case '\\':
            case '/':
                return one;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                int code = 0;
                for (int digit = 0; digit < 4; digit++) {
                    int value = Character.digit(next(), 16);
                    if (value < 0) {
                        throw error("four hexadecimal digits are wanted");
                    }
                    code = code * 16 + value;
                }
                return (char) code;
            default:
                throw error("no such escape");
        }
    }

    private Double number() throws DemoException {
        int start = place;
        if (peek() == '-') {
            place++;
        }
        if (peek() == '0') {
            place++;
        } else {
            digits();
        }
        if (peek() == '.') {
            place++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            place++;
            if (peek() == '+' || peek() == '-') {
                place++;
            }
            digits();
        }
        return Double.valueOf(text.substring(start, place));
    }

    private void digits() throws DemoException {
        if (!isDigit(peek())) {
            throw error("a digit is wanted");
        }
        while (isDigit(peek())) {
            place++;
        }
    }

    private boolean word(String wanted) {
        if (!text.startsWith(wanted, place)) {
            return false;
        }
        place += wanted.length();
        return true;
    }

    private void space() {
        while (place < text.length() && " \t\r\n".indexOf(text.charAt(place)) >= 0) {
            place++;
        }
    }

    private void take(char wanted) throws DemoException {
        if (peek() != wanted) {
            throw error("'" + wanted + "' is wanted");
        }
        place++;
    }

    private char next() throws DemoException {
        if (place >= text.length()) {
            throw error("a closing quote is wanted");
        }
        return text.charAt(place++);
    }

    /** The next character, or 0 at the end, which no rule wants. */
    private char peek() {
        return place < text.length() ? text.charAt(place) : 0;
    }

    private static boolean isDigit(char one) {
        return one >= '0' && one <= '9';
    }

    private DemoException error(String wanted) {
        int line = 1;
        for (int before = 0; before < Math.min(place, text.length()); before++) {
            line += text.charAt(before) == '\n' ? 1 : 0;
        }
        return new DemoException("not JSON, line " + line + ": " + wanted);
    }
}

package io.github.pynetbokeh.demo.core;

/** What went wrong, in one line for the person who uses the app. */
public class DemoException extends Exception {
    private static final long serialVersionUID = 1;

    public DemoException(String message) {
        super(message);
    }

    public DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}

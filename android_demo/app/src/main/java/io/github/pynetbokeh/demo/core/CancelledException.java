package io.github.pynetbokeh.demo.core;

/** The person who uses the app asked to stop; nothing is wrong. */
public final class CancelledException extends DemoException {
    private static final long serialVersionUID = 1;

    public CancelledException() {
        super("Cancelled.");
    }
}

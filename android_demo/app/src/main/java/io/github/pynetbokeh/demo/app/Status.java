package io.github.pynetbokeh.demo.app;

/**
 * What goes on in a line and a percentage, and the activity that shows it: activities come and go (a rotation makes a
 * new one). All methods belong to the main thread.
 */
final class Status {
    /** An activity that shows it. */
    interface Listener {
        /** Something changed; look again. */
        void onStatusChanged();
    }

    /** One line on what is, or what went wrong. */
    String message;

    /** Of the work that goes on, 0 to 100. */
    int percent;

    private Listener listener;

    Status(String message) {
        this.message = message;
    }

    /** From now on it is this one that is told. */
    void attach(Listener listener) {
        this.listener = listener;
        listener.onStatusChanged();
    }

    /** Nothing happens when another one came meanwhile. */
    void detach(Listener listener) {
        if (this.listener == listener) {
            this.listener = null;
        }
    }

    void say(String message) {
        this.message = message;
        changed();
    }

    void changed() {
        if (listener != null) {
            listener.onStatusChanged();
        }
    }
}

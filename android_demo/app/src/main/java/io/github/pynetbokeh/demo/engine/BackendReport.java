package io.github.pynetbokeh.demo.engine;

/** What was asked for, what runs, and why. */
public final class BackendReport {
    public final Backend asked;
    public final Backend running;
    /** Of the CPU; delegates take care of their own. */
    public final int threads;
    /** Why {@link #running} is not {@link #asked}; null when it is. */
    public final String fallback;
    /** What else the person should know, as that NNAPI is deprecated; null for nothing. */
    public final String note;

    public BackendReport(Backend asked, Backend running, int threads, String fallback, String note) {
        this.asked = asked;
        this.running = running;
        this.threads = threads;
        this.fallback = fallback;
        this.note = note;
    }

    /** One line for the screen. */
    public String describe() {
        boolean cpu = running == Backend.XNNPACK || running == Backend.BUILTIN;
        String text = running.label + (cpu ? ", " + threads + (threads == 1 ? " thread" : " threads") : "");
        if (fallback != null) {
            text += "; " + asked.label + " can't be used: " + fallback;
        }
        return note == null ? text : text + "; " + note;
    }
}

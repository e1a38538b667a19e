package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.content.SharedPreferences;

/** What the user chose last, kept when the process ends. */
final class Settings {
    /** How the subject is told. */
    enum Subject {
        FOUND,
        TAP,
        PAINT
    }

    static final int DEFAULT_STRENGTH = 60; // percent, pynet_bokeh/opening.py's default

    private final SharedPreferences stored;

    Settings(Context context) {
        stored = context.getSharedPreferences("session", Context.MODE_PRIVATE);
    }

    Subject subject() {
        try {
            return Subject.valueOf(stored.getString("subject", Subject.FOUND.name()));
        } catch (IllegalArgumentException error) {
            return Subject.FOUND; // of another version
        }
    }

    void setSubject(Subject subject) {
        stored.edit().putString("subject", subject.name()).apply();
    }

    /** Percent, 0 to 100. */
    int strength() {
        return Math.max(0, Math.min(100, stored.getInt("strength", DEFAULT_STRENGTH)));
    }

    void setStrength(int percent) {
        stored.edit().putInt("strength", percent).apply();
    }

    boolean gpu() {
        return stored.getBoolean("gpu", false);
    }

    void setGpu(boolean gpu) {
        stored.edit().putBoolean("gpu", gpu).apply();
    }

    /** Whether a rendering was under way: one that the process's end cut off is begun again. */
    boolean rendering() {
        return stored.getBoolean("rendering", false);
    }

    void setRendering(boolean rendering) {
        stored.edit().putBoolean("rendering", rendering).commit();
    }
}

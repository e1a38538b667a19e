package io.github.pynetbokeh.demo.core;

/** Follows long work and may stop it. Called on the thread that works. */
public interface Progress {
    /** Told nothing, stops nothing. */
    Progress NONE =
            new Progress() {
                @Override
                public void report(float share, String step) {}

                @Override
                public boolean isCancelled() {
                    return false;
                }
            };

    /** {@code share} of the work is done, 0 to 1; {@code step} says what comes next. */
    void report(float share, String step);

    /** Asked often; after true the work ends with {@link CancelledException}. */
    boolean isCancelled();
}

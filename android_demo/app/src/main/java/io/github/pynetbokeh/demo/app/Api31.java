package io.github.pynetbokeh.demo.app;

import android.os.Build;

/** Calls that Android 12 brought; only to be reached behind a look at SDK_INT. */
final class Api31 {
    private Api31() {}

    /** The system on a chip. */
    static String processor() {
        return Build.SOC_MANUFACTURER + " " + Build.SOC_MODEL;
    }
}

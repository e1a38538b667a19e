package io.github.pynetbokeh.demo.app;

import android.graphics.Bitmap;

/** Calls that Android 14 brought; only to be reached behind a look at SDK_INT. */
final class Api34 {
    private Api34() {}

    /** Forgets where a photo is brighter on an HDR screen: what was in focus there would shine through the blur. */
    static void removeGainmap(Bitmap bitmap) {
        bitmap.setGainmap(null);
    }
}

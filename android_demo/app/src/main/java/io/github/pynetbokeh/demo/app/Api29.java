package io.github.pynetbokeh.demo.app;

import android.content.ContentResolver;
import android.content.ContentValues;
import android.net.Uri;
import android.os.PowerManager;
import android.provider.MediaStore;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;

/** Calls that Android 10 brought; only to be reached behind a look at SDK_INT. */
final class Api29 {
    private Api29() {}

    /** Puts a JPEG into the gallery, below Pictures/{@code folder}; needs no permission. */
    static void saveToGallery(ContentResolver resolver, File jpeg, String folder, String name) throws IOException {
        ContentValues values = new ContentValues();
        values.put(MediaStore.MediaColumns.DISPLAY_NAME, name);
        values.put(MediaStore.MediaColumns.MIME_TYPE, "image/jpeg");
        values.put(MediaStore.MediaColumns.RELATIVE_PATH, "Pictures/" + folder);
        values.put(MediaStore.MediaColumns.IS_PENDING, 1);
        Uri collection = MediaStore.Images.Media.getContentUri(MediaStore.VOLUME_EXTERNAL_PRIMARY);
        Uri uri = resolver.insert(collection, values);
        if (uri == null) {
            throw new IOException("the gallery takes no picture");
        }
        boolean done = false;
        try (OutputStream out = resolver.openOutputStream(uri)) {
            if (out == null) {
                throw new IOException("the gallery takes no picture");
            }
            Files.copy(jpeg, out);
            done = true;
        } finally {
            if (!done) {
                resolver.delete(uri, null, null);
            }
        }
        values.clear();
        values.put(MediaStore.MediaColumns.IS_PENDING, 0);
        resolver.update(uri, values, null, null);
    }

    /** How hot the device is, in PowerManager's words. */
    static String thermalState(PowerManager power) {
        switch (power.getCurrentThermalStatus()) {
            case PowerManager.THERMAL_STATUS_NONE:
                return "none";
            case PowerManager.THERMAL_STATUS_LIGHT:
                return "light";
            case PowerManager.THERMAL_STATUS_MODERATE:
                return "moderate";
            case PowerManager.THERMAL_STATUS_SEVERE:
                return "severe";
            case PowerManager.THERMAL_STATUS_CRITICAL:
                return "critical";
            case PowerManager.THERMAL_STATUS_EMERGENCY:
                return "emergency";
            case PowerManager.THERMAL_STATUS_SHUTDOWN:
                return "shutdown";
            default:
                return "unknown";
        }
    }
}

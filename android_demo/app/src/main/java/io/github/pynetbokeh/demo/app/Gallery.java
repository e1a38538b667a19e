package io.github.pynetbokeh.demo.app;

import android.content.Context;
import android.media.MediaScannerConnection;
import android.os.Build;
import android.os.Environment;
import java.io.File;
import java.io.IOException;
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.Locale;

/** Puts pictures where other apps look for them. */
final class Gallery {
    static final String FOLDER = "Bokeh demo";

    private Gallery() {}

    /** Whether the permission to write files is wanted first. */
    static boolean needsPermission() {
        return Build.VERSION.SDK_INT < 29;
    }

    /** A name that tells when the picture was made. */
    static String newName(Date now) {
        return "bokeh_" + new SimpleDateFormat("yyyyMMdd_HHmmss", Locale.ROOT).format(now) + ".jpg";
    }

    /** Saves a copy of {@code jpeg} and returns its path below Pictures. */
    static String save(Context context, File jpeg, String name) throws IOException {
        if (Build.VERSION.SDK_INT >= 29) {
            Api29.saveToGallery(context.getContentResolver(), jpeg, FOLDER, name);
        } else {
            saveFile(context, jpeg, name);
        }
        return FOLDER + "/" + name;
    }

    @SuppressWarnings("deprecation") // the only way before Android 10
    private static void saveFile(Context context, File jpeg, String name) throws IOException {
        File pictures = Environment.getExternalStoragePublicDirectory(Environment.DIRECTORY_PICTURES);
        File file = new File(new File(pictures, FOLDER), name);
        Files.write(file, out -> Files.copy(jpeg, out));
        MediaScannerConnection.scanFile(context, new String[] {file.getPath()}, new String[] {"image/jpeg"}, null);
    }
}

package io.github.pynetbokeh.demo.app;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.content.Context;
import android.database.Cursor;
import android.database.MatrixCursor;
import android.net.Uri;
import android.os.ParcelFileDescriptor;
import android.provider.OpenableColumns;
import java.io.File;
import java.io.FileNotFoundException;
import java.util.List;

/**
 * Lends single files to other apps: the camera writes the picture it takes, others read what is shared with them. Files
 * are those directly in {@link #folder}; a URI opens nothing to an app that wasn't granted it (the provider is not
 * exported).
 */
public final class SharedFiles extends ContentProvider {
    static final String AUTHORITY = "io.github.pynetbokeh.demo.files";

    static File folder(Context context) {
        return new File(context.getFilesDir(), "shared");
    }

    /** The URI of a file in {@link #folder}. */
    static Uri uri(File file) {
        return new Uri.Builder()
                .scheme("content")
                .authority(AUTHORITY)
                .appendPath(file.getName())
                .build();
    }

    @Override
    public boolean onCreate() {
        return true;
    }

    @Override
    public ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException {
        File file = file(uri);
        if (!file.getParentFile().isDirectory() && !file.getParentFile().mkdirs()) {
            throw new FileNotFoundException(uri.toString());
        }
        return ParcelFileDescriptor.open(file, ParcelFileDescriptor.parseMode(mode));
    }

    @Override
    public Cursor query(Uri uri, String[] projection, String selection, String[] arguments, String order) {
        String[] columns =
                projection == null ? new String[] {OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE} : projection;
        Object[] row = new Object[columns.length];
        MatrixCursor cursor = new MatrixCursor(columns, 1);
        try {
            File file = file(uri);
            for (int i = 0; i < columns.length; i++) {
                if (OpenableColumns.DISPLAY_NAME.equals(columns[i])) {
                    row[i] = file.getName();
                } else if (OpenableColumns.SIZE.equals(columns[i])) {
                    row[i] = file.length();
                }
            }
            cursor.addRow(row);
        } catch (FileNotFoundException error) {
            return cursor; // empty: no such file
        }
        return cursor;
    }

    @Override
    public String getType(Uri uri) {
        String name = uri.getLastPathSegment();
        return name != null && name.endsWith(".json") ? "application/json" : "image/jpeg";
    }

    private File file(Uri uri) throws FileNotFoundException {
        List<String> path = uri.getPathSegments();
        String name = path.size() == 1 ? path.get(0) : "";
        if (name.isEmpty() || name.startsWith(".") || name.contains("/")) { // one decoded segment may hold a slash
            throw new FileNotFoundException(uri.toString());
        }
        return new File(folder(getContext()), name);
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        throw new UnsupportedOperationException("files are only opened");
    }

    @Override
    public int delete(Uri uri, String selection, String[] arguments) {
        throw new UnsupportedOperationException("files are only opened");
    }

    @Override
    public int update(Uri uri, ContentValues values, String selection, String[] arguments) {
        throw new UnsupportedOperationException("files are only opened");
    }
}

package io.github.pynetbokeh.demo.app;

import android.content.Context;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What is being worked on, as files: it outlives the process and the permission to read another app's picture. */
final class SessionFiles {
    /** The chosen picture, byte for byte. */
    final File photo;
    /** Where the camera writes. */
    final File camera;
    /** The last rendering at full size. */
    final File rendered;

    /** A picture that comes, not yet known to be one. */
    final File incoming;

    private final File focus;

    SessionFiles(Context context) {
        File folder = new File(context.getFilesDir(), "session");
        photo = new File(folder, "photo");
        incoming = new File(folder, "incoming");
        focus = new File(folder, "focus");
        camera = new File(SharedFiles.folder(context), "camera.jpg");
        rendered = new File(SharedFiles.folder(context), "bokeh.jpg");
    }

    void discardAll() {
        Files.discard(photo);
        Files.discard(incoming);
        Files.discard(focus);
        Files.discard(rendered);
    }

    void writeIncoming(InputStream in) throws IOException {
        Files.write(incoming, out -> Files.copy(in, out));
    }

    /** Takes what came for the photo; what belonged to the one before goes first: it is of no other. */
    void accept() throws IOException {
        Files.discard(focus);
        Files.discard(rendered);
        if (!incoming.renameTo(photo)) {
            throw new IOException(photo + " can't be written");
        }
    }

    void writeFocus(FocusMap map) throws IOException {
        Files.write(focus, out -> {
            DataOutputStream data = new DataOutputStream(out);
            data.writeInt(map.width());
            data.writeInt(map.height());
            data.write(map.values());
            data.flush();
        });
    }

    /** The map that was written for the photo of this shape, an empty one where there is none. */
    FocusMap readFocus(int photoWidth, int photoHeight) {
        FocusMap empty = FocusMap.forPhoto(photoWidth, photoHeight);
        try (DataInputStream data = new DataInputStream(new BufferedInputStream(new FileInputStream(focus)))) {
            if (data.readInt() == empty.width() && data.readInt() == empty.height()) {
                data.readFully(empty.values());
            }
            return empty;
        } catch (IOException error) {
            return FocusMap.forPhoto(photoWidth, photoHeight); // none, or cut off
        }
    }
}

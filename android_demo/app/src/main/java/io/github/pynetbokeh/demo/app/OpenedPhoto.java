package io.github.pynetbokeh.demo.app;

import android.content.res.Resources;
import android.graphics.Bitmap;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import java.io.File;
import java.io.IOException;

/** The session's photo as it was read from its files: what is shown of it and what is marked. */
final class OpenedPhoto {
    /** Long side of what is shown; what is rendered has all pixels. */
    private static final int SHOWN_SIDE = 1600;

    final Photo photo;
    final Bitmap shown;
    final FocusMap focus;

    private OpenedPhoto(Photo photo, Bitmap shown, SessionFiles files) {
        this.photo = photo;
        this.shown = shown;
        this.focus = files.readFocus(photo.width, photo.height);
    }

    /** Takes the picture that came in place of the one before, unless it can't be read: then that one stays. */
    static OpenedPhoto accept(SessionFiles files, Resources texts) throws DemoException {
        try {
            Photo came = Photo.read(files.incoming, texts);
            came.checkWhole(texts);
            Bitmap shown = shown(came, texts);
            files.accept();
            return new OpenedPhoto(Photo.read(files.photo, texts), shown, files);
        } catch (IOException error) {
            throw new DemoException(texts.getString(R.string.cannot_open), error);
        } finally {
            Files.discard(files.incoming);
        }
    }

    /** What a process that ended had open. */
    static OpenedPhoto again(SessionFiles files, Resources texts) throws DemoException {
        Photo photo = Photo.read(files.photo, texts);
        return new OpenedPhoto(photo, shown(photo, texts), files);
    }

    /** A picture's file as it is shown, upright and in its own colours. */
    static Bitmap shown(File file, Resources texts) throws DemoException {
        return shown(Photo.read(file, texts), texts);
    }

    private static Bitmap shown(Photo photo, Resources texts) throws DemoException {
        Bitmap decoded = photo.decode(photo.sampleSizeShown(SHOWN_SIDE), texts);
        Bitmap shrunk = Photo.shrunk(decoded, SHOWN_SIDE);
        decoded.recycle();
        return shrunk;
    }
}

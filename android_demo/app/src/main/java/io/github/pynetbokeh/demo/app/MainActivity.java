package io.github.pynetbokeh.demo.app;

import android.Manifest;
import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.ClipData;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.net.Uri;
import android.os.Bundle;
import android.provider.MediaStore;
import android.view.Menu;
import android.view.MenuItem;
import android.view.View;
import android.widget.ProgressBar;
import android.widget.RadioGroup;
import android.widget.SeekBar;
import android.widget.TextView;
import android.widget.Toolbar;
import io.github.pynetbokeh.demo.R;

/** The one screen for pictures: shows the {@link Session} and passes on what the user does. It keeps nothing itself. */
public final class MainActivity extends Activity implements Status.Listener {
    private static final int TAKE = 1;
    private static final int CHOOSE = 2;
    private static final int SAVE = 3;

    private Session session;
    private PictureView picture;
    private TextView status;
    private ProgressBar progress;
    private RadioGroup subject;
    private View clear;
    private SeekBar strength;
    private TextView strengthValue;
    private View render;
    private View cancel;
    private View take;
    private View choose;
    private boolean menuVisible;
    private boolean menuReady;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        session = ((DemoApplication) getApplication()).session();
        session.restore(state != null);
        setContentView(R.layout.activity_main);
        Toolbar toolbar = findViewById(R.id.toolbar);
        setActionBar(toolbar);
        picture = findViewById(R.id.picture);
        status = findViewById(R.id.status);
        progress = findViewById(R.id.progress);
        subject = findViewById(R.id.subject);
        clear = findViewById(R.id.subject_clear);
        strength = findViewById(R.id.strength);
        strengthValue = findViewById(R.id.strength_value);
        render = findViewById(R.id.render);
        cancel = findViewById(R.id.cancel);
        take = findViewById(R.id.take);
        choose = findViewById(R.id.choose);

        subject.check(buttonOf(session.settings.subject()));
        subject.setOnCheckedChangeListener((group, id) -> session.setSubject(subjectOf(id)));
        strength.setProgress(session.settings.strength());
        strength.setOnSeekBarChangeListener(new StrengthListener());
        clear.setOnClickListener(view -> session.clearFocus());
        render.setOnClickListener(view -> session.render());
        cancel.setOnClickListener(view -> session.cancel());
        take.setOnClickListener(view -> takePicture());
        choose.setOnClickListener(view -> choosePicture());
        picture.setGestures(new FocusGestures());
        if (state == null && Intent.ACTION_SEND.equals(getIntent().getAction())) {
            openSent(getIntent());
        }
    }

    @Override
    protected void onStart() {
        super.onStart();
        session.status.attach(this);
    }

    @Override
    protected void onStop() {
        session.status.detach(this);
        super.onStop();
    }

    @Override
    public void onStatusChanged() {
        Session.Work work = session.work();
        boolean idle = work == Session.Work.NONE;
        boolean rendering = work == Session.Work.RENDERING;
        boolean hasPicture = session.original() != null;
        status.setText(session.status.message);
        progress.setVisibility(idle ? View.INVISIBLE : View.VISIBLE);
        progress.setIndeterminate(!rendering);
        progress.setProgress(session.status.percent);
        render.setVisibility(rendering ? View.GONE : View.VISIBLE);
        render.setEnabled(idle && hasPicture);
        cancel.setVisibility(rendering ? View.VISIBLE : View.GONE);
        take.setEnabled(idle);
        choose.setEnabled(idle);
        subject.setEnabled(idle);
        for (int i = 0; i < subject.getChildCount(); i++) {
            subject.getChildAt(i).setEnabled(idle);
        }
        strength.setEnabled(idle);
        strengthValue.setText(getString(R.string.strength_value, strength.getProgress()));

        Settings.Subject how = session.settings.subject();
        boolean marking = how != Settings.Subject.FOUND && hasPicture;
        boolean marked = marking && !session.focus().isEmpty();
        clear.setVisibility(marked && idle ? View.VISIBLE : View.INVISIBLE);
        picture.setEnabled(idle || rendering);
        picture.setPaintable(how == Settings.Subject.PAINT && idle);
        picture.setPictures(session.original(), session.rendered());
        picture.setFocusMap(marked ? session.focus() : null);
        boolean ready = session.rendered() != null && idle;
        if (ready != menuReady || hasPicture != menuVisible) { // not at every stroke
            menuReady = ready;
            menuVisible = hasPicture;
            invalidateOptionsMenu();
        }
    }

    @Override
    public boolean onCreateOptionsMenu(Menu menu) {
        getMenuInflater().inflate(R.menu.main, menu);
        return true;
    }

    @Override
    public boolean onPrepareOptionsMenu(Menu menu) {
        for (int id : new int[] {R.id.save, R.id.share}) {
            menu.findItem(id).setVisible(menuVisible).setEnabled(menuReady);
            menu.findItem(id).getIcon().mutate().setAlpha(menuReady ? 255 : 90);
        }
        menu.findItem(R.id.use_gpu).setChecked(session.settings.gpu());
        return true;
    }

    @Override
    public boolean onOptionsItemSelected(MenuItem item) {
        int id = item.getItemId();
        if (id == R.id.save) {
            save();
        } else if (id == R.id.share) {
            share();
        } else if (id == R.id.use_gpu) {
            session.settings.setGpu(!session.settings.gpu());
        } else if (id == R.id.benchmark) {
            startActivity(new Intent(this, BenchmarkActivity.class));
        } else {
            return super.onOptionsItemSelected(item);
        }
        return true;
    }

    private void takePicture() {
        Uri uri = session.cameraUri();
        Intent intent = new Intent(MediaStore.ACTION_IMAGE_CAPTURE);
        intent.putExtra(MediaStore.EXTRA_OUTPUT, uri);
        intent.setClipData(ClipData.newRawUri("", uri)); // what the grant below goes by
        intent.addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION | Intent.FLAG_GRANT_READ_URI_PERMISSION);
        start(intent, TAKE, R.string.no_camera);
    }

    private void choosePicture() {
        Intent intent = new Intent(Intent.ACTION_GET_CONTENT);
        intent.addCategory(Intent.CATEGORY_OPENABLE);
        intent.setType("image/*");
        start(intent, CHOOSE, R.string.no_chooser);
    }

    private void start(Intent intent, int request, int whenMissing) {
        try {
            startActivityForResult(intent, request);
        } catch (ActivityNotFoundException | SecurityException error) {
            session.status.say(getString(whenMissing));
        }
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        super.onActivityResult(request, result, data);
        if (result != RESULT_OK) {
            return; // the user went back
        }
        if (request == TAKE) {
            session.openCameraPicture();
        } else if (request == CHOOSE && data != null && data.getData() != null) {
            session.open(data.getData());
        } else if (request == CHOOSE) {
            session.status.say(getString(R.string.cannot_open));
        }
    }

    @SuppressWarnings("deprecation") // its successor came with API 33
    private void openSent(Intent intent) {
        Object uri = intent.getParcelableExtra(Intent.EXTRA_STREAM);
        if (uri instanceof Uri) {
            session.open((Uri) uri);
        } else {
            session.status.say(getString(R.string.cannot_open));
        }
    }

    private void save() {
        String permission = Manifest.permission.WRITE_EXTERNAL_STORAGE;
        if (Gallery.needsPermission() && checkSelfPermission(permission) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(new String[] {permission}, SAVE);
        } else {
            session.save();
        }
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        if (request == SAVE && results.length > 0 && results[0] == PackageManager.PERMISSION_GRANTED) {
            session.save();
        } else if (request == SAVE) {
            session.status.say(getString(R.string.no_permission));
        }
    }

    private void share() {
        Uri uri = session.renderedUri();
        Intent send = new Intent(Intent.ACTION_SEND);
        send.setType("image/jpeg");
        send.putExtra(Intent.EXTRA_STREAM, uri);
        send.setClipData(ClipData.newRawUri("", uri));
        send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION);
        try {
            startActivity(Intent.createChooser(send, getString(R.string.share_with)));
        } catch (ActivityNotFoundException error) {
            session.status.say(getString(R.string.nothing_to_share_with));
        }
    }

    private static int buttonOf(Settings.Subject subject) {
        switch (subject) {
            case TAP:
                return R.id.subject_tap;
            case PAINT:
                return R.id.subject_paint;
            default:
                return R.id.subject_found;
        }
    }

    private static Settings.Subject subjectOf(int button) {
        if (button == R.id.subject_tap) {
            return Settings.Subject.TAP;
        }
        return button == R.id.subject_paint ? Settings.Subject.PAINT : Settings.Subject.FOUND;
    }

    private final class StrengthListener implements SeekBar.OnSeekBarChangeListener {
        @Override
        public void onProgressChanged(SeekBar bar, int value, boolean fromUser) {
            strengthValue.setText(getString(R.string.strength_value, value));
            if (fromUser) {
                session.setStrength(value);
            }
        }

        @Override
        public void onStartTrackingTouch(SeekBar bar) {}

        @Override
        public void onStopTrackingTouch(SeekBar bar) {}
    }

    /** Marks the subject; a tap while the model is to find it begins marking by taps. */
    private final class FocusGestures implements PictureView.Gestures {
        @Override
        public void onTap(float x, float y) {
            if (session.work() != Session.Work.NONE) {
                return;
            }
            switch (session.settings.subject()) {
                case PAINT:
                    session.paint(x, y, x, y);
                    session.focusChanged();
                    break;
                case FOUND:
                    subject.check(R.id.subject_tap);
                    session.tap(x, y);
                    break;
                default:
                    session.tap(x, y);
            }
        }

        @Override
        public void onStroke(float x0, float y0, float x1, float y1) {
            session.paint(x0, y0, x1, y1);
        }

        @Override
        public void onStrokesEnd() {
            session.focusChanged();
        }
    }
}

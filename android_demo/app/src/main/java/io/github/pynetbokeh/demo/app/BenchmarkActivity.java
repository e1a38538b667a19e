package io.github.pynetbokeh.demo.app;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.ClipData;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import android.view.Menu;
import android.view.MenuItem;
import android.view.View;
import android.view.WindowManager;
import android.widget.CheckBox;
import android.widget.EditText;
import android.widget.ProgressBar;
import android.widget.TextView;
import android.widget.Toolbar;
import io.github.pynetbokeh.demo.R;
import io.github.pynetbokeh.demo.core.DemoException;
import java.io.IOException;

/**
 * The benchmark's screen, and its headless mode: an intent with the extra {@code backends} starts it at once (README.md
 * has the command), and the result, or {@code {"error": …}}, is written to the app's external files.
 */
public final class BenchmarkActivity extends Activity implements Status.Listener {
    static final String BACKENDS = "backends";
    static final String THREADS = "threads";
    static final String WARMUP = "warmup";
    static final String RUNS = "runs";
    static final String FILE = "file";

    private Benchmark benchmark;
    private View start;
    private View cancel;
    private ProgressBar progress;
    private TextView status;
    private TextView results;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        benchmark = ((DemoApplication) getApplication()).benchmark();
        setContentView(R.layout.activity_benchmark);
        Toolbar toolbar = findViewById(R.id.toolbar);
        setActionBar(toolbar);
        getActionBar().setDisplayHomeAsUpEnabled(true);
        start = findViewById(R.id.start);
        cancel = findViewById(R.id.cancel);
        progress = findViewById(R.id.progress);
        status = findViewById(R.id.status);
        results = findViewById(R.id.results);
        if (state == null) {
            field(R.id.threads).setText(String.valueOf(Engines.defaultThreads()));
            field(R.id.warmup).setText(String.valueOf(BenchmarkRequest.DEFAULT_WARMUP));
            field(R.id.runs).setText(String.valueOf(BenchmarkRequest.DEFAULT_RUNS));
            startHeadless(getIntent());
        }
        start.setOnClickListener(view -> startByFields());
        cancel.setOnClickListener(view -> benchmark.cancel());
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        startHeadless(intent);
    }

    @Override
    protected void onStart() {
        super.onStart();
        benchmark.status.attach(this);
    }

    @Override
    protected void onStop() {
        benchmark.status.detach(this);
        super.onStop();
    }

    @Override
    public void onStatusChanged() {
        boolean running = benchmark.isRunning();
        start.setVisibility(running ? View.GONE : View.VISIBLE);
        cancel.setVisibility(running ? View.VISIBLE : View.GONE);
        progress.setVisibility(running ? View.VISIBLE : View.INVISIBLE);
        progress.setProgress(benchmark.status.percent);
        status.setText(benchmark.status.message);
        results.setText(benchmark.table());
        results.setVisibility(benchmark.table().isEmpty() ? View.GONE : View.VISIBLE);
        if (running) { // a phone that goes to sleep slows down
            getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        } else {
            getWindow().clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        }
        invalidateOptionsMenu();
    }

    @Override
    public boolean onCreateOptionsMenu(Menu menu) {
        getMenuInflater().inflate(R.menu.benchmark, menu);
        return true;
    }

    @Override
    public boolean onPrepareOptionsMenu(Menu menu) {
        menu.findItem(R.id.share).setVisible(benchmark.hasResult());
        return true;
    }

    @Override
    public boolean onOptionsItemSelected(MenuItem item) {
        if (item.getItemId() == R.id.share) {
            share();
            return true;
        }
        return super.onOptionsItemSelected(item);
    }

    private void startByFields() {
        String backends = (isChecked(R.id.backend_cpu) ? "xnnpack," : "")
                + (isChecked(R.id.backend_gpu) ? "gpu," : "")
                + (isChecked(R.id.backend_nnapi) ? "nnapi" : "");
        start(backends, text(R.id.threads), text(R.id.warmup), text(R.id.runs), BenchmarkRequest.DEFAULT_FILE);
    }

    /** Starts what the extras ask for; {@code --es} and {@code --ei} are both taken for numbers. */
    private void startHeadless(Intent intent) {
        if (intent.hasExtra(BACKENDS)) {
            start(
                    extra(intent, BACKENDS, ""),
                    extra(intent, THREADS, String.valueOf(Engines.defaultThreads())),
                    extra(intent, WARMUP, String.valueOf(BenchmarkRequest.DEFAULT_WARMUP)),
                    extra(intent, RUNS, String.valueOf(BenchmarkRequest.DEFAULT_RUNS)),
                    extra(intent, FILE, BenchmarkRequest.DEFAULT_FILE));
        }
    }

    private void start(String backends, String threads, String warmup, String runs, String file) {
        try {
            benchmark.start(BenchmarkRequest.of(backends, threads, warmup, runs, file));
        } catch (DemoException error) {
            benchmark.refuse(error.getMessage(), BenchmarkRequest.fileOrDefault(file));
        }
    }

    private void share() {
        try {
            Uri uri = benchmark.shared();
            Intent send = new Intent(Intent.ACTION_SEND);
            send.setType("application/json");
            send.putExtra(Intent.EXTRA_STREAM, uri);
            send.setClipData(ClipData.newRawUri("", uri));
            send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION);
            startActivity(Intent.createChooser(send, getString(R.string.share_results)));
        } catch (IOException | ActivityNotFoundException error) {
            benchmark.status.say(getString(R.string.benchmark_failed, error.getMessage()));
        }
    }

    @SuppressWarnings("deprecation") // Bundle.get: a number or a text, as it came
    private static String extra(Intent intent, String name, String otherwise) {
        Object given = intent.getExtras() == null ? null : intent.getExtras().get(name);
        return given == null ? otherwise : String.valueOf(given);
    }

    private boolean isChecked(int id) {
        return ((CheckBox) findViewById(id)).isChecked();
    }

    private EditText field(int id) {
        return findViewById(id);
    }

    private String text(int id) {
        return field(id).getText().toString();
    }
}

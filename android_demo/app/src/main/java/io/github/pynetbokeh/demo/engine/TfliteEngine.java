package io.github.pynetbokeh.demo.engine;

import io.github.pynetbokeh.demo.core.Buffers;
import io.github.pynetbokeh.demo.core.DemoException;
import io.github.pynetbokeh.demo.core.ModelFile;
import io.github.pynetbokeh.demo.core.Sidecar;
import io.github.pynetbokeh.demo.core.TensorSpec;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tensorflow.lite.Delegate;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/**
 * TFLite's Interpreter: on the CPU, or with a delegate. Where a delegate can't be used the CPU takes over, which is
 * logged and stands in {@link #report}.
 */
public final class TfliteEngine implements Engine {
    /** Opens these. */
    public static final EngineOpener OPENER =
            new EngineOpener() {
                @Override
                public Engine open(ByteBuffer model, Sidecar sidecar, EngineOptions options) throws DemoException {
                    return TfliteEngine.open(model, sidecar, options);
                }
            };

    private static final Logger LOG = Logger.getLogger("pynet_bokeh"); // logcat shows it under this tag

    private final Sidecar sidecar;
    private final BackendReport report;
    private final Interpreter interpreter;
    private final Delegate delegate; // null on the CPU
    private final String signature; // null for a model without one
    private boolean closed;

    private TfliteEngine(
            Sidecar sidecar, BackendReport report, Interpreter interpreter, Delegate delegate, String signature) {
        this.sidecar = sidecar;
        this.report = report;
        this.interpreter = interpreter;
        this.delegate = delegate;
        this.signature = signature;
    }

    /**
     * Checks a model against its sidecar and makes it ready to run.
     *
     * @param model direct; see {@link EngineOpener#open}
     */
    public static TfliteEngine open(ByteBuffer model, Sidecar sidecar, EngineOptions options) throws DemoException {
        ModelFile.check(model, sidecar);
        if (options.backend == Backend.XNNPACK || options.backend == Backend.BUILTIN) {
            return started(
                    model,
                    sidecar,
                    new BackendReport(options.backend, options.backend, options.threads, null, null),
                    null);
        }
        String reason;
        Delegate delegate = null;
        try {
            delegate = Delegates.open(options);
            BackendReport report =
                    new BackendReport(
                            options.backend, options.backend, options.threads, null, Delegates.note(options.backend));
            return started(model, sidecar, report, delegate);
        } catch (DemoException | LinkageError error) { // LinkageError: this build lacks the delegate's library
            reason = firstLine(error);
            reason = error instanceof DemoException ? reason : "not in this build (" + reason + ")";
            close(delegate);
        }
        LOG.log(Level.WARNING, "{0} can''t be used, the CPU takes over: {1}", new Object[] {options.backend, reason});
        return started(
                model,
                sidecar,
                new BackendReport(options.backend, Backend.XNNPACK, options.threads, reason, null),
                null);
    }

    private static TfliteEngine started(ByteBuffer model, Sidecar sidecar, BackendReport report, Delegate delegate)
            throws DemoException {
        Interpreter.Options settings = new Interpreter.Options();
        settings.setNumThreads(report.threads);
        settings.setUseXNNPACK(report.running == Backend.XNNPACK);
        if (delegate != null) {
            settings.addDelegate(delegate);
        }
        Interpreter interpreter = null;
        try {
            interpreter = new Interpreter(model, settings);
            String signature = checked(interpreter, sidecar);
            interpreter.allocateTensors();
            return new TfliteEngine(sidecar, report, interpreter, delegate, signature);
        } catch (RuntimeException error) { // of TFLite: IllegalArgument, IllegalState, NullPointer …
            close(interpreter);
            throw new DemoException(sidecar.file + ": can't be run here (" + firstLine(error) + ").", error);
        } catch (LinkageError error) { // no native library for this processor
            close(interpreter);
            throw new DemoException("TFLite's library can't be loaded here (" + firstLine(error) + ").", error);
        } catch (DemoException error) {
            close(interpreter);
            throw error;
        }
    }

    /** The signature's name, after the model's inputs and output were found to be what the sidecar says. */
    private static String checked(Interpreter interpreter, Sidecar sidecar) throws DemoException {
        String[] signatures = interpreter.getSignatureKeys();
        if (signatures.length == 0) {
            throw new DemoException(sidecar.file + ": has no signature; export it by python -m export tflite.");
        }
        String signature = signatures[0];
        String[] inputs = interpreter.getSignatureInputs(signature);
        String[] outputs = interpreter.getSignatureOutputs(signature);
        if (inputs.length != sidecar.inputs().size() || outputs.length != 1) {
            throw new DemoException(
                    sidecar.file + ": has inputs " + Arrays.toString(inputs) + " and outputs "
                            + Arrays.toString(outputs) + ", its sidecar says others.");
        }
        for (TensorSpec input : sidecar.inputs()) {
            if (!Arrays.asList(inputs).contains(input.name)) {
                throw new DemoException(sidecar.file + ": has no input " + input.name + ", which its sidecar names.");
            }
            check(interpreter.getInputTensorFromSignature(input.name, signature), input, sidecar);
        }
        if (!outputs[0].equals(sidecar.output.name)) {
            throw new DemoException(sidecar.file + ": has no output " + sidecar.output.name + ".");
        }
        check(interpreter.getOutputTensorFromSignature(sidecar.output.name, signature), sidecar.output, sidecar);
        return signature;
    }

    private static void check(Tensor tensor, TensorSpec said, Sidecar sidecar) throws DemoException {
        Tensor.QuantizationParams quantization = tensor.quantizationParams();
        boolean same =
                Arrays.equals(tensor.shape(), said.shape())
                        && tensor.dataType().name().equals(said.kind.name())
                        && (said.kind == TensorSpec.Kind.FLOAT32
                                || (quantization.getScale() == said.scale
                                        && quantization.getZeroPoint() == said.zeroPoint));
        if (!same) {
            throw new DemoException(
                    sidecar.file + ": " + said.name + " is " + tensor.dataType() + " "
                            + Arrays.toString(tensor.shape()) + ", its sidecar says " + said + ".");
        }
    }

    @Override
    public Sidecar sidecar() {
        return sidecar;
    }

    @Override
    public BackendReport report() {
        return report;
    }

    @Override
    public void run(Map<String, ByteBuffer> inputs, ByteBuffer output) throws DemoException {
        if (closed) {
            throw new DemoException(sidecar.file + ": was closed.");
        }
        Map<String, Object> given = new HashMap<>();
        given.putAll(inputs);
        Map<String, Object> made = new HashMap<>();
        Buffers.clear(output);
        made.put(sidecar.output.name, output);
        try {
            interpreter.runSignature(given, made, signature);
        } catch (RuntimeException error) {
            throw new DemoException(sidecar.file + ": couldn't be run (" + firstLine(error) + ").", error);
        }
        Buffers.rewind(output);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            close(interpreter); // before its delegate
            close(delegate);
        }
    }

    private static void close(Interpreter interpreter) {
        if (interpreter != null) {
            interpreter.close();
        }
    }

    private static void close(Delegate delegate) {
        if (delegate != null) {
            delegate.close();
        }
    }

    private static String firstLine(Throwable error) {
        String message = String.valueOf(error.getMessage()).trim();
        int end = message.indexOf('\n');
        return (end < 0 ? message : message.substring(0, end)).replaceFirst(":$", "");
    }
}

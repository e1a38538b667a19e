package io.github.pynetbokeh.demo.app;

import android.app.ActivityManager;
import android.content.Context;
import android.os.Build;
import android.os.PowerManager;
import io.github.pynetbokeh.demo.bench.Device;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.lite.TensorFlowLite;

/** This device, as benchmark results tell of it. */
final class Phone implements Device {
    private final ActivityManager memory;
    private final PowerManager power;

    Phone(Context context) {
        memory = (ActivityManager) context.getSystemService(Context.ACTIVITY_SERVICE);
        power = (PowerManager) context.getSystemService(Context.POWER_SERVICE);
    }

    @Override
    public int sdk() {
        return Build.VERSION.SDK_INT;
    }

    @Override
    public Map<String, Object> facts() {
        ActivityManager.MemoryInfo info = new ActivityManager.MemoryInfo();
        memory.getMemoryInfo(info);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("manufacturer", Build.MANUFACTURER);
        facts.put("model", Build.MODEL);
        facts.put("android", Build.VERSION.RELEASE);
        facts.put("sdk", Build.VERSION.SDK_INT);
        facts.put("processor", processor());
        facts.put("hardware", Build.HARDWARE);
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("abis", Arrays.asList(Build.SUPPORTED_ABIS));
        facts.put("memory_mb", info.totalMem / 1e6);
        facts.put("power_save", power.isPowerSaveMode());
        facts.put("runtime", "tensorflow-lite " + runtime());
        return facts;
    }

    @Override
    public String thermalState() {
        return Build.VERSION.SDK_INT >= 29 ? Api29.thermalState(power) : "unknown";
    }

    private static String processor() {
        return Build.VERSION.SDK_INT >= 31 ? Api31.processor() : Build.BOARD;
    }

    private static String runtime() {
        try {
            return TensorFlowLite.runtimeVersion();
        } catch (LinkageError error) { // no library for this processor; the runs will say so, too
            return "unknown";
        }
    }
}

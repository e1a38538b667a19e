package io.github.pynetbokeh.demo.app;

import android.app.ActivityManager;
import android.content.Context;
import android.os.Build;

/** How much room there is for pictures. */
final class Memory {
    private final ActivityManager manager;

    Memory(Context context) {
        manager = (ActivityManager) context.getSystemService(Context.ACTIVITY_SERVICE);
    }

    /** Bytes that bitmaps may take: half of what is free, the rest is for the network and for other apps. */
    long freeForBitmaps() {
        ActivityManager.MemoryInfo info = new ActivityManager.MemoryInfo();
        manager.getMemoryInfo(info);
        long free = Math.max(0, info.availMem - info.threshold);
        if (Build.VERSION.SDK_INT < 26) { // bitmaps lie in the Java heap there
            Runtime heap = Runtime.getRuntime();
            free = Math.min(free, heap.maxMemory() - heap.totalMemory() + heap.freeMemory());
        }
        return free / 2;
    }
}

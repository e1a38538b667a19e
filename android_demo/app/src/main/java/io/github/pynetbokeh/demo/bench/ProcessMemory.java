package io.github.pynetbokeh.demo.bench;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;

/** The memory of this process as Linux counts it, in MB of 10^6 bytes; NaN where it can't be read. */
final class ProcessMemory {
    private ProcessMemory() {}

    /** Resident now. */
    static double residentMb() {
        return status("VmRSS:");
    }

    /** The most that was resident since the start or the last {@link #resetPeak}. */
    static double peakMb() {
        return status("VmHWM:");
    }

    /** Lets the peak begin at what is resident now; whether the kernel allowed it. */
    static boolean resetPeak() {
        try (FileOutputStream file = new FileOutputStream("/proc/self/clear_refs")) {
            file.write('5'); // proc(5): resets the peak resident set size
            return true;
        } catch (IOException error) {
            return false;
        }
    }

    private static double status(String name) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new FileInputStream("/proc/self/status"), "US-ASCII"))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
                }
            }
        } catch (IOException | NumberFormatException error) {
            return Double.NaN;
        }
        return Double.NaN;
    }
}

package io.github.pynetbokeh.demo.core;

import java.util.Arrays;

/** Statistics of latencies, as benchmark/statistics.py and NumPy compute them; no sample may be missing. */
public final class Statistics {
    private static final double OUTLIER_SCORE = 3.5; // Iglewicz and Hoaglin, "How to detect and handle outliers", 1993

    private Statistics() {}

    public static double median(double[] samples) {
        return percentile(samples, 50);
    }

    /** Linear between the two nearest samples, NumPy's default; {@code percent} from 0 to 100. */
    public static double percentile(double[] samples, double percent) {
        if (samples.length == 0) {
            throw new IllegalArgumentException("samples: at least one is wanted");
        }
        double[] ordered = samples.clone();
        Arrays.sort(ordered);
        double place = percent / 100 * (ordered.length - 1);
        int below = (int) Math.floor(place);
        int above = Math.min(below + 1, ordered.length - 1);
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below);
    }

    public static double mean(double[] samples) {
        double sum = 0;
        for (double sample : samples) {
            sum += sample;
        }
        return sum / samples.length;
    }

    /** Standard deviation of a sample, n − 1; 0 for one. */
    public static double deviation(double[] samples) {
        double mean = mean(samples);
        double squares = 0;
        for (double sample : samples) {
            squares += (sample - mean) * (sample - mean);
        }
        return samples.length > 1 ? Math.sqrt(squares / (samples.length - 1)) : 0;
    }

    /** Median absolute deviation from the median, not scaled. */
    public static double medianDeviation(double[] samples) {
        return median(distances(samples));
    }

    /** How many samples have a modified z score over 3.5, by the median deviation, or the mean one where that is 0. */
    public static int outliers(double[] samples) {
        double[] distances = distances(samples);
        double scale = 1.4826 * median(distances);
        if (scale == 0) {
            scale = 1.2533 * mean(distances);
        }
        int found = 0;
        for (double distance : distances) {
            found += scale > 0 && distance > OUTLIER_SCORE * scale ? 1 : 0;
        }
        return found;
    }

    private static double[] distances(double[] samples) {
        double median = median(samples);
        double[] distances = new double[samples.length];
        for (int index = 0; index < samples.length; index++) {
            distances[index] = Math.abs(samples[index] - median);
        }
        return distances;
    }
}

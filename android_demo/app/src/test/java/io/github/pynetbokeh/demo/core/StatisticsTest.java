package io.github.pynetbokeh.demo.core;

import static org.junit.Assert.assertEquals;

import io.github.pynetbokeh.demo.Reference;
import java.util.List;
import java.util.Map;
import org.junit.Test;

public class StatisticsTest {
    @Test
    public void theyAreThoseOfThePythonBenchmark() throws Exception {
        for (Map<String, Object> one : Reference.cases("statistics")) {
            List<?> given = (List<?>) one.get("samples");
            double[] samples = new double[given.size()];
            for (int index = 0; index < samples.length; index++) {
                samples[index] = (Double) given.get(index);
            }
            double exact = 1e-12 * (Double) one.get("max");
            assertEquals((Double) one.get("median"), Statistics.median(samples), exact);
            assertEquals((Double) one.get("p90"), Statistics.percentile(samples, 90), exact);
            assertEquals((Double) one.get("mean"), Statistics.mean(samples), exact);
            assertEquals((Double) one.get("std"), Statistics.deviation(samples), exact);
            assertEquals((Double) one.get("min"), Statistics.percentile(samples, 0), 0);
            assertEquals((Double) one.get("max"), Statistics.percentile(samples, 100), 0);
            assertEquals((Double) one.get("mad"), Statistics.medianDeviation(samples), exact);
            assertEquals((Double) one.get("outliers"), Statistics.outliers(samples), 0);
        }
    }
}

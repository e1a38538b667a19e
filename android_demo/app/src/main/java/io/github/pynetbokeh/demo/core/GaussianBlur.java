package io.github.pynetbokeh.demo.core;

/** Gaussian blur with OpenCV's kernel size for floats (4 σ to each side) and its BORDER_REFLECT. */
final class GaussianBlur {
    private GaussianBlur() {}

    /** {@code sigma} in pixels. */
    static Picture of(Picture picture, double sigma) {
        float[] kernel = kernel(sigma);
        int radius = kernel.length / 2;
        int channels = picture.channels;
        int length = picture.width * channels;
        Picture across = new Picture(picture.height, picture.width, channels);
        int[] columns = Mirror.around(picture.width, radius);
        float[] line = new float[columns.length * channels]; // a row with what is mirrored on both sides
        for (int y = 0; y < picture.height; y++) {
            int own = y * length;
            for (int x = 0; x < columns.length; x++) {
                for (int channel = 0; channel < channels; channel++) {
                    line[x * channels + channel] = picture.data[own + columns[x] * channels + channel];
                }
            }
            int middle = radius * channels;
            for (int x = 0; x < length; x++) {
                across.data[own + x] = line[middle + x] * kernel[radius];
            }
            for (int distance = 1; distance <= radius; distance++) {
                int left = middle - distance * channels;
                int right = middle + distance * channels;
                float weight = kernel[radius + distance];
                for (int x = 0; x < length; x++) {
                    across.data[own + x] += (line[left + x] + line[right + x]) * weight;
                }
            }
        }
        Picture made = new Picture(picture.height, picture.width, channels);
        int[] lines = Mirror.around(picture.height, radius);
        for (int y = 0; y < picture.height; y++) {
            int own = y * length;
            for (int x = 0; x < length; x++) {
                made.data[own + x] = across.data[own + x] * kernel[radius];
            }
            for (int distance = 1; distance <= radius; distance++) {
                int above = lines[y + radius - distance] * length;
                int below = lines[y + radius + distance] * length;
                float weight = kernel[radius + distance];
                for (int x = 0; x < length; x++) {
                    made.data[own + x] += (across.data[above + x] + across.data[below + x]) * weight;
                }
            }
        }
        return made;
    }

    private static float[] kernel(double sigma) {
        int size = (int) Math.rint(sigma * 8 + 1) | 1;
        double[] values = new double[size];
        double sum = 0;
        for (int index = 0; index < size; index++) {
            double x = index - (size - 1) * 0.5;
            values[index] = Math.exp(-0.5 / (sigma * sigma) * x * x);
            sum += values[index];
        }
        float[] kernel = new float[size];
        for (int index = 0; index < size; index++) {
            kernel[index] = (float) (values[index] / sum);
        }
        return kernel;
    }
}

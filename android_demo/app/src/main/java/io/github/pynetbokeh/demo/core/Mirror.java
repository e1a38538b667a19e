package io.github.pynetbokeh.demo.core;

/** What lies outside of a picture, mirrored at its edges, the edge's pixel twice, as often as it takes. */
final class Mirror {
    private Mirror() {}

    /** The place inside [0, size) that stands for {@code index}. */
    static int inside(int index, int size) {
        int period = 2 * size;
        int folded = index % period;
        folded = folded < 0 ? folded + period : folded;
        return folded < size ? folded : period - 1 - folded;
    }

    /** The places for −margin … size − 1 + margin. */
    static int[] around(int size, int margin) {
        int[] places = new int[size + 2 * margin];
        for (int index = 0; index < places.length; index++) {
            places[index] = inside(index - margin, size);
        }
        return places;
    }
}

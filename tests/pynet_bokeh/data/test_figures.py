"""Figures: finite outlines about 1 across that hang together."""

import cv2
import numpy as np
import pytest

from pynet_bokeh.data import figures, shapes
from pynet_bokeh.data.textures import Patch

SIDE = 240


def drawn(figure):
    covers = [
        shapes.coverage(shapes.place(part, middle=(0.5, 0.5), size=0.3, turn=0.0), Patch((SIDE, SIDE), SIDE))
        for part in figure
    ]
    return np.max(covers, axis=0)


@pytest.mark.parametrize("kind", sorted(set(figures.FIGURES), key=lambda kind: kind.__name__))
def test_a_figure_is_seen_in_the_middle_and_leaves_room_around_it(kind):
    for seed in range(8):
        figure = kind(np.random.default_rng(seed))
        assert all(part.ndim == 2 and part.shape[1] == 2 and np.isfinite(part).all() for part in figure)
        cover = drawn(figure)
        assert 0.003 < cover.mean() < 0.5
        rows, columns = np.nonzero(cover > 0.5)
        assert abs(np.median(rows) / SIDE - 0.5) < 0.4 and abs(np.median(columns) / SIDE - 0.5) < 0.4


@pytest.mark.parametrize("kind", [figures.lamp, figures.sign, figures.flower])
def test_posts_and_stalks_hold_what_is_on_them(kind):
    for seed in range(8):
        solid = (drawn(kind(np.random.default_rng(seed))) > 0.3).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
        assert areas[-1] > 0.8 * areas.sum()


def test_the_same_generator_gives_the_same_figure():
    for kind in figures.FIGURES:
        first, second = kind(np.random.default_rng(3)), kind(np.random.default_rng(3))
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)

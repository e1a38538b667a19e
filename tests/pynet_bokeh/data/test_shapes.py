"""Silhouettes: coverage against polygon areas, placement, hair."""

import numpy as np
import pytest

from pynet_bokeh.data import shapes
from pynet_bokeh.data.textures import Patch

EVERY = tuple(dict.fromkeys(shapes.SHAPES + shapes.SUBJECTS))


def name(shape):
    return shape.__name__


def area(outline):
    """The shoelace formula."""
    x, y = outline.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


@pytest.mark.parametrize("shape", EVERY, ids=name)
def test_an_outline_is_about_one_across_around_the_middle(shape):
    for seed in range(20):
        outline = shape(np.random.default_rng(seed))
        assert outline.shape[1] == 2
        assert len(outline) >= 3
        assert 0.1 < np.ptp(outline, axis=0).max() < 2
        assert (outline.min(axis=0) < 0).all()
        assert (outline.max(axis=0) > 0).all()


@pytest.mark.parametrize("shape", EVERY, ids=name)
def test_an_outline_depends_on_the_generator_alone(shape):
    np.testing.assert_array_equal(shape(np.random.default_rng(1)), shape(np.random.default_rng(1)))
    first, other = shape(np.random.default_rng(1)), shape(np.random.default_rng(2))
    assert first.shape != other.shape or not np.allclose(first, other)


@pytest.mark.parametrize("shape", EVERY, ids=name)
def test_coverage_is_the_outlines_area(shape):
    for seed in range(4):
        outline = shapes.place(shape(np.random.default_rng(seed)), middle=(1, 1), size=0.8, turn=0.3)
        alpha = shapes.coverage(outline, Patch((200, 200), 100))
        assert alpha.dtype == np.float32
        assert alpha.min() == 0.0
        assert alpha.max() == 1.0
        # OpenCV draws an anti-aliased edge a little too wide: up to half a pixel all along the perimeter is all right.
        perimeter = np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1).sum() * 100
        assert -0.05 * perimeter < alpha.sum() - area(outline) * 100**2 < 0.5 * perimeter


def test_coverage_has_its_centre_where_the_outline_has():
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    alpha = shapes.coverage(shapes.place(square, middle=(0.4, 0.6), size=0.5, turn=0.0), Patch((100, 100), 100))
    centres = (np.arange(100) + 0.5) / 100
    np.testing.assert_allclose((alpha.sum(axis=0) @ centres) / alpha.sum(), 0.4, atol=0.003)
    np.testing.assert_allclose((alpha.sum(axis=1) @ centres) / alpha.sum(), 0.6, atol=0.003)


def test_edges_are_anti_aliased():
    round_shape = shapes.place(shapes.ellipse(np.random.default_rng(0)), middle=(0.5, 0.5), size=0.8, turn=0.0)
    alpha = shapes.coverage(round_shape, Patch((64, 64), 64))
    partial = ((alpha > 0.02) & (alpha < 0.98)).sum()
    assert 60 < partial < 400  # about a pixel or two along the edge


def test_placing_turns_scales_and_moves():
    corner = np.array([[0.5, 0.0]])
    np.testing.assert_allclose(shapes.place(corner, middle=(2, 3), size=4, turn=0.0), [[4, 3]])
    np.testing.assert_allclose(shapes.place(corner, middle=(2, 3), size=4, turn=np.pi / 2), [[2, 5]])


def test_hair_only_adds_and_stays_near_the_outline():
    outline = shapes.place(shapes.ellipse(np.random.default_rng(0)), middle=(0.5, 0.5), size=0.5, turn=0.0)
    patch = Patch((128, 128), 128)
    bare = shapes.coverage(outline, patch)
    hairy = bare.copy()
    shapes.add_hair(np.random.default_rng(1), hairy, outline, patch)
    assert (hairy >= bare).all()
    assert hairy.max() <= 1
    grown = np.argwhere(hairy > bare + 0.05)[:, ::-1] / 128
    assert len(grown) > 30
    nearest = np.linalg.norm(grown[:, None] - outline[None], axis=-1).min(axis=1)
    assert nearest.max() < 0.15


def test_a_shape_outside_the_patch_covers_nothing():
    outline = shapes.place(shapes.ellipse(np.random.default_rng(0)), middle=(9, 9), size=0.5, turn=0.0)
    assert not shapes.coverage(outline, Patch((32, 32), 32)).any()

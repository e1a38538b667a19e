"""Textures: range, determinism, the statistics of noise, lights."""

import numpy as np
import pytest

from pynet_bokeh.data import textures
from pynet_bokeh.data.textures import Patch

EVERY = tuple(dict.fromkeys(textures.BACKDROPS + textures.SURFACES))


def name(texture):
    return texture.__name__


@pytest.mark.parametrize("size", [(2, 2), (40, 57), (90, 33)])
@pytest.mark.parametrize("texture", EVERY, ids=name)
def test_a_texture_is_light(texture, size):
    for seed in range(4):
        light = texture(np.random.default_rng(seed), Patch(size, 64))
        assert light.shape == (*size, 3)
        assert light.dtype == np.float32
        assert np.isfinite(light).all()
        assert light.min() >= 0
        assert light.max() < 20


@pytest.mark.parametrize("texture", EVERY, ids=name)
def test_a_texture_depends_on_the_generator_alone(texture):
    first, again, other = (texture(np.random.default_rng(seed), Patch((48, 48), 64)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("texture", EVERY, ids=name)
def test_a_texture_is_seldom_flat(texture):
    spread = [texture(np.random.default_rng(seed), Patch((64, 64), 64)).std() for seed in range(8)]
    assert np.median(spread) > 0.005


@pytest.mark.parametrize("roughness", [0.45, 0.7, 0.9])
def test_noise_has_mean_0_and_deviation_1(roughness):
    fields = [
        textures.noise(np.random.default_rng(seed), Patch((128, 128), 128), coarsest=3, roughness=roughness)
        for seed in range(20)
    ]
    assert abs(np.mean(fields)) < 0.15
    # The octaves that are finer than the pixels are missing, more so the rougher the noise is.
    assert 0.7 < np.std(fields) < 1.15


def test_smoother_noise_has_less_fine_detail():
    steps = [
        np.abs(np.diff(textures.noise(np.random.default_rng(0), Patch((128, 128), 128), roughness=roughness))).mean()
        for roughness in (0.3, 0.6, 0.9)
    ]
    assert steps == sorted(steps)


def test_noise_is_the_same_at_another_resolution_and_leaves_the_generator_alike():
    fine, coarse = np.random.default_rng(3), np.random.default_rng(3)
    large = textures.noise(fine, Patch((256, 256), 256), finest=4)
    small = textures.noise(coarse, Patch((64, 64), 64), finest=4)
    np.testing.assert_allclose(large.reshape(64, 4, 64, 4).mean(axis=(1, 3)), small, atol=0.12)
    assert fine.random() == coarse.random()


def test_colours_are_reflectances():
    colours = np.array([textures.colour(np.random.default_rng(seed)) for seed in range(300)])
    assert colours.min() >= 0
    assert colours.max() <= 1
    assert np.ptp(colours.mean(axis=0)) < 0.1  # no hue is preferred


def test_patch_coordinates_are_in_units_of_the_scene():
    patch = Patch((4, 8), 8)
    np.testing.assert_allclose(patch.y[:, 0], [0.0625, 0.1875, 0.3125, 0.4375])
    np.testing.assert_allclose(patch.x[0, [0, -1]], [0.0625, 0.9375])
    np.testing.assert_allclose(patch.along(0.0), np.broadcast_to(patch.x, (4, 8)), atol=1e-6)
    np.testing.assert_allclose(patch.along(np.pi / 2), np.broadcast_to(patch.y, (4, 8)), atol=1e-6)


def test_lights_add_energy_in_proportion_to_their_number():
    def added(count):
        light = np.zeros((256, 256, 3), np.float32)
        patch = Patch((256, 256), 64)  # four units across: few lights fall outside
        textures.add_lights(np.random.default_rng(5), patch, light, count=count, radius=0.03, radiance=5)
        return light

    assert not added(0).any()
    assert added(200).min() >= 0
    assert added(200).max() > 5
    assert 5 < added(200).sum() / added(20).sum() < 20


def test_lights_beyond_the_patch_are_left_out():
    light = np.ones((3, 3, 3), np.float32)
    textures.add_lights(np.random.default_rng(0), Patch((3, 3), 300), light, count=300, radius=0.003, radiance=5)
    assert np.isfinite(light).all()
    assert light.min() >= 1

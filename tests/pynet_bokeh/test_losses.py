import numpy as np
import pytest
import tf_keras
from skimage.metrics import structural_similarity

from pynet_bokeh import losses, vgg
from pynet_bokeh.errors import UserError


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    target = rng.random((2, 32, 40, 3), np.float32)
    return target, np.clip(target + rng.normal(0, 0.1, target.shape), 0, 1).astype(np.float32)


def test_l1_is_the_mean_absolute_difference(pictures):
    target, output = pictures
    assert float(losses.l1(target, output)) == pytest.approx(np.abs(target - output).mean(), rel=1e-5)


def test_ssim_agrees_with_scikit_image(pictures):
    target, output = pictures
    crop = slice(5, -5)  # tf.image keeps the valid part of the window only
    values = []
    for one, other in zip(target, output, strict=True):
        _, full = structural_similarity(
            one,
            other,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
            full=True,
        )
        values.append(full[crop, crop].mean())
    assert float(losses.ssim(target, output)) == pytest.approx(1 - np.mean(values), abs=2e-4)


def test_weights_add_up(pictures):
    target, output = pictures
    total, parts = losses.weighted({"l1": 100.0, "ssim": 10.0}, picture_size=(32, 40))(target, output)
    assert float(total) == pytest.approx(100 * float(parts["l1"]) + 10 * float(parts["ssim"]), rel=1e-6)


def test_equal_pictures_cost_nothing(pictures):
    target, _ = pictures
    total, _ = losses.weighted({"l1": 1.0, "ssim": 1.0}, picture_size=(32, 40))(target, target)
    assert float(total) == pytest.approx(0, abs=1e-6)


def test_mistakes_are_named():
    with pytest.raises(UserError, match="l1, mse, ssim, vgg are known; received 'l2'"):
        losses.weighted({"l2": 1.0}, picture_size=(64, 64))
    with pytest.raises(UserError, match="at least 11 pixels a side are needed; the level's are 4x8"):
        losses.weighted({"ssim": 1.0}, picture_size=(8, 4))


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg19.weights.h5"
    tf_keras.utils.set_random_seed(0)
    tf_keras.applications.VGG19(include_top=False, weights=None).save_weights(path)
    return str(path)


def test_vgg_compares_relu5_4(pictures, vgg_file):
    target, output = pictures
    value = float(losses.vgg_difference(vgg_file)(target, output))
    model = tf_keras.applications.VGG19(include_top=False, weights=vgg_file)
    layer = tf_keras.Model(model.input, model.get_layer("block5_conv4").output)
    mean = np.array([103.939, 116.779, 123.68])  # of ImageNet, in BGR; the published preprocessing
    a, b = (layer((picture[..., ::-1] * 255 - mean).astype(np.float32)).numpy() for picture in (target, output))
    assert a.shape == (2, 2, 2, 512)
    assert a.min() >= 0
    assert value == pytest.approx(np.square(a - b).mean(), rel=1e-3)


def test_missing_vgg_weights_are_named(tmp_path):
    with pytest.raises(UserError, match=r"--vgg-weights none\.h5: no such file"):
        vgg.vgg19_features("none.h5")
    (tmp_path / "bad.h5").write_text("no")
    with pytest.raises(UserError, match=r"bad\.h5: not VGG19's weights"):
        vgg.vgg19_features(str(tmp_path / "bad.h5"))


def test_without_weights_one_line_says_how_to_get_them(monkeypatch):
    def offline(**_):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(tf_keras.applications, "VGG19", offline)
    with pytest.raises(UserError, match=r"--vgg-weights FILE, or take a recipe without a vgg loss"):
        vgg.vgg19_features()


def test_cross_entropy_is_the_mean_over_pixels_of_the_area_averaged_map():
    target = np.zeros((1, 8, 8, 1), np.float32)
    target[:, :, 4:] = 1
    found = np.full((1, 2, 2, 3), 0.25, np.float32)
    wanted = -(np.log(0.25) + np.log(0.75)) / 2  # half of the pixels are subject
    assert float(losses.cross_entropy(target, found)) == pytest.approx(wanted, rel=1e-5)
    mixed = np.full((1, 8, 8, 1), 0.5, np.float32)
    assert float(losses.cross_entropy(mixed, found)) == pytest.approx(wanted, rel=1e-5)


def test_a_missed_subject_counts_as_often_as_said():
    target = np.zeros((1, 8, 8, 1), np.float32)
    target[:, :, 4:] = 1
    found = np.full((1, 2, 2, 3), 0.25, np.float32)
    wanted = -(3 * np.log(0.25) + np.log(0.75)) / 2
    assert float(losses.cross_entropy(target, found, weight=3.0)) == pytest.approx(wanted, rel=1e-5)


def test_the_difference_inside_counts_half_covered_pixels_by_half():
    mask = np.zeros((1, 8, 8, 1), np.float32)
    mask[:, :, 6:] = 1  # at a quarter of the size: columns 0 and 0.5
    target, output = np.zeros((1, 2, 2, 3), np.float32), np.full((1, 2, 2, 3), 0.2, np.float32)
    assert float(losses.l1_inside(target, output, mask)) == pytest.approx(0.2 * 0.25, rel=1e-5)


def test_cross_entropy_is_least_for_the_map_itself_and_finite_for_its_opposite():
    target = np.zeros((1, 8, 8, 1), np.float32)
    target[:, :, 4:] = 1
    found = np.repeat(target[:, ::4, ::4], 3, axis=-1)
    assert float(losses.cross_entropy(target, found)) == pytest.approx(1e-4, rel=0.01)
    assert np.isfinite(float(losses.cross_entropy(target, 1 - found)))


def test_the_picture_of_a_target():
    picture = object()
    assert losses.picture_of({"bokeh": picture, "subject": None}) is picture
    assert losses.picture_of(picture) is picture


def test_mse_is_that_of_numpy():
    rng = np.random.default_rng(7)
    target, output = rng.random((2, 2, 8, 9, 3)).astype(np.float32)
    loss = losses.weighted({"mse": 2.0}, picture_size=(8, 9))
    total, parts = loss(target, output)
    assert float(parts["mse"]) == pytest.approx(np.mean((target - output) ** 2), rel=1e-5)
    assert float(total) == pytest.approx(2 * float(parts["mse"]))

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh import weights
from pynet_bokeh.errors import UserError


def variables(**shapes):
    return [tf.Variable(tf.random.normal(shape), name=name) for name, shape in shapes.items()]


def test_round_trip_by_name_whatever_the_order(tmp_path):
    saved = variables(a=(2, 3), b=(4,))
    weights.save(saved, tmp_path / "w.npz")
    loaded = variables(b=(4,), a=(2, 3))
    assert weights.load(loaded, tmp_path / "w.npz") == []
    np.testing.assert_array_equal(loaded[1], saved[0])
    np.testing.assert_array_equal(loaded[0], saved[1])


def test_names_that_the_file_lacks_are_returned(tmp_path):
    weights.save(variables(a=(2,)), tmp_path / "w.npz")
    assert weights.load(variables(a=(2,), new=(1,)), tmp_path / "w.npz") == ["new"]


def test_others_that_the_file_holds_are_left_alone(tmp_path):
    saved = variables(a=(2,), b=(4,))
    weights.save(saved, tmp_path / "w.npz")
    wanted, others = variables(a=(2,)), variables(a=(2,), b=(5,), c=(1,))
    before = others[1].numpy()
    assert weights.load(wanted, tmp_path / "w.npz", others=others) == []
    np.testing.assert_array_equal(wanted[0], saved[0])
    np.testing.assert_array_equal(others[1], before)
    with pytest.raises(UserError, match="holds b, which this network does not have"):
        weights.load(wanted, tmp_path / "w.npz", others=others[2:])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [({"b": (4,)}, "holds a, which this network does not have"), ({"a": (3,)}, r"a should be \(3,\); received \(2,\)")],
)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, shapes, message):
    weights.save(variables(a=(2,)), tmp_path / "w.npz")
    others = variables(**shapes)
    before = [variable.numpy() for variable in others]
    with pytest.raises(UserError, match=message):
        weights.load(others, tmp_path / "w.npz")
    for variable, value in zip(others, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.npz: no such file"):
        weights.load([], tmp_path / "none.npz")
    for content in (b"not a zip", b"PK\x03\x04 cut short", b""):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(UserError, match=r"bad\.npz: not a readable weights file"):
            weights.load([], tmp_path / "bad.npz")


def test_an_array_that_is_no_weights_file_is_named(tmp_path):
    with (tmp_path / "one.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(UserError, match=r"one\.npz: not a readable weights file"):
        weights.load([], tmp_path / "one.npz")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array(["1", "2"]), "b should hold floats; received <U1"),
        (np.array([1, 2]), "b should hold floats; received int64"),
        (np.array([1, np.nan], np.float32), "b holds numbers that are not finite"),
        (np.array([np.inf, 1], np.float32), "b holds numbers that are not finite"),
    ],
)
def test_what_is_no_weight_is_named_and_changes_nothing(tmp_path, bad, message):
    np.savez(tmp_path / "w.npz", a=np.ones(3, np.float32), b=bad)
    wanted = variables(a=(3,), b=(2,))
    before = [variable.numpy() for variable in wanted]
    with pytest.raises(UserError, match=rf"w\.npz: {message}"):
        weights.load(wanted, tmp_path / "w.npz")
    for variable, value in zip(wanted, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "w.npz"
    weights.save(variables(a=(2,)), path)
    before = path.read_bytes()

    class Broken:
        name = "b:0"

        def numpy(self):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        weights.save([Broken()], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]

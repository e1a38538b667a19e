"""What a model is fed with."""

import numpy as np
import pytest

from benchmark.session import random_pictures
from pynet_bokeh.errors import UserError


def tensor(dtype):
    return {"name": "image", "shape": np.array([1, 64, 64, 3], np.int32), "dtype": dtype}


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [(np.float32, 0, 1), (np.float16, 0, 1), (np.uint8, 0, 255), (np.int8, -128, 127)]
)
def test_pictures_fill_the_tensor_s_own_range_and_repeat(dtype, low, high):
    (picture,) = random_pictures([tensor(dtype)])
    assert (picture.shape, picture.dtype) == ((1, 64, 64, 3), dtype)
    assert low <= picture.min() < low + 0.01 * (high - low) + 1e-3
    assert high - 0.01 * (high - low) - 1e-3 < picture.max() <= high
    assert np.array_equal(picture, random_pictures([tensor(dtype)])[0])
    first, second = random_pictures([tensor(dtype), tensor(dtype)])
    assert not np.array_equal(first, second)


def test_inputs_that_are_no_pictures_are_refused():
    with pytest.raises(UserError, match="input image: float, uint8 or int8 can be measured; the model wants int64"):
        random_pictures([tensor(np.int64)])

"""The bundled photos as a network's inputs: real pictures that are always at hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pynet_bokeh import images, opening, tflite_files
from pynet_bokeh.data.source import NEUTRAL_EXTRA
from pynet_bokeh.opening import STRENGTH
from pynet_bokeh.photos import bundled_photos
from pynet_bokeh.runtime import TflitePredictor, open_interpreter, signature

PHOTO_STRENGTH = 0.7  # of the lens


def photo_inputs(
    input_size: tuple[int, int], *, extra: str | None, takes_strength: bool, picture_size: tuple[int, int]
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Each photo's name and its inputs without a batch, float32 in [0,1]: `image` [h,w,3] and, where the network takes
    them, its fourth channel [h,w,1] (the subject's mask as `focus`, a neutral `depth`) and `strength` [1,1,1]."""
    for photo in bundled_photos():
        inputs = {"image": images.resize(images.to_float(images.read_image(photo.path)), input_size)}
        if extra:
            focus = images.read_map(photo.focus) if extra == "focus" else None
            values = np.full(input_size, NEUTRAL_EXTRA, np.uint8) if focus is None else images.resize(focus, input_size)
            inputs[extra] = images.to_float(values)[..., None]
        if takes_strength:
            inputs[STRENGTH] = np.full((1, 1, 1), opening.network_strength(PHOTO_STRENGTH, picture_size), np.float32)
        yield photo.path.name, inputs


def stored_inputs(model: Path, *, count: int) -> list[dict[str, np.ndarray]]:
    """The first `count` photos as a .tflite's inputs, by name, with a batch of one, as its tensors store them.

    Raises UserError when the file is no bokeh network of a fixed size.
    """
    predictor = TflitePredictor(model, threads=1, any_scale=True)
    if predictor.input_size is None:
        raise tflite_files.of_any_size(model)
    tensors, _ = signature(open_interpreter(model, threads=1), model)
    picture_size = tuple(side * max(predictor.input_scale, 1) for side in predictor.input_size)
    options = {"extra": predictor.extra, "takes_strength": predictor.takes_strength, "picture_size": picture_size}
    return [
        {name: tensors[name].quantize(value[None]) for name, value in inputs.items()}
        for _, inputs in list(photo_inputs(predictor.input_size, **options))[:count]
    ]

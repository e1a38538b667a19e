"""Networks with random weights as .tflite files: for latency, memory and size, which weights don't change.

Nothing is verified: what such a network draws means nothing. Nor is anything fine-tuned: `qat_int8` is calibrated like
`ptq_int8`, which gives the same graph.
"""

import dataclasses
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from export import artifact, contents
from export.convert import convert
from export.origin import planned_untrained
from export.ranges import calibrate
from export.recipes import QuantizationRecipe, recipe_named
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import cost, registry
from pynet_bokeh.models.network import Network
from pynet_bokeh.runtime import TflitePredictor

CALIBRATION_PICTURES = 1


def export_untrained(
    name: str,
    *,
    quantization: str | QuantizationRecipe,
    picture_size: tuple[int, int],
    out: Path,
    seed: int = 0,
    force: bool = False,
    report: Callable[[str], None] = print,
) -> Path:
    """Writes network `name` with random weights as `out/NAME_untrained_QUANT_WxH.tflite` and its sidecar.

    Args:
      quantization: a recipe, or the name of one in export.recipes.
      picture_size: (height, width).
      seed: of the weights.
      force: overwrite what is there, even what was made in the same way: the network's code may be another.

    An artifact that was made in the same way is left alone. Its sidecar has no verification figures, and says
    `"untrained": true`.

    Raises UserError for an unknown network or quantization, a size the network does not take, another artifact of that
    name, and a full disk.
    """
    recipe = recipe_named(quantization) if isinstance(quantization, str) else quantization
    plan = planned_untrained(name, recipe, picture_size, Path(out), seed=seed)
    path = plan.path
    if plan.up_to_date and not force:
        report(f"{path}: up to date")
        return path
    plan.refuse_replacing(force=force)
    network = registry.build(name, {}, picture_size=picture_size, batch=1)
    randomize(network, seed=seed)
    model = network.model()
    report(f"{path.name}: converting")
    ranges = calibrate(model, list(_pictures(model, seed)))[0] if recipe.integer else None
    content = convert(model, recipe, ranges)
    sidecar = {
        "network": network.name,
        "network_config": dataclasses.asdict(network.config),
        "level": 1,
        "quantization": recipe.name,
        "picture_size": {"height": picture_size[0], "width": picture_size[1]},
        "input_scale": network.input_scale,
        "untrained": True,
        **_described(content),
        "value_range": [0.0, 1.0],
        "parameters": model.count_params(),
        "macs": cost.model_macs(model),
        "origin": plan.origin,
        "verification": None,
    }
    artifact.write(path, content, sidecar)
    report(f"{path}: {len(content) / 1e6:.2f} MB, random weights")
    return path


def _described(content: bytes) -> dict:
    """The file's tensors as it describes them itself, its largest ones, and its types."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tflite"
        try:
            model.write_bytes(content)
        except OSError as error:
            raise UserError(f"{folder}: can't be written ({error.strerror or error})") from error
        tensors = TflitePredictor(model, threads=1, any_scale=True).describe()
        graph = tflite_graph.read(model)
    return {
        "inputs": tensors["inputs"],
        "output": tensors["outputs"],
        "largest_tensors": graph.largest_tensors(),
        "types": contents.types(graph),
    }


def randomize(network: Network, *, seed: int) -> None:
    """Gives every kernel its own values by He's normal distribution, and moves biases and the like a little.

    The converter stores equal weights once: a network whose layers of one shape are alike would make too small a file.
    """
    generator = np.random.default_rng(seed)
    for layer in network.layers:
        for variable in layer.weights:
            shape = tuple(variable.shape)
            kernel = len(shape) > 1
            spread = math.sqrt(2 / math.prod(shape[:-1])) if kernel else 0.01
            values = generator.normal(0.0, spread, shape).astype(np.float32)
            variable.assign(values if kernel else variable.numpy() + values)


def _pictures(model, seed: int):
    generator = np.random.default_rng(seed)
    for _ in range(CALIBRATION_PICTURES):
        yield {tensor.name: generator.random(tuple(tensor.shape), np.float32) for tensor in model.inputs}

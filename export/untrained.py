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
from export.ranges import calibrate
from export.recipes import QuantizationRecipe, recipe_named
from pynet_bokeh import files, tflite_graph
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

    `quantization` is a recipe, or the name of one in export.recipes.

    One that is there already is left alone unless `force` is given. Its sidecar has neither an origin nor verification
    figures, and says `"untrained": true`.

    Raises UserError for an unknown network or quantization and a size the network does not take.
    """
    recipe = recipe_named(quantization) if isinstance(quantization, str) else quantization
    path = out / f"{name}_untrained_{recipe.name}_{picture_size[1]}x{picture_size[0]}.tflite"
    if path.exists() and not force:
        # Only this command writes that name, and another sidecar means another revision's network.
        if artifact.sidecar_path(path).is_file() and _same(path, name, seed):
            report(f"{path}: up to date")
            return path
        raise UserError(
            f"{path}: exists already, of another version of this project; --out DIR puts this one elsewhere, --force "
            "replaces that one"
        )
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
        "seed": seed,
        **_described(content),
        "value_range": [0.0, 1.0],
        "parameters": model.count_params(),
        "macs": cost.model_macs(model),
        "origin": None,
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


def _same(path: Path, name: str, seed: int) -> bool:
    sidecar = files.read_json(artifact.sidecar_path(path))
    expected = {"network": name, "seed": seed, "untrained": True, "sha256": files.sha256(path)}
    return isinstance(sidecar, dict) and all(sidecar.get(key) == value for key, value in expected.items())

"""LiteRT on the CPU, and a bokeh network that it runs. A .tflite is opened here, or by `gpu_runtime`, and nowhere else.

TensorFlow is never imported."""

import dataclasses
import os
from pathlib import Path
from typing import Protocol

import numpy as np

from pynet_bokeh import tflite_files
from pynet_bokeh.data.source import EXTRAS
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.sizes import MULTIPLES

OPEN_MULTIPLE = max(MULTIPLES.values())  # of a picture for a .tflite of any size: no network needs more
_DAMAGED = "not a valid Flatbuffer"  # LiteRT's words


class Predictor(Protocol):
    """A network as rendering sees it, whatever runs it. "Picture" is what comes out, at the photo's scale.

    Attributes:
      name: what reports call it.
      input_size: (height, width) of the input, or None when any size is taken.
      size_multiple: what height and width of the picture must be divisible by.
      input_scale: size of the picture divided by the size of the input.
      extra: the fourth channel it takes, `depth` or `focus`, or None.
      takes_strength: whether it is told how wide the lens is open.
      finds_focus: whether it can tell what it takes for being in focus.
    """

    name: str
    input_size: tuple[int, int] | None
    size_multiple: int
    input_scale: int
    extra: str | None
    takes_strength: bool
    finds_focus: bool

    def __call__(self, image: np.ndarray, extra: np.ndarray | None = None, strength: float | None = None) -> np.ndarray:
        """Renders float32 [h,w,3] (and the fourth channel [h,w], and `opening.network_strength`) in [0,1] to float32
        [H,W,3] in [0,1]."""
        ...


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or output of a .tflite.

    Attributes:
      name: in the signature.
      shape: [1, height, width, channels]; −1 where the file leaves it open.
      dtype: float32, uint8 or int8.
      scale, zero_point: real value = scale · (stored − zero_point); scale 0 for floats.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float
    zero_point: int

    def quantize(self, values: np.ndarray) -> np.ndarray:
        """Real values as the tensor stores them: rounded to the nearest step, saturated."""
        if not self.scale:
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / np.float32(self.scale)) + self.zero_point
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def dequantize(self, stored: np.ndarray) -> np.ndarray:
        """Stored values as float32 real values."""
        if not self.scale:
            return stored.astype(np.float32)
        return (stored.astype(np.float32) - self.zero_point) * np.float32(self.scale)


def open_interpreter(path: Path, *, threads: int | None = None, xnnpack: bool = True, keep_all: bool = False):
    """A LiteRT interpreter on the CPU with its tensors allocated, those of any size for 64×64 at first.

    Args:
      path: the .tflite.
      threads: None takes all cores this process may use.
      xnnpack: False runs LiteRT's built-in kernels instead of the XNNPACK delegate.
      keep_all: every tensor can be read after a run, for looking inside; takes the memory of all of them.

    Raises UserError that names the file when it is missing, not a .tflite, damaged, or has operators LiteRT lacks.
    """
    path = Path(path)
    tflite_files.check(path)
    from ai_edge_litert.interpreter import Interpreter, OpResolverType  # 0.1 s: not before a model is opened

    resolver = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        interpreter = Interpreter(
            str(path),
            num_threads=threads or len(os.sched_getaffinity(0)),
            experimental_op_resolver_type=resolver,
            experimental_preserve_all_tensors=keep_all,
        )
        for one in interpreter.get_input_details():
            if min(one["shape_signature"], default=1) < 0:  # at the 1×1 of its "shape" a network can't be prepared
                sides = [OPEN_MULTIPLE if axis in (1, 2) else 1 for axis in range(len(one["shape_signature"]))]
                size = [side if side > 0 else given for side, given in zip(one["shape_signature"], sides, strict=True)]
                interpreter.resize_tensor_input(one["index"], size)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        first_line = str(error).strip().partition("\n")[0]
        if _DAMAGED in first_line:
            raise tflite_files.damaged(path) from error
        raise UserError(f"{path}: LiteRT can't run it ({first_line})") from error
    return interpreter


def signature(interpreter, path: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs and outputs by name; by the tensors' own names when the file has no signature.

    Raises UserError that names the file when its names are broken.
    """
    try:
        if interpreter.get_signature_list():
            runner = interpreter.get_signature_runner()
            details = runner.get_input_details(), runner.get_output_details()
        else:
            details = tuple(
                {one["name"].rpartition("serving_default_")[2].partition(":")[0]: one for one in tensors}
                for tensors in (interpreter.get_input_details(), interpreter.get_output_details())
            )
    except UnicodeDecodeError as error:
        raise tflite_files.damaged(path) from error
    return tuple({name: _tensor(name, one) for name, one in group.items()} for group in details)


def _fitting(tensor: Tensor, values: np.ndarray | None) -> np.ndarray:
    """`values`, [h,w,3] or [h,w], in the tensor's shape [1,h,w,C]; LiteRT's own message would name no argument."""
    sides = () if values is None else values.shape[:2]
    shape = [1, *(given if side < 0 else side for side, given in zip(tensor.shape[1:3], sides, strict=False))]
    shape.append(tensor.shape[3])
    if values is None or values.shape[:2] != tuple(shape[1:3]) or values.size != np.prod(shape):
        received = None if values is None else list(values.shape)
        raise ValueError(f"{tensor.name}: {list(tensor.shape[1:])} is wanted; received {received}")
    return values.reshape(shape)


def _tensor(name: str, details: dict) -> Tensor:
    scale, zero_point = details["quantization"]
    # A free dimension is 1 in "shape" and -1 in "shape_signature"; a free batch is one picture.
    shape = [int(n) for n in details["shape_signature"]]
    shape[:1] = [abs(batch) for batch in shape[:1]]
    return Tensor(name, tuple(shape), np.dtype(details["dtype"]), float(scale), int(zero_point))


class TflitePredictor:
    """A bokeh network in a .tflite: input `image` [1,h,w,3], perhaps `depth` or `focus` [1,h,w,1] and `strength`
    [1,1,1,1], one output.

    Args:
      any_scale: take a coarse level's model too, whose picture is smaller than its input; it can't render photos.

    Raises UserError when the file can't be run or is not such a network.
    """

    size_multiple = 1
    finds_focus = False

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        xnnpack: bool = True,
        any_scale: bool = False,
        keep_all: bool = False,
    ):
        self.name = str(path)
        self._interpreter = open_interpreter(path, threads=threads, xnnpack=xnnpack, keep_all=keep_all)
        inputs, outputs = signature(self._interpreter, path)
        pictures = [one for one in inputs.values() if len(one.shape) == 4 and one.shape[-1] == 3]
        openings = [one for one in inputs.values() if one.shape == (1, 1, 1, 1)]
        maps = [one for one in inputs.values() if len(one.shape) == 4 and one.shape[-1] == 1 and one not in openings]
        results = [one for one in outputs.values() if len(one.shape) == 4 and one.shape[-1] == 3]
        known = len(pictures) + len(maps) + len(openings)
        if len(pictures) != 1 or len(results) != 1 or len(maps) > 1 or len(openings) > 1 or known != len(inputs):
            shapes = ", ".join(f"{one.name} {list(one.shape)}" for one in (*inputs.values(), *outputs.values()))
            raise UserError(
                f"{path}: not a bokeh network; one image [1,h,w,3], at most one map [1,h,w,1] and one strength "
                f"[1,1,1,1], and one picture out are wanted; received {shapes}"
            )
        self._image, self._map, self._output = pictures[0], maps[0] if maps else None, results[0]
        self._opening = openings[0] if openings else None
        self.takes_strength = bool(openings)
        self.extra = None if self._map is None else self._map.name if self._map.name in EXTRAS else "focus"
        height, width = self._image.shape[1:3]
        if min(height, width) > 0:
            self.input_size = height, width
            drawn = self._output.shape[1:3]
        else:  # made for any size
            if not self._interpreter.get_signature_list():
                raise UserError(f"{path}: a model of any size needs a signature; this one has none")
            self.input_size, self.size_multiple = None, OPEN_MULTIPLE
            height = width = OPEN_MULTIPLE
            blank = np.zeros((height, width), np.float32)
            drawn = self(np.zeros((height, width, 3), np.float32), blank, 0.0).shape[:2]
        self.input_scale = drawn[0] // height
        whole = self.input_scale and drawn == (height * self.input_scale, width * self.input_scale)
        if not whole and not any_scale:
            raise UserError(
                f"{path}: the picture that comes out, {list(self._output.shape)}, is no multiple of the input, "
                f"{list(self._image.shape)}; a coarse level's model can't render photos"
            )

    def describe(self) -> dict:
        """Shape, type, scale and zero point of every input and output by name, ready for JSON."""
        inputs = [one for one in (self._image, self._map, self._opening) if one]
        used = {"inputs": inputs, "outputs": [self._output]}
        return {
            group: {
                one.name: {
                    "shape": list(one.shape),
                    "dtype": one.dtype.name,
                    "quantization": {"scale": one.scale, "zero_point": one.zero_point} if one.scale else None,
                }
                for one in tensors
            }
            for group, tensors in used.items()
        }

    def __call__(self, image: np.ndarray, extra: np.ndarray | None = None, strength: float | None = None) -> np.ndarray:
        """Renders [h,w,3] (and the fourth channel [h,w], and the strength) in [0,1] to [H,W,3] in [0,1], clipped.

        Raises ValueError for another size, a missing map or strength; UserError when the network computes infinity or
        NaN.
        """
        values = {self._image.name: self._image.quantize(_fitting(self._image, image))}
        if self._map is not None:
            values[self._map.name] = self._map.quantize(_fitting(self._map, extra))
        if self._opening is not None:
            if strength is None:
                raise ValueError(f"{self._opening.name}: a number from 0 to 1 is wanted; received None")
            values[self._opening.name] = self._opening.quantize(np.full((1, 1, 1, 1), strength, np.float32))
        if self._interpreter.get_signature_list():
            output = self._interpreter.get_signature_runner()(**values)[self._output.name]
        else:
            output = self._invoke(values)
        picture = self._output.dequantize(output[0])
        if not np.isfinite(picture).all():  # as when a variance overflows fp16
            raise UserError(f"{self.name}: the network's picture holds values that are no numbers (infinity or NaN)")
        return np.clip(picture, 0.0, 1.0)

    def inner_tensors(self) -> dict[str, tuple[int, Tensor]]:
        """The tensors of the graph by their names in the file, with the numbers that `inner_values` takes."""
        found = {}
        for one in self._interpreter.get_tensor_details():
            if one["name"]:
                found[one["name"]] = one["index"], _tensor(one["name"], one)
        return found

    def inner_values(self, number: int) -> np.ndarray:
        """What a tensor holds after a call, as stored; for a model opened with `keep_all` and without XNNPACK."""
        return self._interpreter.get_tensor(number)

    def _invoke(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Runs a file without a signature by its tensors' names."""
        for details in self._interpreter.get_input_details():
            name = next(name for name in values if name in details["name"])
            self._interpreter.set_tensor(details["index"], values[name])
        self._interpreter.invoke()
        outputs = self._interpreter.get_output_details()
        return self._interpreter.get_tensor(next(one for one in outputs if self._output.name in one["name"])["index"])

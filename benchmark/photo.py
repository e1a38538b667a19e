"""A photo of 12 megapixels, and what it costs from file to file."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmark.records import to_json
from benchmark.samples import CPU_KERNELS, STAGES, XNNPACK, PhotoCost, Setting
from benchmark.session import import_litert
from benchmark.worker import limited_memory, peak_resident_mb
from pynet_bokeh import cli, images
from pynet_bokeh.render import finish, prepare
from pynet_bokeh.runtime import TflitePredictor

SIZE = (3000, 4000)  # height and width of a phone's photo of 12 megapixels
QUALITY = 95
REPEATS = 3


def write_made_up(path: Path, *, size: tuple[int, int] = SIZE, seed: int = 1) -> None:
    """Writes a JPEG with detail of every scale, fainter the finer (as 1/frequency, like photos), and a little grain.

    How long a JPEG takes depends on how much is in it; with this much a photo of 12 megapixels has 3 to 4 MB.
    """
    generator, (height, width) = np.random.default_rng(seed), size
    total = generator.standard_normal((3, 4, 3)).astype(np.float32)
    while total.shape[0] < height:
        shape = min(2 * total.shape[0], height), min(2 * total.shape[1], width)
        total = cv2.resize(total, shape[::-1], interpolation=cv2.INTER_LINEAR)
        total += 4 / shape[0] * generator.standard_normal((*shape, 1), np.float32)
    total = 0.5 + 0.14 * total + 0.012 * generator.standard_normal((height, width, 1), np.float32)
    images.write_image(path, images.to_uint8(total), quality=QUALITY)


def measure(model: Path, setting: Setting, photo: Path) -> PhotoCost:
    """Renders `photo` as `python -m pynet_bokeh render` does, stage by stage: once for nothing, then timed.

    The setting's threads hold for OpenCV, too. UserError when the model is no bokeh network.
    """
    import_litert(setting)
    cv2.setNumThreads(setting.threads)
    predictor = TflitePredictor(model, threads=setting.threads, xnnpack=setting.kernels == XNNPACK)
    times: dict[str, list[float]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(1 + REPEATS):
            clock = [time.perf_counter()]
            pixels = images.read_image(photo)
            clock.append(time.perf_counter())
            prepared = prepare(predictor, pixels)
            clock.append(time.perf_counter())
            picture = predictor(*prepared.seen)
            clock.append(time.perf_counter())
            rendered = finish(predictor, pixels, prepared, picture)
            clock.append(time.perf_counter())
            images.write_image(Path(folder) / "rendered.jpg", rendered, like=photo, quality=QUALITY)
            clock.append(time.perf_counter())
            for stage, seconds in zip(STAGES, np.diff(clock), strict=True):
                times[stage].append(1000 * float(seconds))
    height, width = pixels.shape[:2]
    return PhotoCost(
        width=width,
        height=height,
        bytes=photo.stat().st_size,
        stages_ms={stage: samples[1:] for stage, samples in times.items()},
        peak_mb=peak_resident_mb(),
    )


def _measure(arguments: argparse.Namespace) -> int:
    setting = Setting(arguments.kernels, arguments.threads)
    with limited_memory(arguments.model, setting):
        cost = measure(arguments.model, setting, arguments.photo)
    print(json.dumps(to_json(cost)))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The process that the host executor starts: prints one JSON object, errors are one line and exit code 2."""
    parser = cli.Parser(prog="python -m benchmark.photo", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--kernels", choices=CPU_KERNELS, default=XNNPACK)
    parser.add_argument("--threads", type=int, default=1)
    return cli.run(_measure, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())

"""One probe of this machine with numpy, in a process of its own: `python -m benchmark.probe_worker gemm|copy`.

Prints one JSON object. How many threads numpy's matrix product takes is set by the environment, before numpy is loaded.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmark.records import to_json
from pynet_bokeh import cli

SECONDS = 1.5
MATRIX = 1024
BYTES = 256_000_000  # of each array together; more than caches hold


@dataclass(frozen=True)
class Rate:
    """Multiply-accumulates or bytes per second, the best of many runs."""

    per_second: float


def gemm() -> Rate:
    """numpy's float32 matrix product."""
    generator = np.random.default_rng(0)
    left, right = (generator.standard_normal((MATRIX, MATRIX), np.float32) for _ in range(2))
    product = np.empty_like(left)
    return Rate(MATRIX**3 / fastest(lambda: np.matmul(left, right, out=product)))


def copy(threads: int) -> Rate:
    """Memory traffic: copying, which reads and writes, and reading alone; whichever moves more."""
    count = BYTES // 4 // threads
    sources = [np.ones(count, np.float32) for _ in range(threads)]
    targets = [np.zeros(count, np.float32) for _ in range(threads)]
    moved = threads * count * 4
    with ThreadPoolExecutor(threads) as pool:
        copying = fastest(lambda: list(pool.map(np.copyto, targets, sources)))
        reading = fastest(lambda: list(pool.map(np.max, sources)))
    return Rate(max(2 * moved / copying, moved / reading))


def fastest(run: Callable[[], object]) -> float:
    """The shortest of the runs that fit into SECONDS, in seconds."""
    run()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m benchmark.probe_worker", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("gemm", "copy"))
    parser.add_argument("--threads", type=cli.positive, default=1)
    arguments = parser.parse_args(argv)
    rate = gemm() if arguments.what == "gemm" else copy(arguments.threads)
    print(json.dumps(to_json(rate)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

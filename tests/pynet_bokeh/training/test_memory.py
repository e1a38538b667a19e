"""A training's memory stays what it was, however long it goes on and however many pictures there are."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pynet_bokeh import weights
from pynet_bokeh.images import write_image
from pynet_bokeh.models import registry
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.run import open_or_create

ROOT = Path(__file__).parents[3]
STEPS = 500
WARM = 200  # steps until the allocator has met every size
FEW, MANY = 20, 2000  # pairs; many are 370 MB when decoded
SETTINGS = [
    "network_config.width=0.25",
    "data.crop=[64, 64]",
    "data.validation_crop=[64, 64]",
    "data.validation_count=4",
]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


def write_noise(folder, count):
    """Pairs of noise, 160×192, and four held out."""
    rng = np.random.default_rng(0)
    for number in range(count + 4):
        for name in ("original", "bokeh"):
            picture = rng.integers(0, 256, (160, 192, 3), np.uint8)
            write_image(folder / ("train" if number < count else "test") / name / f"{number}.jpg", picture, quality=80)
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return {count: write_noise(tmp_path_factory.mktemp("pairs") / str(count), count) for count in (FEW, MANY)}


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """A run whose levels count as finished, for a finer level to start from."""
    run = open_or_create(tmp_path_factory.mktemp("untrained") / "run", recipes.load("pynet_paper", SETTINGS))
    run.save()
    network = registry.build(run.recipe.network, run.recipe.network_config)
    for level in network.pictures:
        weights.save(network.variables(level), run.weights(level))
    return run.folder


def resident_sets(folder, level, data, untrained):
    """The resident set in MB at each sampling of a training of STEPS steps, as [(step, MB)]; validations and
    checkpoints are among the steps."""
    every = {"steps": STEPS, "batch": 4, "log_every": 5, "validate_every": 50, "checkpoint_every": 50}
    settings = [*SETTINGS, *(f"level.{level}.{name}={value}" for name, value in every.items())]
    command = [sys.executable, "-m", "pynet_bokeh", "train", "--run", str(folder), "--recipe", "pynet_paper"]
    command += ["--level", str(level), "--data", str(data), *(word for one in settings for word in ("--set", one))]
    command += ["--start-from", str(untrained)]
    journal, samples = folder / f"level{level}" / "metrics.jsonl", []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None:
                time.sleep(0.1)
                lines = journal.read_text().splitlines() if journal.is_file() else []
                pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1:2]
                if lines and pages and lines[-1].endswith("}"):
                    samples.append((json.loads(lines[-1])["step"], int(pages[0]) * os.sysconf("SC_PAGE_SIZE") / 1e6))
        finally:
            process.kill()
        assert process.returncode == 0, process.stderr.read()
    return samples


def median_between(samples, first, last):
    return float(np.median([size for step, size in samples if first <= step < last]))


@pytest.mark.parametrize("level", [7, 3])
def test_a_long_training_stays_as_large_as_it_was(tmp_path, pairs, untrained, level):
    samples = {count: resident_sets(tmp_path / str(count), level, pairs[count], untrained) for count in (FEW, MANY)}
    half = (WARM + STEPS) // 2
    early = {count: median_between(found, WARM, half) for count, found in samples.items()}
    late = {count: median_between(found, half, STEPS) for count, found in samples.items()}
    print(f"level {level}: MB at steps {WARM}-{half} {early}, at {half}-{STEPS} {late}")
    for count in (FEW, MANY):
        assert late[count] - early[count] < 5
    assert abs(late[MANY] - late[FEW]) < 30

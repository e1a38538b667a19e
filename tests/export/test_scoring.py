"""The process that runs files, when its user is interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from export.verify import Case, save_cases

ROOT = Path(__file__).parents[2]
COMMAND = """
import sys, time
from pathlib import Path
from export.scoring import scorer
from pynet_bokeh import cli

def command(_):
    with scorer(Path(sys.argv[1])) as process:
        print(process.score(Path(sys.argv[2]))["error"], flush=True)
        time.sleep(60)

raise SystemExit(cli.run(command, None))
"""


def test_ctrl_c_is_one_line(tiny_models, tmp_path):
    """The terminal sends it to every process of the group."""
    picture = np.full((64, 64, 3), 0.5, np.float32)
    save_cases(tmp_path / "cases.npz", [Case("grey", picture, None, None, picture, None)])
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path / "cases.npz"), str(tiny_models / "plain.tflite")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "0.0\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    said = [line for line in err.splitlines() if "XNNPACK delegate" not in line]
    assert said == ["interrupted; nothing half-written was left"]
    assert process.returncode == 130

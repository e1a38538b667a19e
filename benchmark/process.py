"""A worker's answer from a fresh process, or one line on why there is none."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark.records import from_json
from pynet_bokeh.errors import UserError

REPOSITORY = Path(__file__).resolve().parent.parent


def ask(
    kind,
    module: str,
    arguments: Sequence[str],
    *,
    subject: str,
    runner: str,
    setting: str,
    seconds: float,
    hint: str = "",
    environment: Mapping[str, str] | None = None,
):
    """Runs `python -m module arguments` and builds a `kind` from the JSON in the last line that it prints.

    Args:
      subject: what is measured; every error begins with it.
      runner: what runs in there, for errors that the worker could not tell itself.
      setting: in which way; stands behind those errors in brackets.
      seconds: a process that takes longer is ended.
      hint: what else helps then.
      environment: variables beside those of this process.

    Raises UserError when the worker fails, is killed or takes too long.
    """
    # The package may run from a checkout that is not installed, whatever the current folder.
    search = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env={**os.environ, **(environment or {}), "PYTHONPATH": search},
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{subject}: took longer than {seconds:.0f} s in one process ({setting}); "
            f"give it more with --process-seconds{hint}"
        ) from error
    if done.returncode:
        raise UserError(_failure(done, subject, runner, setting))
    return from_json(kind, json.loads(done.stdout.splitlines()[-1]), where=f"{subject}: ")


def _failure(done: subprocess.CompletedProcess, subject: str, runner: str, setting: str) -> str:
    """One line on why a worker failed: its own error, or what its exit status says."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if own:
        return own[-1] if subject in own[-1] else f"{subject}: {own[-1]}"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        memory = ", most likely for lack of memory" if name == "SIGKILL" else ""
        return f"{subject}: {runner} was ended by {name}{memory} ({setting})"
    return f"{subject}: {runner} failed ({setting}): {lines[-1] if lines else 'no message'}"

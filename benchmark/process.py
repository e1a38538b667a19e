"""A worker's answer from a fresh process, or one line on why there is none."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
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
      hint: what helps then, such as "; give it more with --process-seconds".
      environment: variables beside those of this process.

    Raises UserError when the worker fails, is killed or takes too long.
    """
    # The package may run from a checkout that is not installed, whatever the current folder.
    search = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, **(environment or {}), "PYTHONPATH": search}
    try:
        done = run([sys.executable, "-m", module, *arguments], environment, seconds)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{subject}: took longer than {seconds:g} s in one process ({setting}){hint}") from error
    if done.returncode:
        raise UserError(_failure(done, subject, runner, setting))
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise UserError(
            f"{subject}: {runner} ended without an answer ({setting}); it printed {done.stdout[-60:]!r}"
        ) from error
    return from_json(kind, answer, where=f"{subject}: ")


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess:
    """As subprocess.run, but no interruption leaves the process running: not even one while it is being started."""
    worker = None
    try:
        with _signals_held_back():
            worker = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=dict(environment),
            )
        printed, errors = worker.communicate(timeout=seconds)
    except BaseException:
        if worker:
            worker.kill()
            worker.communicate()
        raise
    return subprocess.CompletedProcess(command, worker.returncode, printed, errors)


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    """What Ctrl-C and SIGTERM do in this program is done at the end, when they come meanwhile.

    By handlers, not by a mask: that one would be the new process's, too.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    came: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in came[:1]:
        handlers[number](number, None)


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

"""The official `benchmark_model` on a phone: pushed there with the models, run, read, and taken away again."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from benchmark import benchmark_model, phone
from benchmark.adb import Adb, Answer, Silent, quoted
from benchmark.host import HostExecutor
from benchmark.machine import Machine
from benchmark.samples import Effort, Latency, Memory, Setting, Signature
from pynet_bokeh.errors import UserError

FOLDER = "/data/local/tmp/pynet_bokeh_benchmark"  # where the shell user may execute
_OUTSIDE_SECONDS = 30.0  # beyond the runs themselves: loading, compiling shaders
_KILLED = 128 + 9
_ABORTED = 128 + 6


class PhoneTool:
    """Runs `benchmark_model` once per measurement on one phone.

    Use as a context: it begins by clearing what an earlier run left on the phone, and ends by taking its own away,
    also after Ctrl-C.

    Args:
      adb: the phone.
      tool: the `benchmark_model` binary for it, on this machine.
      pause: seconds of rest before each timed process.
      cool_down: seconds that a hot phone is given, at most, to stop throttling before each timed process.
      process_seconds: a process that takes longer is ended, which is an error.
    """

    def __init__(
        self, adb: Adb, tool: Path, *, pause: float = 2.0, cool_down: float = 120.0, process_seconds: float = 600.0
    ):
        self._adb = adb
        self._tool = Path(tool)
        self._pause = pause
        self._cool_down = cool_down
        self._seconds = process_seconds
        self._pushed: dict[Path, str] = {}
        self.name = f"benchmark_model on phone {adb.serial}"

    def __enter__(self) -> "PhoneTool":
        check_tool(self._tool)
        self._clear()
        try:
            self._require(self._adb.shell(f"mkdir -p {FOLDER}"), FOLDER)
            self._adb.push(self._tool, f"{FOLDER}/benchmark_model")
            self._require(self._adb.shell(f"chmod 755 {FOLDER}/benchmark_model"), FOLDER)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(UserError):  # a phone that is gone keeps its folder until the next run
            self._clear()

    def machine(self) -> Machine:
        return phone.describe(self._adb, runtime=f"benchmark_model ({self._tool.name})")

    def inspect(self, model: Path) -> Signature:
        """Opened on this machine: a phone's tool tells nothing of inputs and outputs."""
        return HostExecutor().inspect(model)

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        options = benchmark_model.latency_options(setting, effort)
        remote = self._there(model)
        before = phone.cool_down(self._adb, pause=self._pause, limit=self._cool_down)
        answer = self._run(model, setting, f"{self._start(remote, options)} 2>&1")
        after = phone.state(self._adb)
        with _naming(model, setting):
            measured = benchmark_model.latency(answer.text, setting)
        return Latency(**{**vars(measured), "before": before, "after": after})

    def memory(self, model: Path, setting: Setting) -> Memory:
        """Looks at the process's VmHWM while it runs, as on the host; the tool's own figure is only what it grew by."""
        start = self._start(self._there(model), benchmark_model.memory_options(setting))
        answer = self._run(
            model,
            setting,
            f"{start} >{FOLDER}/log 2>&1 &\n"
            f"while kill -0 $! 2>/dev/null; do grep VmHWM /proc/$!/status 2>/dev/null; sleep 0.05; done\n"
            f"wait $!; ended=$?; cat {FOLDER}/log; (exit $ended)",
        )
        peaks = [int(kilobytes) * 1024 / 1e6 for kilobytes in re.findall(r"^VmHWM:\s*(\d+) kB", answer.text, re.M)]
        if not peaks:
            raise UserError(f"{model}: phone {self._adb.serial} doesn't show its memory ({setting})")
        grown = benchmark_model.footprint_mb(answer.text)
        return Memory(baseline_mb=None if grown is None else max(0.0, peaks[-1] - grown), peak_mb=max(peaks))

    def _start(self, remote: str, options: list[str]) -> str:
        """The command line in a shell of its own that leaves its process number behind for `_clear`."""
        command = quoted(f"{FOLDER}/benchmark_model", f"--graph={remote}", *options)
        return f"sh -c {quoted(f'echo $$ >{FOLDER}/pid; exec {command}')}"

    def _run(self, model: Path, setting: Setting, command: str) -> Answer:
        try:
            answer = self._adb.shell(command, seconds=self._seconds + _OUTSIDE_SECONDS)
        except Silent as error:
            self._end()
            raise UserError(
                f"{model}: took longer than {self._seconds:.0f} s in one process "
                f"({setting}, phone {self._adb.serial}); give it more with --process-seconds"
            ) from error
        if answer.code:
            raise UserError(f"{model}: {self._failure(answer)} ({setting}, phone {self._adb.serial})")
        return answer

    def _failure(self, answer: Answer) -> str:
        if answer.code == _KILLED:
            return "benchmark_model was ended by SIGKILL, most likely for lack of memory"
        if answer.code == _ABORTED and "bad_alloc" in answer.text:
            return "benchmark_model ran out of memory"
        return f"benchmark_model failed: {benchmark_model.failure(answer.text)}"

    def _there(self, model: Path) -> str:
        """The model's path on the phone; pushed when it is first asked for."""
        model = Path(model)
        if model not in self._pushed:
            remote = f"{FOLDER}/{len(self._pushed)}.tflite"  # whatever its name: no quoting, no clashes
            self._adb.push(model, remote)
            self._pushed[model] = remote
        return self._pushed[model]

    def _end(self) -> None:
        """Ends a process that still runs there, as after Ctrl-C; not another one that got its number since."""
        self._adb.shell(f"pid=$(cat {FOLDER}/pid) && grep -q {FOLDER} /proc/$pid/cmdline && kill $pid")

    def _clear(self) -> None:
        self._end()
        self._adb.shell(f"rm -rf {FOLDER}")
        self._pushed.clear()

    def _require(self, answer: Answer, subject: str) -> None:
        if answer.code:
            reason = "its storage is full: free some space" if "No space left" in answer.text else answer.text.strip()
            raise UserError(f"{subject}: can't be made on phone {self._adb.serial} ({reason})")


def check_tool(path: Path) -> None:
    """Raises UserError unless there is a file."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; --benchmark-model wants the binary built for the phone")


@contextlib.contextmanager
def _naming(model: Path, setting: Setting) -> Iterator[None]:
    try:
        yield
    except UserError as error:
        raise UserError(f"{model}: {error} ({setting})") from error

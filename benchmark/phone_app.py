"""The Android demo's headless benchmark on a phone, with the model that is packed in the app."""

import contextlib
import itertools
import json
import time
from pathlib import Path

from benchmark import phone
from benchmark.adb import Adb, quoted
from benchmark.host import HostExecutor
from benchmark.machine import Machine
from benchmark.records import from_json
from benchmark.samples import Effort, Latency, Memory, Setting, Signature
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import sha256

PACKAGE = "io.github.pynetbokeh.demo"
ACTIVITY = f"{PACKAGE}/.app.BenchmarkActivity"
FILES = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"  # the app's external files, which adb may read
FORMAT = "pynet-bokeh device benchmark"
WARMUP = 10  # runs, where the warm-up should last until steady: the app counts
MEMORY_RUNS = 3
_LOOK_EVERY = 0.5  # seconds
_START_SECONDS = 15.0  # until the app's process must be there


class PhoneApp:
    """Starts the demo app anew for every measurement, with what to measure as an intent's extras, and reads its result.

    An app runs under other rules than a shell command (its own scheduling group, its own share of memory), so its
    figures are nearer to what a user meets; and its samples come back raw. It measures the one model it was built with.
    It times a number of runs, not a time: of `Effort`, `warmup` and `min_runs` count.

    Args as for `phone_tool.PhoneTool`. Use as a context: the results are taken off the phone, the app is ended.
    """

    def __init__(self, adb: Adb, *, pause: float = 2.0, cool_down: float = 120.0, process_seconds: float = 600.0):
        self._adb = adb
        self._pause = pause
        self._cool_down = cool_down
        self._seconds = process_seconds
        self._number = itertools.count()
        self.name = f"demo app on phone {adb.serial}"

    def __enter__(self) -> "PhoneApp":
        if PACKAGE not in self._adb.shell(f"pm path {PACKAGE}").text:
            raise UserError(
                f"phone {self._adb.serial}: the demo app ({PACKAGE}) is not installed; adb install its APK, with the "
                "model in it"
            )
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(UserError):
            self._adb.shell(f"am force-stop {PACKAGE}")
            self._adb.shell(f"rm -f {FILES}/from_host_*.json")

    def machine(self) -> Machine:
        return phone.describe(self._adb, runtime=f"the demo app's TensorFlow Lite ({PACKAGE})")

    def inspect(self, model: Path) -> Signature:
        """Opened on this machine; whether the app has it is seen when it is measured."""
        return HostExecutor().inspect(model)

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        before = phone.cool_down(self._adb, pause=self._pause, limit=self._cool_down)
        warmup = WARMUP if effort.warmup is None else effort.warmup
        measured = self._measure(model, setting, warmup=warmup, runs=effort.min_runs)
        latency = from_json(Latency, measured["latency"], where=f"{model}: the app's result: ")
        return Latency(**{**vars(latency), "before": before, "after": phone.state(self._adb)})

    def memory(self, model: Path, setting: Setting) -> Memory:
        measured = self._measure(model, setting, warmup=0, runs=MEMORY_RUNS)
        if measured["memory"].get("peak_mb") is None:
            raise UserError(f"{model}: phone {self._adb.serial} doesn't show its memory ({setting})")
        return from_json(Memory, measured["memory"], where=f"{model}: the app's result: ")

    def _measure(self, model: Path, setting: Setting, *, warmup: int, runs: int) -> dict:
        """The app's only measurement of a run of its own."""
        name = f"from_host_{next(self._number)}.json"
        extras = {
            "backends": setting.kernels,
            "threads": setting.threads,
            "warmup": warmup,
            "runs": runs,
            "file": name,
        }
        words = [word for key, value in extras.items() for word in ("--es", key, value)]
        self._adb.shell(f"am force-stop {PACKAGE}; rm -f {FILES}/{name}")
        started = self._adb.shell(quoted("am", "start", "-W", "-n", ACTIVITY, *words))
        if started.code or "Error" in started.text:
            reason = next((line for line in started.text.splitlines() if "Error" in line), started.text.strip())
            raise UserError(f"{model}: the demo app can't be started on phone {self._adb.serial} ({reason})")
        content = self._wait(model, setting, f"{FILES}/{name}")
        self._adb.shell(f"rm -f {FILES}/{name}")
        return self._checked(model, setting, content)

    def _wait(self, model: Path, setting: Setting, remote: str) -> dict:
        """Looks for the result until it is there, the app is gone, or time is up."""
        began, seen = time.monotonic(), False
        while time.monotonic() - began < self._seconds:
            # One command: a look disturbs the runs. The app writes the file whole, under another name first.
            answer = self._adb.shell(f"cat {remote} 2>/dev/null || pidof {PACKAGE} >/dev/null || echo gone")
            text = answer.text.strip()
            if text and text != "gone":
                try:
                    return json.loads(text)
                except ValueError as error:
                    raise UserError(f"{model}: the app's result is not JSON ({error})") from error
            seen = seen or not text
            if text == "gone" and (seen or time.monotonic() - began > _START_SECONDS):
                raise UserError(
                    f"{model}: the demo app ended without a result ({setting}, phone {self._adb.serial}), most likely "
                    "for lack of memory; adb logcat has more"
                )
            time.sleep(_LOOK_EVERY)
        raise UserError(
            f"{model}: took longer than {self._seconds:.0f} s in one process ({setting}, phone {self._adb.serial}); "
            "give it more with --process-seconds"
        )

    def _checked(self, model: Path, setting: Setting, content: dict) -> dict:
        where = f"({setting}, phone {self._adb.serial})"
        if "error" in content:
            raise UserError(f"{model}: {content['error']} {where}")
        if content.get("format") != FORMAT or content.get("format_version") != 1:
            raise UserError(
                f"{model}: the demo app's result has a format that is not known here; install its newest APK"
            )
        if content["model"]["sha256"] != sha256(model):
            raise UserError(
                f"{model}: the demo app on phone {self._adb.serial} holds another model ({content['model']['name']}); "
                "put this one into its assets, build and install it"
            )
        if content["failures"]:
            raise UserError(f"{model}: {content['failures'][0]['reason']} {where}")
        if not content["measurements"]:
            raise UserError(f"{model}: the demo app measured nothing {where}")
        return content["measurements"][0]

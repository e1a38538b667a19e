"""The command `benchmark run`: options in, results and table out, for this machine or for phones."""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import run_options
from benchmark.run_options import HOST, PHONE_PAUSE
from benchmark.samples import GPU, Effort, Setting
from pynet_bokeh import cli, files, tflite_files
from pynet_bokeh.errors import UserError

if TYPE_CHECKING:  # numpy, which --help does without
    from benchmark.executor import Executor
    from benchmark.results import Failure, Results
    from benchmark.unfinished import Conditions, Unfinished

MADE_UP = "12MP"


def add(commands) -> None:
    """Adds the command to argparse's subparsers."""
    run_options.add(commands).set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from benchmark import budget, unfinished, verdict_command

    run_options.settle(arguments)
    limits = budget.read(arguments.budget) if arguments.budget else None
    paths = _checked(arguments)
    places = _places(arguments)
    for suffix, _ in places:
        goes_on = arguments.out and unfinished.beside(_suffixed(arguments.out, suffix)).exists()
        for path in _files(arguments, suffix):
            files.refuse_overwriting(path, force=arguments.force or goes_on)
    _warn_of_failed(paths)
    failures, judged, kept, over = 0, 0, [], True
    for suffix, place in places:
        try:
            with place as executor, _photo(arguments.photo) as photo:
                found = _measure(arguments, executor, paths, photo, suffix)
        except UserError as error:
            if len(places) == 1:
                raise
            print(f"error: {error}", file=sys.stderr)  # the other phones go on
            failures, over = failures + 1, False
            continue
        measured = found.results
        _hand_out(arguments, measured, suffix)
        kept += [found.kept] if found.kept else []
        over = over and not measured.broken_off
        failures += len(measured.failures)
        if limits and measured.models:
            print()
            verdict = verdict_command.show(limits, [Path(model.path) for model in measured.models], measured)
            judged = judged if judged == verdict_command.EXIT_FAILS else verdict or judged
    for one in kept:
        if over:
            one.remove()
        elif one.count:
            print(f"kept: {one.path}; the same command goes on from there", file=sys.stderr)
    return cli.EXIT_BAD_INPUT if failures else judged


def _checked(arguments: argparse.Namespace) -> list[Path]:
    """The models, when they and every other file that is read pass for what they should be, and what is written can be.

    Whether it is there already depends on the phones.
    """
    from benchmark import models, phone_tool

    paths = tflite_files.find(arguments.models)
    for path in paths:
        models.check(path)
    if arguments.benchmark_model:
        phone_tool.check_tool(arguments.benchmark_model)
    if arguments.photo not in (None, MADE_UP):
        from pynet_bokeh import images

        images.header_size(Path(arguments.photo))
    for path in filter(None, (arguments.out, arguments.markdown)):
        files.check_output(path, force=True)
    return paths


def _warn_of_failed(paths: Sequence[Path]) -> None:
    from pynet_bokeh import sidecar

    for warning in filter(None, map(sidecar.warning, paths)):
        print(warning, file=sys.stderr)


def _files(arguments: argparse.Namespace, suffix: str) -> list[Path]:
    """What is written for one place."""
    return [_suffixed(path, suffix) for path in (arguments.out, arguments.markdown) if path]


def _places(arguments: argparse.Namespace) -> list[tuple[str, contextlib.AbstractContextManager["Executor"]]]:
    """The executors to measure with, in turn, each with what sets its files apart from the others'."""
    from benchmark import adb, host, phone_app, phone_tool

    if arguments.on == HOST:
        executor = host.HostExecutor(process_seconds=arguments.process_seconds, pause=arguments.pause or 0.0)
        return [("", contextlib.nullcontext(executor))]
    phones = adb.choose(arguments.serial, program=arguments.adb)
    patience = {
        "pause": PHONE_PAUSE if arguments.pause is None else arguments.pause,
        "cool_down": arguments.cool_down,
        "process_seconds": arguments.process_seconds,
    }
    return [
        (
            f"-{one.serial.replace(':', '-')}" if len(phones) > 1 else "",
            phone_app.PhoneApp(one, **patience)
            if arguments.app
            else phone_tool.PhoneTool(one, arguments.benchmark_model, **patience),
        )
        for one in phones
    ]


@contextlib.contextmanager
def _photo(wanted: str | None) -> Iterator[Path | None]:
    """The photo to render; one that was made up is gone afterwards."""
    if wanted != MADE_UP:
        yield wanted and Path(wanted)
        return
    from benchmark import photo

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.jpg"
        photo.write_made_up(path)
        yield path


@dataclass(frozen=True)
class _Measured:
    """A place's results, and the file that they were gathered in; None without --out."""

    results: "Results"
    kept: "Unfinished | None"


def _measure(
    arguments: argparse.Namespace, executor: "Executor", paths: Sequence[Path], photo: Path | None, suffix: str
) -> _Measured:
    from benchmark.progress import Progress
    from benchmark.schedule import measure
    from benchmark.unfinished import Unfinished, beside

    progress = Progress(sys.stderr)
    settings = _settings(arguments, executor)
    effort = Effort(
        warmup=arguments.warmup,
        min_runs=arguments.runs,
        min_seconds=arguments.min_seconds,
        max_seconds=arguments.max_seconds,
    )
    kept = None
    if arguments.out:
        conditions = _conditions(arguments, executor, paths, settings, effort, photo)
        kept = Unfinished(beside(_suffixed(arguments.out, suffix)), conditions, force=arguments.force)
        if kept.count:
            print(f"going on from {kept.path}: {kept.count} processes are done", file=sys.stderr)
    try:
        results = measure(
            executor,
            paths,
            settings,
            rounds=arguments.rounds,
            precision=arguments.precision or None,
            max_rounds=arguments.max_rounds,
            effort=effort,
            photo=photo,
            so_far=kept.answers if kept else (),
            keep=kept.keep if kept else lambda answer: None,
            announce=progress,
            left_out=_tell,
        )
    except KeyboardInterrupt as interruption:
        if kept and kept.count:
            interruption.args = (
                f"interrupted; {kept.count} processes' answers are kept in {kept.path}, and the same command goes on "
                "from there",
            )
        raise
    finally:
        progress.clear()
    return _Measured(kept.whole(results) if kept else results, kept)


def _conditions(
    arguments: argparse.Namespace,
    executor: "Executor",
    paths: Sequence[Path],
    settings: Sequence[Setting],
    effort: Effort,
    photo: Path | None,
) -> "Conditions":
    from benchmark import unfinished

    return unfinished.Conditions(
        executor=executor.name,
        machine=executor.machine(),
        models=unfinished.identities(paths),
        settings=list(settings),
        rounds=arguments.rounds,
        precision=arguments.precision or None,
        max_rounds=arguments.max_rounds,
        effort=effort,
        pause=arguments.pause,
        cool_down=arguments.cool_down,
        photo=files.sha256(photo) if photo and arguments.photo != MADE_UP else arguments.photo,
        tool=files.sha256(arguments.benchmark_model) if arguments.benchmark_model else None,
    )


def _settings(arguments: argparse.Namespace, executor: "Executor") -> list[Setting]:
    """Every kernels with every number of threads; the GPU once."""
    threads = arguments.threads or sorted({1, min(4, executor.machine().cores)})
    settings = [
        Setting(kernels, count) for kernels in arguments.kernels for count in ([1] if kernels == GPU else threads)
    ]
    return list(dict.fromkeys(settings))


def _hand_out(arguments: argparse.Namespace, measured: "Results", suffix: str) -> None:
    """Writes the files asked for, and prints the table and what failed while it was measured."""
    from benchmark import report, results

    if measured.measurements:
        if arguments.out:
            results.write(_suffixed(arguments.out, suffix), measured)
        if arguments.markdown:
            with files.whole_file(_suffixed(arguments.markdown, suffix)) as temporary:
                temporary.write_text(report.markdown(measured), encoding="utf-8")
        print(report.terminal(measured), end="")
    for failure in measured.failures:
        if failure.setting:  # the others were told before anything was measured
            _tell(failure)


def _tell(failure: "Failure") -> None:
    print(f"error: {failure.reason}", file=sys.stderr)


def _suffixed(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.stem}{suffix}{path.suffix}")

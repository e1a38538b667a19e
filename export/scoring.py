"""What .tflite files draw, file after file, in one process that must not import tensorflow; and how long they take."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from export.verify import IDENTICAL, Case, joint_psnr, load_cases
from pynet_bokeh import images
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.runtime import TflitePredictor

TIMED_RUNS = 15
AMPLIFIED = 16  # times, in the picture of the difference


def outputs_of(path: Path, cases: Sequence[Case]) -> list[np.ndarray]:
    """What a model draws."""
    predictor = TflitePredictor(path, any_scale=True)
    return [predictor(case.image, case.extra, case.strength) for case in cases]


def score(path: Path, cases: Sequence[Case], pictures: Sequence[np.ndarray]) -> dict:
    """`error`: mean squared difference to `pictures`, in 8-bit steps; `drop`: decibels that all pictures together lost
    against the targets compared with the float network's, None without targets."""
    outputs = outputs_of(path, cases)
    pairs = list(zip(cases, outputs, strict=True))
    differences = (output - picture for output, picture in zip(outputs, pictures, strict=True))
    error = np.mean([np.mean(np.square(difference)) for difference in differences]) * 255**2
    told = [(case, output) for case, output in pairs if case.target is not None]
    drop = None
    if told:
        before = joint_psnr([psnr(case.reference, case.target) for case, _ in told])
        drop = before - joint_psnr([psnr(output, case.target) for case, output in told])
    return {"error": float(error), "drop": drop}


def times(paths: Sequence[Path], case: Case) -> list[float]:
    """Median milliseconds of each model on all cores, the models taking turns."""
    predictors = [TflitePredictor(path, any_scale=True) for path in paths]
    taken: list[list[float]] = [[] for _ in paths]
    for turn in range(TIMED_RUNS + 1):
        for predictor, own in zip(predictors, taken, strict=True):
            before = time.perf_counter()
            predictor(case.image, case.extra, case.strength)
            if turn:  # the first run makes ready
                own.append(1000 * (time.perf_counter() - before))
    return [float(np.median(own)) for own in taken]


def draw(path: Path, cases: Sequence[Case], sheet: Path) -> dict:
    """Writes `sheet`, the float network's picture, the .tflite's and their difference, 16 times, around grey, of the
    case with the largest error. Returns its `name` and `psnr`."""
    outputs = outputs_of(path, cases)
    scores = [psnr(output, case.reference) for case, output in zip(cases, outputs, strict=True)]
    worst = int(np.argmin(scores))
    reference, output = cases[worst].reference, outputs[worst]
    difference = np.clip(0.5 + AMPLIFIED * (output - reference), 0.0, 1.0)
    picture = np.concatenate([reference, output, difference], axis=1)
    images.write_image(sheet, images.to_uint8(picture))
    return {"name": cases[worst].name, "psnr": min(scores[worst], IDENTICAL)}


class Scorer:
    """Asks the process; see `scorer`."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def _ask(self, **request):
        print(json.dumps(request), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise UserError("scoring: the process that runs the .tflite files has ended; see above")
        answer = json.loads(line)
        if "failure" in answer:
            raise UserError(f"scoring: {answer['failure']}")
        return answer["answer"]

    def compare_with(self, path: Path) -> None:
        """From now on errors are those to what this model draws; before, to the float network's pictures."""
        self._ask(compare_with=str(path))

    def score(self, path: Path, *, pictures: int | None = None) -> dict:
        """See `score`; of the first so many cases alone, or all."""
        return self._ask(score=str(path), pictures=pictures)

    def draw(self, path: Path, sheet: Path) -> dict:
        """See `draw`."""
        return self._ask(draw=str(path), sheet=str(sheet))

    def times(self, paths: Sequence[Path]) -> list[float]:
        """See `times`."""
        return self._ask(times=[str(path) for path in paths])


@contextlib.contextmanager
def scorer(cases: Path) -> Iterator[Scorer]:
    """Starts a process that scores files on the cases that verify.save_cases wrote to `cases`."""
    command = [sys.executable, "-m", "export.scoring", str(cases)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # In a session of its own Ctrl-C does not reach it: whoever asks it is interrupted, and ends it.
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        try:
            yield Scorer(process)
        except BaseException:
            process.kill()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):  # a request that it was ended before it read
                process.stdin.close()


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m export.scoring CASES`: a request a line, an answer a line, both JSON."""
    (path,) = sys.argv[1:] if argv is None else argv
    cases = load_cases(Path(path))
    pictures = [case.reference for case in cases]
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "score" in request:
                count = request["pictures"] or len(cases)
                answer = score(Path(request["score"]), cases[:count], pictures[:count])
            elif "compare_with" in request:
                pictures, answer = outputs_of(Path(request["compare_with"]), cases), None
            elif "draw" in request:
                answer = draw(Path(request["draw"]), cases, Path(request["sheet"]))
            else:
                answer = times([Path(one) for one in request["times"]], cases[0])
            print(json.dumps({"answer": answer}), flush=True)
        except UserError as failure:
            print(json.dumps({"failure": str(failure)}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Examples of a source as files, in the layout that pairs.open_pairs reads."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
from tqdm import tqdm

from pynet_bokeh.data.pairs import LENS_FILE, MAP_FOLDERS, SOURCE_FILE, read_radii
from pynet_bokeh.data.source import Source
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, write_json
from pynet_bokeh.images import write_image

_CHECKPOINT = 500  # pairs after which the radii so far are written


def write_pairs(
    source: Source, folder: Path, *, names: Sequence[str] | None = None, workers: int = 4, label: str = "writing"
) -> int:
    """Writes every example as `original/`, `bokeh/` and, where there is one, the fourth channel; returns how many.

    Photos are JPEG at quality 97, maps PNG. The radii of the examples go to `lens.json`. A pair that is there already
    is left alone, so an interrupted run goes on.

    Args:
        source: must be picklable, for the workers are processes.
        folder: made when it is missing.
        names: of the files, without suffix; six digits by default.
        workers: how many examples are made at once.
        label: of the progress bar.

    Raises UserError when a file can't be written, when the folder holds the pictures of another source, and when a
    worker was killed.
    """
    if workers < 1:
        raise UserError(f"workers: 1 or more is allowed; received {workers}")
    origin = {"source": source.describe(), "extra": source.extra, "count": len(source)}
    stamp = folder / SOURCE_FILE
    if stamp.is_file() and (found := read_json(stamp)) != origin:
        raise UserError(f"{folder}: holds {_said(found)}; give another folder for {_said(origin)}")
    write_json(stamp, origin)

    if names is None:
        names = [f"{index:06d}" for index in range(len(source))]
    radii = read_radii(folder)
    # A pair without its radius is made again: an interruption may have lost the latest ones.
    todo = [index for index, name in enumerate(names) if name not in radii or not _complete(source, folder, name)]
    unsaved = 0
    try:
        with tqdm(total=len(names), initial=len(names) - len(todo), desc=label, unit="pair") as progress:
            for name, radius in _made(source, folder, [(index, names[index]) for index in todo], workers):
                radii[name] = radius
                unsaved += 1
                progress.update()
                if unsaved == _CHECKPOINT:
                    _write_radii(folder, radii, names)
                    unsaved = 0
    finally:
        if unsaved:
            _write_radii(folder, radii, names)
    return len(todo)


def _said(origin) -> str:
    if not isinstance(origin, dict) or not {"source", "extra", "count"} <= origin.keys():
        return f"a {SOURCE_FILE} that no `data` command wrote"
    maps = f" with {origin['extra']} maps" if origin["extra"] else ""
    return f"{origin['count']} pairs{maps} of {origin['source']}"


def _made(
    source: Source, folder: Path, todo: list[tuple[int, str]], workers: int
) -> Iterator[tuple[str, float | None]]:
    """Writes the pairs `todo` (number, name) and yields each name and radius, in order."""
    if workers == 1 or len(todo) < 2:
        yield from (_write(source, folder, *one) for one in todo)
        return
    # Neighbouring pairs may share work (variants of one photo), so a worker gets a few at a time.
    at_once = max(1, min(16, len(todo) // (4 * workers)))
    context = multiprocessing.get_context("spawn")  # a fork would copy whatever threads hold here
    with ProcessPoolExecutor(workers, context, _start_worker, (source, folder)) as pool:
        try:
            yield from pool.map(_write_one, todo, chunksize=at_once)
        except BrokenProcessPool as error:
            raise UserError(
                f"{folder}: one of {workers} worker processes was killed, perhaps for lack of memory; "
                "the same command goes on with the pairs that are missing"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_work: tuple[Source, Path] | None = None  # of a worker process


def _start_worker(source: Source, folder: Path) -> None:
    global _work
    _work = source, folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process is told, and ends the work
    cv2.setNumThreads(1)  # the processes are the parallelism


def _write_one(one: tuple[int, str]) -> tuple[str, float | None]:
    return _write(*_work, *one)


def _targets(source: Source, folder: Path, name: str) -> list[Path]:
    targets = [folder / "original" / f"{name}.jpg", folder / "bokeh" / f"{name}.jpg"]
    if source.extra:
        targets.append(folder / MAP_FOLDERS[source.extra] / f"{name}.png")
    return targets


def _complete(source: Source, folder: Path, name: str) -> bool:
    return all(path.is_file() for path in _targets(source, folder, name))


def _write(source: Source, folder: Path, index: int, name: str) -> tuple[str, float | None]:
    example = source.read(index)
    if example.depth is not None:  # before the others, by which a pair counts as complete
        write_image(folder / MAP_FOLDERS["depth"] / f"{name}.png", example.depth)
    pictures = (example.image, example.bokeh, example.extra)
    for path, picture in zip(_targets(source, folder, name), pictures, strict=False):
        write_image(path, picture, quality=97)
    return name, example.radius


def _write_radii(folder: Path, radii: dict[str, float | None], names: Sequence[str]) -> None:
    content = {name: {"radius": radii[name] and round(radii[name], 3)} for name in names if name in radii}
    write_json(folder / LENS_FILE, content)

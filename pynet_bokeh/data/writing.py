"""Examples of a source as files, in the layout that pairs.open_pairs reads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from pynet_bokeh.data.pairs import MAP_FOLDERS
from pynet_bokeh.data.source import Example, Source
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, write_json
from pynet_bokeh.images import write_image


def write_pairs(source: Source, folder: Path, *, workers: int = 4, label: str = "writing") -> int:
    """Writes every example as `original/`, `bokeh/` and, where there is one, the fourth channel; returns how many.

    Photos are JPEG at quality 97, maps PNG. A pair that is there already is left alone, so an interrupted run goes on.
    Raises UserError when a file can't be written, or when the folder holds the pictures of another source.
    """
    origin = {"source": source.describe(), "extra": source.extra, "count": len(source)}
    stamp = folder / "source.json"
    if stamp.is_file() and read_json(stamp) != origin:
        raise UserError(f"{folder}: holds {read_json(stamp)}; give another folder for {origin}")
    write_json(stamp, origin)

    def write(index: int) -> int:
        stem = f"{index:06d}"
        targets = [folder / "original" / f"{stem}.jpg", folder / "bokeh" / f"{stem}.jpg"]
        if source.extra:
            targets.append(folder / MAP_FOLDERS[source.extra] / f"{stem}.png")
        if all(path.is_file() for path in targets):
            return 0
        example: Example = source.read(index)
        for path, picture in zip(targets, (example.image, example.bokeh, example.extra), strict=False):
            write_image(path, picture, quality=97)
        return 1

    with ThreadPoolExecutor(workers) as pool:
        return sum(tqdm(pool.map(write, range(len(source))), total=len(source), desc=label, unit="pair"))

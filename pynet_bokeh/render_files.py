"""Photo files into picture files: one, or a folder of them. TensorFlow is never imported."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from pynet_bokeh import cli, images
from pynet_bokeh.contact_sheet import strip
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import refuse_overwriting
from pynet_bokeh.render import check_extra, check_shape, render_photo
from pynet_bokeh.runtime import Predictor


@dataclass(frozen=True)
class RenderOptions:
    """How photos are rendered and written, the same for all photos of a folder.

    Attributes:
        strength: 0 the photo itself to 1 the rendering.
        picture_size: (height, width), see `render.render_photo`.
        side_by_side: write photo | rendering instead of the rendering alone.
        quality: 1 to 100, of JPEG and WebP.
        force: overwrite outputs that exist; the photos themselves are never overwritten.
    """

    strength: float = 1.0
    picture_size: tuple[int, int] | None = None
    side_by_side: bool = False
    quality: int = 95
    force: bool = False


DEFAULTS = RenderOptions()


def render_file(
    predictor: Predictor,
    photo: Path,
    output: Path,
    *,
    extra: Path | None = None,
    options: RenderOptions = DEFAULTS,
) -> None:
    """Renders one photo file into another, upright, with the photo's EXIF and colour profile.

    Args:
        predictor: the network.
        photo: any picture that can be read.
        output: `.jpg`, `.jpeg`, `.png` or `.webp`.
        extra: the map for a network that wants one.
        options: strength, sizes, what is written and how.

    Raises UserError that names the file or argument; nothing half-written is left.
    """
    photo, output = Path(photo), Path(output)
    images.writable_format(output)
    _refuse_originals(output, photo, extra)
    refuse_overwriting(output, force=options.force)
    check_extra(predictor, extra is not None)
    pixels = images.read_image(photo)
    given = None
    if extra is not None:
        given = images.read_map(extra)
        check_shape(given, pixels, name=str(extra))
    rendered = render_photo(
        predictor, pixels, extra=given, strength=options.strength, picture_size=options.picture_size
    )
    result = strip(pixels, rendered) if options.side_by_side else rendered
    images.write_image(output, result, like=photo, quality=options.quality)


def render_folder(
    predictor: Predictor,
    photos: Path,
    output: Path,
    *,
    extra: Path | None = None,
    options: RenderOptions = DEFAULTS,
) -> int:
    """Renders every picture of a folder into another folder, under the same name.

    A picture in a format that isn't written (TIFF, BMP, PPM) becomes a `.jpg`. `extra` is a folder with a map of the
    same stem for every photo. What is wrong with a single photo goes to standard error and the next one follows.

    Returns the number of photos that failed. Raises UserError, before any work, when a folder is missing or empty, an
    output exists and may not be overwritten, or two photos would become the same output.
    """
    photos, output = Path(photos), Path(output)
    check_extra(predictor, extra is not None)
    jobs = _jobs(images.picture_files(photos), output, force=options.force)
    maps = None if extra is None else {path.stem: path for path in images.picture_files(Path(extra))}
    failures = 0
    with tqdm(jobs.items(), desc="render", unit="photo") as progress:
        for target, photo in progress:
            try:
                if maps is not None and photo.stem not in maps:
                    raise UserError(f"{photo}: no map named {photo.stem}.* in {extra}")
                render_file(predictor, photo, target, extra=maps and maps[photo.stem], options=options)
            except UserError as error:
                failures += 1
                progress.write(f"error: {error}", file=sys.stderr)
    return failures


def render_command(arguments: argparse.Namespace, predictor: Predictor) -> int:
    """The command `render`: a photo or a folder; 0 when all went well, 2 when a photo of a folder failed."""
    given = {kind: path for kind in ("focus", "depth") if (path := getattr(arguments, kind)) is not None}
    wrong = [kind for kind in given if kind != predictor.extra]
    if wrong:
        takes = f"takes a {predictor.extra} map" if predictor.extra else "takes no map"
        raise UserError(f"--{wrong[0]}: {predictor.name} {takes}; received {given[wrong[0]]}")
    extra = given.get(predictor.extra)
    options = RenderOptions(
        strength=arguments.strength,
        picture_size=arguments.size,
        side_by_side=arguments.side_by_side,
        quality=arguments.quality,
        force=arguments.force,
    )
    if Path(arguments.photo).is_dir():
        failures = render_folder(predictor, arguments.photo, arguments.output, extra=extra, options=options)
        return cli.EXIT_BAD_INPUT if failures else 0
    render_file(predictor, arguments.photo, arguments.output, extra=extra, options=options)
    return 0


def _jobs(photos: list[Path], output: Path, *, force: bool) -> dict[Path, Path]:
    """Output → photo; refuses what would overwrite something."""
    if output.exists() and not output.is_dir():
        raise UserError(f"{output}: not a folder; a folder of photos is rendered into a folder")
    jobs: dict[Path, Path] = {}
    for photo in photos:
        suffix = photo.suffix if photo.suffix.lower() in images.WRITABLE else ".jpg"
        target = output / f"{photo.stem}{suffix}"
        if target in jobs:
            raise UserError(f"{photo}: would become {target}, and so would {jobs[target]}; rename one")
        _refuse_originals(target, photo)
        refuse_overwriting(target, force=force)
        jobs[target] = photo
    return jobs


def _refuse_originals(output: Path, *sources: Path | None) -> None:
    """Raises UserError when `output` is one of the files it is made from, whatever its path is spelled like."""
    for source in sources:
        if source is not None and output.exists() and source.exists() and output.samefile(source):
            raise UserError(f"{output}: is the original itself; give another name")

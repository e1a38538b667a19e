"""Photo files into picture files: one, or a folder of them. TensorFlow is never imported."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pynet_bokeh import cli, images
from pynet_bokeh.contact_sheet import strip
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import check_output, check_output_folder, refuse_overwriting
from pynet_bokeh.render import STRETCH, check_extra, found_focus, render_photo
from pynet_bokeh.runtime import Predictor
from pynet_bokeh.subject import Rectangle, mask_of_rectangle, part_of


@dataclass(frozen=True)
class RenderOptions:
    """How photos are rendered and written, the same for all photos of a folder.

    Attributes:
        strength: see `render.render_photo`.
        picture_size: (height, width), see `render.render_photo`.
        side_by_side: write photo | rendering instead of the rendering alone.
        quality: 1 to 100, of JPEG and WebP.
        force: overwrite outputs that exist; the photos themselves are never overwritten.
    """

    strength: float | None = None
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
    extra: Path | Rectangle | None = None,
    save_focus: Path | None = None,
    options: RenderOptions = DEFAULTS,
) -> None:
    """Renders one photo file into another, upright, with the photo's EXIF and colour profile.

    Where the photo is transparent the rendering is, too; a line on standard error says when the output can't be.

    Args:
        predictor: the network.
        photo: any picture that can be read.
        output: `.jpg`, `.jpeg`, `.png` or `.webp`.
        extra: the map for a network that wants one: a picture file, or a rectangle from which the mask of the subject
            is made, see `subject.mask_of_rectangle`.
        save_focus: picture file for the map as the network gets it, at the photo's size; without one, for what the
            network itself takes for being in focus.
        options: strength, sizes, what is written and how.

    Raises UserError that names the file or argument; nothing half-written is left.
    """
    photo, output = Path(photo), Path(output)
    check_files(photo, output, extra=extra, save_focus=save_focus, force=options.force)
    _render(predictor, photo, output, extra, save_focus, options)


def _render(
    predictor: Predictor,
    photo: Path,
    output: Path,
    extra: Path | Rectangle | None,
    save_focus: Path | None,
    options: RenderOptions,
) -> None:
    """`render_file` of files that were checked."""
    if save_focus is not None and extra is None and not predictor.finds_focus:
        raise UserError(
            f"{save_focus}: there is no focus mask to save, and {predictor.name} can't tell what it takes for the "
            "subject; choose it"
        )
    check_extra(predictor, extra is not None)
    pixels, alpha = images.read_with_alpha(photo)
    given = _map(extra, pixels)
    rendered = render_photo(
        predictor, pixels, extra=given, strength=options.strength, picture_size=options.picture_size
    )
    if save_focus is not None:
        if given is None:
            given = found_focus(predictor, pixels, picture_size=options.picture_size)
        images.write_image(save_focus, images.resize(given, pixels.shape[:2]))
    result = strip(pixels, rendered) if options.side_by_side else rendered
    if alpha is not None and (options.side_by_side or output.suffix.lower() not in images.KEEP_TRANSPARENCY):
        kept = "a single rendering as " + " or ".join(images.KEEP_TRANSPARENCY)
        tqdm.write(f"{photo}: its transparency is dropped; {kept} keeps it", file=sys.stderr)
    elif alpha is not None:
        result = np.dstack([result, alpha])
    images.write_image(output, result, like=photo, quality=options.quality)


def check_files(
    photo: Path,
    output: Path,
    *,
    extra: Path | Rectangle | None = None,
    save_focus: Path | None = None,
    force: bool = False,
) -> tuple[int, int]:
    """Raises the UserErrors of `render_file` that need no network, for opening one takes seconds.

    Returns the upright photo's (height, width).
    """
    size = images.header_size(photo)
    if isinstance(extra, tuple):
        part_of(extra, size)
    if save_focus is not None and Path(save_focus).resolve() == Path(output).resolve():
        raise UserError(f"{save_focus}: is the output; the mask needs another name")
    for written in (output, save_focus):
        if written is not None:
            if not Path(written).is_dir():
                images.writable_format(written)
            _refuse_originals(Path(written), photo, None if isinstance(extra, tuple) else extra)
            check_output(written, force=force)
    return size


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
    check_extra(predictor, extra is not None)
    jobs, maps = check_folders(photos, output, extra=extra, force=options.force)
    failures = 0
    with tqdm(jobs.items(), desc="render", unit="photo") as progress:
        for target, photo in progress:
            try:
                if extra is not None and photo.stem not in maps:
                    raise UserError(f"{photo}: no map named {photo.stem}.* in {extra}")
                _render(predictor, photo, target, maps.get(photo.stem), None, options)
            except UserError as error:
                failures += 1
                progress.write(f"error: {error}", file=sys.stderr)
    return failures


def check_folders(
    photos: Path, output: Path, *, extra: Path | None = None, force: bool = False
) -> tuple[dict[Path, Path], dict[str, Path]]:
    """Raises the UserErrors of `render_folder` that need no network, for opening one takes seconds.

    Returns output → photo, and the maps by their stems.
    """
    output = Path(output)
    found = images.picture_files(Path(photos))
    maps = {} if extra is None else {path.stem: path for path in images.picture_files(Path(extra))}
    if not output.is_dir() and (output.exists() or output.suffix.lower() in images.WRITABLE):
        what = "not a folder" if output.exists() else "named like a picture"
        raise UserError(f"{output}: {what}; a folder of photos is rendered into a folder")
    check_output_folder(output)
    jobs: dict[Path, Path] = {}
    for photo in found:
        suffix = photo.suffix if photo.suffix.lower() in images.WRITABLE else ".jpg"
        target = output / f"{photo.stem}{suffix}"
        if target in jobs:
            raise UserError(f"{photo}: would become {target}, and so would {jobs[target]}; rename one")
        _refuse_originals(target, photo, maps.get(photo.stem))
        refuse_overwriting(target, force=force)
        jobs[target] = photo
    return jobs, maps


def render_command(arguments: argparse.Namespace, open_predictor: Callable[[], Predictor]) -> int:
    """The command `render`: a photo or a folder; 0 when all went well, 2 when a photo of a folder failed."""
    photo, output, rectangle = Path(arguments.photo), Path(arguments.output), arguments.focus_rect
    size = None
    if photo.is_dir():
        for name in ("focus_rect", "save_focus"):
            if getattr(arguments, name) is not None:
                option = "--" + name.replace("_", "-")
                raise UserError(f"{option}: for one photo; {photo} is a folder (--focus takes a folder of masks)")
        check_folders(photo, output, extra=arguments.focus or arguments.depth, force=arguments.force)
    else:
        given = rectangle or arguments.focus or arguments.depth
        size = check_files(photo, output, extra=given, save_focus=arguments.save_focus, force=arguments.force)
        if arguments.quality is not None and images.writable_format(output) == "PNG":
            raise UserError(f"--quality: of JPEG and WebP; {output} is a PNG, which loses nothing")
    predictor = open_predictor()
    extra = _chosen(arguments, predictor)
    options = RenderOptions(
        strength=arguments.strength,
        picture_size=arguments.size,
        side_by_side=arguments.side_by_side,
        quality=DEFAULTS.quality if arguments.quality is None else arguments.quality,
        force=arguments.force,
    )
    if size is None:
        failures = render_folder(predictor, photo, output, extra=extra, options=options)
        return cli.EXIT_BAD_INPUT if failures else 0
    height, width = size
    if rectangle:
        left, top, right, bottom = part_of(rectangle, size)
        if (right - left, bottom - top) != rectangle[2:]:
            print(
                f"--focus-rect: reaches beyond {photo}, which is {width}x{height} pixels; "
                f"{left},{top},{right - left},{bottom - top} is taken",
                file=sys.stderr,
            )
    _render(predictor, photo, output, extra, arguments.save_focus, options)
    print(f"{output}: {width}x{height} by {predictor.name}")
    return 0


def _chosen(arguments: argparse.Namespace, predictor: Predictor) -> Path | Rectangle | None:
    """What was given for the network's fourth channel; raises UserError when it is for another kind of network."""
    maps = (("focus", arguments.focus), ("focus", arguments.focus_rect), ("depth", arguments.depth))
    for option, (kind, value) in zip(("--focus", "--focus-rect", "--depth"), maps, strict=True):
        if value is not None and kind != predictor.extra:
            takes = f"takes a {predictor.extra} map" if predictor.extra else "takes no map"
            raise UserError(f"{option}: {predictor.name} {takes}")
    return next((value for _, value in maps if value is not None), None)


def _map(extra: Path | Rectangle | None, photo: np.ndarray) -> np.ndarray | None:
    """uint8 [h,w] in the photo's shape, from a file or from what is in a rectangle of the photo; None of None."""
    if extra is None:
        return None
    if isinstance(extra, tuple):
        return mask_of_rectangle(photo, extra)
    given = images.read_map(extra)
    images.check_map_shape(given, photo.shape[:2], name=str(extra), stretch=STRETCH)
    return given


def _refuse_originals(output: Path, *sources: Path | None) -> None:
    """Raises UserError when `output` is one of the files it is made from, whatever its path is spelled like."""
    for source in sources:
        if source is not None and output.exists() and source.exists() and output.samefile(source):
            raise UserError(f"{output}: is the original itself; give another name")

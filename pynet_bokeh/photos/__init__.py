"""Three freely licensed photos with subject masks, for the demo and for verification (CREDITS.md)."""

import dataclasses
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class BundledPhoto:
    """A photo (.jpg) and its subject mask (.png, 255 on the subject)."""

    path: Path
    focus: Path


def bundled_photos() -> list[BundledPhoto]:
    """The photos in alphabetical order."""
    return [BundledPhoto(path, FOLDER / "focus" / f"{path.stem}.png") for path in sorted(FOLDER.glob("*.jpg"))]

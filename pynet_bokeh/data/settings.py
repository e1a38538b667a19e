"""Where a run's training pictures come from."""

import dataclasses
from pathlib import Path

from pynet_bokeh.data import pairs, scenes
from pynet_bokeh.data.source import Source
from pynet_bokeh.errors import UserError


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """The user's choice of pictures, kept with the run.

    Attributes:
      folder: root of the photo pairs, kept as an absolute path; None for the built-in scenes.
      split: fraction of the pairs held out for validation where the layout has no test folder.
      subset: train on this many randomly chosen pairs; None for all.
      seed: of the subset, the split and the scenes.
    """

    folder: str | None = None
    split: float = 0.1
    subset: int | None = None
    seed: int = 0

    def __post_init__(self):
        if self.folder is not None:
            object.__setattr__(self, "folder", str(Path(self.folder).resolve()))
        elif self.subset is not None:
            raise UserError("--subset: draws from a folder of photo pairs; give --data DIR")
        if self.seed < 0:
            raise UserError(f"--seed: 0 or more is allowed; received {self.seed}")

    def __str__(self) -> str:
        return f"{self.folder or 'built-in scenes'} (split {self.split}, subset {self.subset}, seed {self.seed})"

    def open(
        self, *, extra: str | None, scene_size: tuple[int, int], scene_count: int, vary: bool = False
    ) -> tuple[Source, Source]:
        """The training and the validation source, disjoint; `scene_count` scenes for validation.

        `vary` opens the scenes' lens differently wide, for networks that are told how wide.
        """
        if self.folder is None:
            options = {"extra": extra, "seed": self.seed, "vary": vary}
            return (
                scenes.SceneSource(scene_size, split="train", **options),
                scenes.SceneSource(scene_size, split="validation", count=scene_count, **options),
            )
        return pairs.open_pairs(self.folder, extra=extra, split=self.split, subset=self.subset, seed=self.seed)

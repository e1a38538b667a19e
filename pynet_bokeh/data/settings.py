"""Where a run's training pictures come from."""

import dataclasses
from pathlib import Path

from pynet_bokeh.data import pairs, scenes
from pynet_bokeh.data.source import Source, joined
from pynet_bokeh.errors import UserError

SPLIT = 0.1


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """The user's choice of pictures, kept with the run.

    Attributes:
      folders: roots of photo pairs, kept as absolute paths; none for the built-in scenes.
      split: fraction of the pairs held out for validation where a layout has no test folder.
      subset: train on this many randomly chosen pairs of each folder; None for all.
      seed: of the subset, the split and the scenes.
    """

    folders: tuple[str, ...] = ()
    split: float = SPLIT
    subset: int | None = None
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "folders", tuple(str(Path(folder).resolve()) for folder in self.folders))
        if len(set(self.folders)) < len(self.folders):
            raise UserError(f"--data: a folder is named twice; received {', '.join(self.folders)}")
        if self.subset is not None and not self.folders:
            raise UserError("--subset: draws from a folder of photo pairs; give --data DIR")
        if self.split != SPLIT and not self.folders:
            raise UserError("--split: of a folder of photo pairs; give --data DIR")
        if self.seed < 0:
            raise UserError(f"--seed: 0 or more is allowed; received {self.seed}")

    def as_dict(self) -> dict:
        """Plain data for JSON; `DataSettings(**…)` takes it back."""
        return {**dataclasses.asdict(self), "folders": list(self.folders)}

    def __str__(self) -> str:
        where = ", ".join(self.folders) or "built-in scenes"
        return f"{where} (split {self.split}, subset {self.subset}, seed {self.seed})"

    def open(
        self, *, extra: str | None, scene_size: tuple[int, int], scene_count: int, vary: bool = False
    ) -> tuple[Source, Source]:
        """The training and the validation source, disjoint; `scene_count` scenes for validation.

        `vary` opens the lens of training scenes differently wide, for networks that are told how wide.
        """
        if not self.folders:
            options = {"extra": extra, "seed": self.seed}
            return (
                scenes.SceneSource(scene_size, split="train", vary=vary, **options),
                scenes.SceneSource(scene_size, split="validation", count=scene_count, **options),
            )
        options = {"extra": extra, "split": self.split, "subset": self.subset, "seed": self.seed}
        parts = [pairs.open_pairs(folder, **options) for folder in self.folders]
        training, validation = (joined(sources) for sources in zip(*parts, strict=True))
        return training, validation

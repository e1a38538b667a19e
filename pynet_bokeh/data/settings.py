"""Where a run's training pictures come from."""

import dataclasses

from pynet_bokeh.data import pairs, scenes
from pynet_bokeh.data.source import Source


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """The user's choice of pictures, kept with the run.

    Attributes:
      folder: root of the photo pairs; None for the built-in scenes.
      split: fraction held out for validation where the layout has no test folder.
      subset: train on this many randomly chosen pairs; None for all.
      seed: of the subset, the split and the scenes.
    """

    folder: str | None = None
    split: float = 0.1
    subset: int | None = None
    seed: int = 0

    def open(self, *, extra: str | None, scene_size: tuple[int, int], scene_count: int) -> tuple[Source, Source]:
        """The training and the validation source, disjoint; `scene_count` scenes for validation."""
        if self.folder is None:
            return (
                scenes.SceneSource(scene_size, extra=extra, seed=self.seed, split="train"),
                scenes.SceneSource(scene_size, extra=extra, seed=self.seed, split="validation", count=scene_count),
            )
        return pairs.open_pairs(self.folder, extra=extra, split=self.split, subset=self.subset, seed=self.seed)

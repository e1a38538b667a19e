"""What is asked of a training process, and what comes back: cases, raw times, memory."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

WARM_UP_STEPS = 2  # the first traces the graph, the second still fills memory pools and the queue of batches


@dataclass(frozen=True)
class TrainingCase:
    """One level of a recipe at one batch size.

    Attributes:
      recipe: a recipe's name or file.
      level: 7 … 1.
      batch: pictures a step; None for the recipe's own.
      crop: (height, width) of the crop; None for the recipe's own.
      changes: `key.key=value` as for `train --set`.
      folder: photo pairs; None has scenes drawn while training.
    """

    recipe: str
    level: int
    batch: int | None = None
    crop: list[int] | None = None
    changes: list[str] = field(default_factory=list)
    folder: str | None = None


def scene_size(crop: Sequence[int]) -> tuple[int, int]:
    """(height, width) of the scenes that crops of another size than the recipe's are cut from."""
    return crop[0] * 3 // 2, crop[1] * 3 // 2


@dataclass(frozen=True)
class RecipeFacts:
    """What must be known of a recipe before its levels are trained; `levels` are those that its network has too, and
    `vgg_levels` those of them with a vgg loss."""

    network: str
    extra: str | None
    levels: list[int]
    scene_size: list[int]
    tensorflow: str  # the version
    vgg_levels: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingSample:
    """What one process measured.

    Attributes:
      network, crop, batch: those trained.
      own_batch: what the recipe asks for.
      pictures: that a step takes: the batch, times the discriminators' steps where there are any.
      first_s: the first step, with the graph's tracing.
      step_s: every later step but the second, with the wait for its batch.
      waited_s: of each of these, how long no batch was ready.
      baseline_mb: the process's largest resident set with TensorFlow imported and nothing built.
      peak_mb: the same when the level was trained.
    """

    network: str
    crop: list[int]
    batch: int
    own_batch: int
    pictures: int
    first_s: float
    step_s: list[float]
    waited_s: list[float]
    baseline_mb: float
    peak_mb: float

    @property
    def seconds(self) -> float:
        """The median step."""
        return statistics.median(self.step_s)

    @property
    def waiting(self) -> float:
        """The share of all steps' time in which no batch was ready, 0 … 1."""
        return sum(self.waited_s) / sum(self.step_s)


@dataclass(frozen=True)
class PipelineSample:
    """Batches taken as fast as they come, with no network behind.

    Attributes:
      crop, batch: those read.
      pictures: that were timed.
      seconds: that they took.
      peak_mb: the process's largest resident set.
    """

    crop: list[int]
    batch: int
    pictures: int
    seconds: float
    peak_mb: float

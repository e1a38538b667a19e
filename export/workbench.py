"""A run's level laid out for looking inside: its float graph, its ranges, real pictures, a place for many variants."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import tf_keras

from export import convert, request, verify
from export.exporting import prepared, verification_cases
from export.flatbuffer import Graph
from export.ranges import Means, Ranges
from export.recipes import QuantizationRecipe
from export.scoring import Scorer, scorer
from pynet_bokeh.trained import load_model
from pynet_bokeh.training.run import open_run

FEW = 3  # pictures, for what is done with every layer


@dataclasses.dataclass(frozen=True)
class Workbench:
    """See `workbench`.

    Attributes:
      recipe: an integer one.
      model: the network, fine-tuned where the recipe wants it, at the size asked for.
      graph: of its float .tflite.
      ranges, means: its calibration.
      cases: the pictures, with what the float network of the run draws.
      folder: where files may be left; it goes at the end.
      scorer: the process that runs files on the cases.
    """

    recipe: QuantizationRecipe
    model: tf_keras.Model
    graph: Graph
    ranges: Ranges
    means: Means | None
    cases: list[verify.Case]
    folder: Path
    scorer: Scorer

    @property
    def case_file(self) -> Path:
        """The cases as verify.save_cases writes them."""
        return self.folder / "cases.npz"

    @property
    def layers(self) -> list[str]:
        """Every layer that the .tflite has an operator of and that the recipe does not keep float, in order."""
        kept = convert.float_layers(self.model, self.recipe.keep_float)
        return [name for name in dict.fromkeys(node.layer for node in self.graph.nodes) if name not in kept]

    def write(self, name: str, floats: Iterable[str] = ()) -> Path:
        """Writes the .tflite in which the layers `floats` stay float, beside those of the recipe."""
        path = self.folder / f"{name}.tflite"
        path.write_bytes(convert.integer(self.graph, self.model, self.with_float(floats), self.ranges, self.means))
        return path

    def with_float(self, layers: Iterable[str]) -> QuantizationRecipe:
        """The recipe with more layers kept float."""
        keep = self.recipe.keep_float
        return dataclasses.replace(
            self.recipe, keep_float=dataclasses.replace(keep, layers=(*keep.layers, *sorted(layers)))
        )

    def write_float(self) -> Path:
        """Writes the float graph."""
        path = self.folder / "float.tflite"
        path.write_bytes(self.graph.content)
        return path

    def alone(self, layer: str) -> dict:
        """The scores when nothing but this layer is quantized, on a few pictures."""
        path = self.write("alone", set(self.layers) - {layer})
        return self.scorer.score(path, pictures=FEW)


@contextlib.contextmanager
def workbench(
    run: Path, recipe: QuantizationRecipe, level: int, picture_size: tuple[int, int], *, vgg_weights: str | None = None
) -> Iterator[Workbench]:
    """Prepares a run's level as an export would. Raises UserError for a recipe without calibrated scales."""
    request.integer(recipe)
    run = open_run(run)
    network, float_model = load_model(run, level, picture_size=picture_size, batch=1)
    cases = verification_cases(run, network, float_model, level, picture_size)
    model, ranges, means = prepared(run, network, float_model, recipe, level, picture_size, vgg_weights=vgg_weights)
    with tempfile.TemporaryDirectory() as folder:
        case_file = Path(folder) / "cases.npz"
        verify.save_cases(case_file, cases)
        with scorer(case_file) as process:
            graph = convert.float_graph(model, recipe)
            yield Workbench(recipe, model, graph, ranges, means, cases, Path(folder), process)

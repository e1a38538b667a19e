"""What every network in the zoo is once it is built: named inputs, pictures by level, layers in creation order."""

import dataclasses

import tf_keras

from pynet_bokeh import levels
from pynet_bokeh.errors import UserError
from pynet_bokeh.opening import STRENGTH

OUTPUT = "bokeh"
SUBJECT = "subject"


@dataclasses.dataclass(frozen=True)
class Network:
    """A built network.

    Attributes:
      name: the registry's name.
      config: the configuration it was built with (a dataclass of its module).
      inputs: Keras inputs by name: `image` [B,h,w,3] and, where configured, `depth` or `focus` [B,h,w,1] and `strength`
        [B,1,1,1] (see pynet_bokeh.opening), all in [0,1].
      pictures: the rendered picture of each level as a Keras tensor, [B, H/2^(n-1), W/2^(n-1), 3], about [0,1]. A
        network that is no pyramid has level 1 alone.
      layers: every layer with variables to learn, in the order of creation (the published order, where there is one).
      input_scale: size of the level-1 picture divided by the size of the input; 2 for PyNET, 1 otherwise.
      stages: pictures on the way to that of level 1, by name, [B,H,W,3], about [0,1], for losses of their own:
        `first_stage` of the V-shaped networks.
      subjects: for each level, where the network sees what is in focus, [B,h,w,C] in [0,1], for a loss of its own;
        empty for networks that don't look for it.
    """

    name: str
    config: object
    inputs: dict
    pictures: dict
    layers: tuple
    input_scale: int
    stages: dict = dataclasses.field(default_factory=dict)
    subjects: dict = dataclasses.field(default_factory=dict)

    @property
    def extra(self) -> str | None:
        """The name of the fourth channel, `depth` or `focus`, or None."""
        return next((name for name in self.inputs if name not in ("image", STRENGTH)), None)

    @property
    def takes_strength(self) -> bool:
        """Whether it has the `strength` input."""
        return STRENGTH in self.inputs

    def model(self, level: int = levels.FINEST) -> tf_keras.Model:
        """The graph from the inputs to the picture of `level`, and nothing that does not lead there.

        Its output layer is called `bokeh`; its trainable variables are exactly those that the level's loss reaches.
        """
        if level not in self.pictures:
            raise UserError(f"level: {self.name} has levels {sorted(self.pictures)}; received {level}")
        return self._model({OUTPUT: self.pictures[level]}, f"{self.name}_level{level}")

    def staged_model(self, level: int = levels.FINEST, *, stages: bool = True, subject: bool = False) -> tf_keras.Model:
        """The graph of a level for training, with what only losses look at beside `bokeh`: the pictures of all `stages`
        (of level 1), and with `subject` what it takes for being in focus. Rendering and export need `model()`."""
        more = dict(self.stages) if stages and level == levels.FINEST else {}
        if subject and level in self.subjects:
            more[SUBJECT] = self.subjects[level]
        return self._model({OUTPUT: self.pictures[level], **more}, f"{self.name}_level{level}_staged")

    def _model(self, pictures: dict, name: str) -> tf_keras.Model:
        outputs = {key: tf_keras.layers.Activation("linear", name=key)(picture) for key, picture in pictures.items()}
        return tf_keras.Model(self.inputs, outputs, name=name)

    def variables(self, level: int) -> list:
        """Every variable of levels 7 … `level`, in order of creation: those of the level's model, and the heads of the
        coarser levels that it does not draw with."""
        wanted = {id(v) for coarse in self.pictures if coarse >= level for v in self.model(coarse).variables}
        return [variable for layer in self.layers for variable in layer.variables if id(variable) in wanted]


def make_inputs(
    picture_size, *, input_scale: int, extra: str | None, batch: int | None, strength: bool = False
) -> dict:
    """Keras inputs for a level-1 picture of `picture_size` (height, width); (None, None) leaves the size open."""
    if extra not in (None, "depth", "focus"):
        raise UserError(f"extra: None, 'depth' or 'focus' is allowed; received {extra!r}")
    height, width = (side and side // input_scale for side in picture_size)
    inputs = {"image": tf_keras.Input((height, width, 3), batch_size=batch, name="image")}
    if extra:
        inputs[extra] = tf_keras.Input((height, width, 1), batch_size=batch, name=extra)
    if strength:
        inputs[STRENGTH] = tf_keras.Input((1, 1, 1), batch_size=batch, name=STRENGTH)
    return inputs


def join(tensors, name: str):
    """Concatenates along the channels; a single tensor is passed on."""
    return tensors[0] if len(tensors) == 1 else tf_keras.layers.Concatenate(name=name)(list(tensors))

"""The contract that every network keeps; a new network is one more entry in CASES."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh import levels, weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT, STRENGTH


@dataclasses.dataclass(frozen=True)
class Case:
    """A small configuration of a network, and the parameters of its full one up to each of its levels, coarsest first:
    7 to 1 for a pyramid, 1 alone for a network of stages."""

    network: str
    small: dict
    parameters: tuple[int, ...]
    size_multiple: int = 64
    stages: tuple[str, ...] = ()

    @property
    def levels(self):
        return levels.LEVELS[-len(self.parameters) :]


CASES = [
    Case(
        "pynet",
        {"width": 0.125, "max_kernel": 5},
        (18898627, 28336579, 36351811, 43205123, 47523171, 47524827, 47524992),
    ),
    Case(
        "pynet_mobile",
        {"channels": [4, 4, 6, 6, 8, 8], "blocks": 1},
        (333019, 399370, 427681, 438310, 442669, 443875, 444415),
    ),
    Case("double_vnet", {"width": 0.125}, (13359638,), size_multiple=8, stages=("first_stage",)),
    Case("glass_net", {"width": 0.125}, (10352784,), size_multiple=8, stages=("first_stage",)),
]
SIZE = (64, 128)


@pytest.fixture(params=CASES, ids=lambda case: case.network)
def case(request):
    return request.param


@pytest.fixture
def network(case):
    return registry.build(case.network, case.small)


def inputs_for(network, rng, *, batch=2):
    height, width = (side // network.input_scale for side in SIZE)
    return {
        name: rng.random((batch, tensor.shape[1] or height, tensor.shape[2] or width, tensor.shape[3]), np.float32)
        for name, tensor in network.inputs.items()
    }


def test_each_level_draws_a_picture_of_its_size(case, network):
    assert sorted(network.pictures, reverse=True) == list(case.levels)
    inputs = inputs_for(network, np.random.default_rng(0))
    for level in case.levels:
        output = network.model(level)(inputs)[OUTPUT]
        assert output.shape == (2, *levels.size(SIZE, level), 3)
        assert np.isfinite(output.numpy()).all()


def test_the_staged_model_draws_every_stage_with_the_same_variables(case, network):
    randomize([variable for layer in network.layers for variable in layer.trainable_variables])
    inputs = inputs_for(network, np.random.default_rng(5))
    staged = network.staged_model()
    outputs = staged(inputs)
    assert sorted(outputs) == sorted((OUTPUT, *case.stages))
    assert all(output.shape == (2, *SIZE, 3) for output in outputs.values())
    np.testing.assert_array_equal(outputs[OUTPUT], network.model()(inputs)[OUTPUT])
    assert {id(variable) for variable in staged.variables} == {id(variable) for variable in network.model().variables}


def test_the_gradient_reaches_exactly_the_levels_variables(case, network):
    inputs = inputs_for(network, np.random.default_rng(1))
    everything = {variable.ref(): variable for layer in network.layers for variable in layer.trainable_variables}
    randomize(everything.values())
    before: set = set()
    for level in case.levels:
        model = network.model(level)
        own = {variable.ref() for variable in model.trainable_variables}
        with tf.GradientTape() as tape:
            tape.watch(list(everything.values()))
            loss = tf.reduce_mean(tf.square(model(inputs, training=True)[OUTPUT]))
        gradients = tape.gradient(loss, list(everything.values()))
        reached = {ref for ref, gradient in zip(everything, gradients, strict=True) if gradient is not None}
        assert reached == own
        union = {variable.ref() for variable in network.variables(level)}
        assert own <= union
        assert before < union, f"level {level} adds variables of its own"
        before = union
    assert before == set(everything)


def test_levels_share_their_weights(case, network):
    for coarse, fine in itertools.pairwise(case.levels):
        assert {id(v) for v in network.variables(coarse)} < {id(v) for v in network.variables(fine)}
        learned = [v for layer in network.model(coarse).layers if layer.trainable for v in layer.variables]
        assert {id(v) for v in learned} <= {id(v) for v in network.variables(coarse)}


def test_parameter_counts(case):
    network = registry.build(case.network)
    counts = tuple(network.model(level).count_params() for level in case.levels)
    assert counts == case.parameters


def test_names_are_speaking_unique_and_repeatable(case):
    names = [[layer.name for layer in registry.build(case.network, case.small).layers] for _ in range(2)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])
    assert all(name.startswith(("level", "stage")) for name in names[0])


def test_building_twice_gives_the_same_weights(case):
    first, second = (registry.build(case.network, case.small).model() for _ in range(2))
    for one, other in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_saved_weights_give_the_same_picture(case, network, tmp_path):
    rng = np.random.default_rng(2)
    randomize([variable for layer in network.layers for variable in layer.trainable_variables])
    weights.save(network.variables(1), tmp_path / "weights.npz")
    other = registry.build(case.network, case.small)
    assert weights.load(other.variables(1), tmp_path / "weights.npz") == []
    inputs = inputs_for(network, rng)
    np.testing.assert_array_equal(network.model()(inputs)[OUTPUT], other.model()(inputs)[OUTPUT])


def test_rgb_only_takes_one_input(case):
    network = registry.build(case.network, {**case.small, "extra": "none"})
    assert network.inputs.keys() - {STRENGTH} == {"image"}
    assert network.extra is None
    assert network.model()(inputs_for(network, np.random.default_rng(3)))[OUTPUT].shape == (2, *SIZE, 3)


def test_a_size_off_the_grid_is_refused(case):
    with pytest.raises(UserError, match=rf"multiples of {case.size_multiple}; received 100x64"):
        registry.build(case.network, case.small, picture_size=(64, 100))


def test_unknown_names_are_refused():
    with pytest.raises(UserError, match="glass_net are known; received 'unet'"):
        registry.build("unet")
    with pytest.raises(UserError, match=r"network_config\.depth: pynet knows width, max_kernel, extra"):
        registry.build("pynet", {"depth": 3})
    with pytest.raises(UserError, match="levels"):
        registry.build("pynet_mobile").model(8)
    with pytest.raises(UserError, match=r"glass_net has levels \[1\]; received 2"):
        registry.build("glass_net", {"width": 0.125}).model(2)


def randomize(variables):
    """Moves every variable off its initial value, so that heads that begin at zero pass gradients on."""
    rng = np.random.default_rng(4)
    for variable in variables:
        variable.assign_add(rng.normal(0, 0.05, variable.shape).astype(np.float32))

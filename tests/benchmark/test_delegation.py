"""Partitions read from LiteRT's list of nodes, in the shape that it gives them."""

from benchmark.delegation import partition
from benchmark.samples import Delegation


def node(index, name, inputs, outputs):
    return {"index": index, "op_name": name, "inputs": inputs, "outputs": outputs}


CHAIN = [
    node(0, "QUANTIZE", [0], [11]),
    node(1, "CONV_2D", [11, 1, 2], [12]),
    node(2, "CONV_2D", [12, 3, 4], [13]),
    node(3, "QUANTIZE", [13], [14]),
]


def test_without_a_delegate_everything_is_left():
    assert partition(CHAIN) == Delegation(nodes=4, delegated=0, partitions=0, left={"QUANTIZE": 2, "CONV_2D": 2})


def test_a_delegate_takes_what_lies_between_its_inputs_and_outputs():
    nodes = [*CHAIN, node(4, "DELEGATE", [11, 1, 2, 3, 4], [13])]
    assert partition(nodes) == Delegation(nodes=4, delegated=2, partitions=1, left={"QUANTIZE": 2})


def test_two_partitions_around_an_operator_that_stays():
    nodes = [
        node(0, "CONV_2D", [0, 1, 2], [10]),
        node(1, "GATHER_ND", [10, 3], [11]),
        node(2, "CONV_2D", [11, 4, -1], [12]),
        node(3, "DELEGATE", [0, 1, 2], [10]),
        node(4, "DELEGATE", [11, 4], [12]),
    ]
    assert partition(nodes) == Delegation(nodes=3, delegated=2, partitions=2, left={"GATHER_ND": 1})

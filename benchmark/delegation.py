"""Which part of a graph the delegate took, read from the interpreter's list of nodes."""

from collections import Counter
from collections.abc import Sequence

from benchmark.samples import Delegation

DELEGATE = "DELEGATE"


def partition(nodes: Sequence[dict]) -> Delegation:
    """Reads `Interpreter._get_ops_details()`: dicts with `index`, `op_name`, `inputs` and `outputs` (tensor numbers).

    LiteRT keeps the replaced nodes in its list and appends one DELEGATE node per partition, whose inputs and outputs
    are those of the part it replaced. Walking back from its outputs until its inputs are met finds that part.
    """
    own = [node for node in nodes if node["op_name"] != DELEGATE]
    partitions = [node for node in nodes if node["op_name"] == DELEGATE]
    producer = {int(tensor): node for node in own for tensor in node["outputs"]}
    taken: set[int] = set()
    for delegate in partitions:
        given = {int(tensor) for tensor in delegate["inputs"]}
        waiting = [int(tensor) for tensor in delegate["outputs"]]
        while waiting:
            tensor = waiting.pop()
            node = producer.get(tensor)
            if tensor in given or node is None or node["index"] in taken:
                continue
            taken.add(node["index"])
            waiting += [int(tensor) for tensor in node["inputs"]]
    left = Counter(node["op_name"] for node in own if node["index"] not in taken)
    return Delegation(nodes=len(own), delegated=len(taken), partitions=len(partitions), left=dict(left.most_common()))

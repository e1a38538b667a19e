import json
import subprocess
import sys

import pytest

from small_runs import finished_run


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "run")


@pytest.fixture(scope="session")
def tflite_probe():
    """Reads a .tflite in a process without tensorflow: shapes and types by name, operators that are not built in,
    how many give floats."""

    def probe(path):
        done = subprocess.run([sys.executable, "-c", _PROBE, str(path)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return probe


_PROBE = """
import json, sys
from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(sys.argv[1])
interpreter.allocate_tensors()
runner = interpreter.get_signature_runner()
inputs, outputs = runner.get_input_details(), runner.get_output_details()
tensors = [*inputs.values(), *outputs.values()]
operators = interpreter._get_ops_details()
names = {operator["op_name"] for operator in operators}
types = {tensor["index"]: tensor["dtype"].__name__ for tensor in interpreter.get_tensor_details()}
floats = [operator["op_name"] for operator in operators if types.get(operator["outputs"][0]) == "float32"]
print(json.dumps({
    "inputs": {name: tensor["shape"].tolist() for name, tensor in inputs.items()},
    "outputs": {name: tensor["shape"].tolist() for name, tensor in outputs.items()},
    "dtypes": [tensor["dtype"].__name__ for tensor in tensors],
    "scales": [float(tensor["quantization"][0]) for tensor in tensors],
    "float_operators": {name: floats.count(name) for name in floats},
    "foreign_operators": sorted(name for name in names if name.startswith("Flex") or name == "CUSTOM"),
}))
"""

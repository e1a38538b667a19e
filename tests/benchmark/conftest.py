"""A phone and models for these tests: stand-ins for the fake executor, and real ones of a few operators, made without
TensorFlow."""

from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from benchmark import phone_tool
from benchmark.executor import FakeExecutor
from benchmark.samples import Setting
from benchmark.schedule import measure
from debian_phone import DebianPhone, adb_programs, missing

BATTERY = "Current Battery Service state:\n  AC powered: false\n  USB powered: true\n  level: 83\n  temperature: 312\n"
THERMAL = (
    "IsStatusOverride: false\nThermal Status: 0\nCached temperatures:\n"
    "\tTemperature{mValue=99.0, mType=0, mName=CPU0, mStatus=3}\nHAL Ready: true\nCurrent temperatures from HAL:\n"
    "\tTemperature{mValue=45.5, mType=0, mName=CPU0, mStatus=0}\n"
    "\tTemperature{mValue=31.2, mType=2, mName=battery, mStatus=0}\n"
    "Current cooling devices from HAL:\n\tCoolingDevice{mValue=0, mType=2, mName=thermal-cpufreq-0}\n"
)
PROPERTIES = {
    "ro.product.manufacturer": "Debian",
    "ro.product.model": "Bookworm 12",
    "ro.build.version.release": "15",
    "ro.build.version.sdk": "35",
    "ro.product.cpu.abi": "x86_64",
}
SETTINGS = (Setting("xnnpack", 1), Setting("xnnpack", 4), Setting("builtin", 1))


@pytest.fixture
def stand_ins(tmp_path) -> list[Path]:
    """Three files a, b, c that pass for .tflite models until one runs them."""
    paths = [tmp_path / f"{name}.tflite" for name in "abc"]
    for number, path in enumerate(paths, start=1):
        path.write_bytes(b"\x00\x00\x00\x00TFL3" + bytes(1_000_000 * number - 8))
    return paths


@pytest.fixture
def fake_results(stand_ins):
    """Results of a: 100 ms, b: 25 ms, c: 50 ms on one thread with XNNPACK."""
    return measure(FakeExecutor({"a": 100.0, "b": 25.0, "c": 50.0}), stand_ins, SETTINGS)


@pytest.fixture
def real_models(tmp_path) -> Path:
    """A folder of real models: `whole` runs as one XNNPACK partition, `split` as two around an operator XNNPACK lacks,
    `unknown` needs an operator nobody has, `open` has no fixed size."""
    folder = tmp_path / "models"
    folder.mkdir()
    add, floor_mod = schema.BuiltinOperator.ADD, schema.BuiltinOperator.FLOOR_MOD
    (folder / "whole.tflite").write_bytes(chain([add, add, add]))
    (folder / "split.tflite").write_bytes(chain([add, floor_mod, add]))
    (folder / "unknown.tflite").write_bytes(chain([add, "Bokehfy"]))
    (folder / "open.tflite").write_bytes(chain([add], signature=[1, -1, -1, 3]))
    return folder


@pytest.fixture(params=list(adb_programs()))
def phone(request, tmp_path, monkeypatch):
    """A phone that isn't plugged in yet; each test runs with every adb program there is. See tests/debian_phone.py."""
    if reason := missing():
        pytest.skip(f"THE WAY TO A PHONE IS NOT TESTED: {reason}")
    made = DebianPhone(tmp_path / "phone", program=adb_programs()[request.param])
    monkeypatch.setattr(phone_tool, "FOLDER", str(made.storage / "pynet_bokeh_benchmark"))
    cases = "".join(f"{name}) echo '{value}';; " for name, value in PROPERTIES.items())
    made.install("getprop", f"#!/bin/sh\ncase $1 in {cases} esac\n")
    made.install(
        "dumpsys",
        f"#!/bin/sh\ncase $1 in\nbattery) cat <<'X'\n{BATTERY}X\n;;\nthermalservice) cat <<'X'\n{THERMAL}X\nesac\n",
    )
    yield made
    made.close()


@pytest.fixture(name="chain")
def chain_fixture():
    """See `chain`."""
    return chain


def chain(operators, *, shape=(1, 32, 32, 3), signature=None) -> bytes:
    """A .tflite whose operators each take the last picture twice; a str is a custom operator."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.description = 3, "test"
    model.buffers = [schema.BufferT()]
    model.operatorCodes, graph.tensors, graph.operators = [], [], []
    for number in range(len(operators) + 1):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = f"tensor{number}", list(shape), 0, 0
        tensor.shapeSignature = signature
        graph.tensors.append(tensor)
    graph.tensors[0].name, graph.tensors[-1].name = "image", "bokeh"
    for number, wanted in enumerate(operators):
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        if isinstance(wanted, str):
            code.builtinCode, code.customCode = schema.BuiltinOperator.CUSTOM, wanted
        else:
            code.builtinCode = wanted
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        model.operatorCodes.append(code)
        operator.opcodeIndex, operator.inputs, operator.outputs = number, [number, number], [number + 1]
        if wanted == schema.BuiltinOperator.ADD:
            operator.builtinOptionsType, operator.builtinOptions = (
                schema.BuiltinOptions.AddOptions,
                schema.AddOptionsT(),
            )
        graph.operators.append(operator)
    graph.inputs, graph.outputs = [0], [len(operators)]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())

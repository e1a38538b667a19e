"""Dataclasses to JSON and back."""

import json
from dataclasses import dataclass, field

import pytest

from benchmark.records import from_json, to_json
from pynet_bokeh.errors import UserError


@dataclass(frozen=True)
class Inner:
    name: str
    values: list[float]


@dataclass(frozen=True)
class Outer:
    count: int
    inner: list[Inner]
    maybe: Inner | None
    flag: bool | None = None
    table: dict[str, int] = field(default_factory=dict)


def test_round_trip():
    record = Outer(3, [Inner("a", [1.5, 2.0])], None, flag=True, table={"x": 1})
    assert from_json(Outer, json.loads(json.dumps(to_json(record))), where="f: ") == record


def test_unknown_fields_are_passed_over_and_defaults_filled_in():
    assert from_json(Outer, {"count": 1, "inner": [], "maybe": None, "new": 1}, where="f: ") == Outer(1, [], None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": "three"}, "f: count: int is wanted; received 'three'"),
        ({"count": True}, "f: count: int"),
        ({"inner": [{"name": "a", "values": [1, "x"]}]}, "f: inner[0].values[1]: float"),
        ({"inner": [{"name": "a", "values": [float("nan")]}]}, "f: inner[0].values[0]: a finite number is wanted"),
        ({"inner": [{"name": "a"}]}, "f: inner[0].values: is missing"),
        ({"inner": {}}, "f: inner: list"),
    ],
)
def test_errors_name_the_place(change, message):
    with pytest.raises(UserError) as caught:
        from_json(Outer, {"count": 1, "inner": [], "maybe": None, **change}, where="f: ")
    assert message in str(caught.value)

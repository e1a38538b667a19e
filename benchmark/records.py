"""Dataclasses to JSON and back, with errors that say which value was wrong."""

import dataclasses
import functools
import math
import types
import typing
from typing import Any

from pynet_bokeh.errors import UserError


def to_json(record) -> dict[str, Any]:
    """A dataclass, with those inside it, as dicts and lists."""
    return dataclasses.asdict(record)


def from_json(kind, value, *, where: str):
    """Builds a `kind` (a dataclass, list[…], dict[str, …], … | None, or a plain type) from JSON's `value`.

    Fields that `kind` doesn't have are passed over, fields with defaults may be missing; so a file written by a
    slightly newer or older version stays readable. Raises UserError naming the place, such as
    `results.json: measurements[2].threads: int is wanted; received 'four'`.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return from_json(next(a for a in arguments if a is not type(None)), value, where=where)
    if origin is list and isinstance(value, list):
        return [from_json(arguments[0], item, where=f"{where}[{index}]") for index, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: from_json(arguments[1], item, where=f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _dataclass(kind, value, where)
    if kind is typing.Any:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, float) and not math.isfinite(value):  # Python's JSON takes NaN
        raise UserError(f"{where}: a finite number is wanted; received {value}")
    if isinstance(kind, type) and isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise UserError(f"{where}: {getattr(kind, '__name__', kind)} is wanted; received {str(value)[:60]!r}")


def json_schema(kind) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `to_json` makes of a dataclass `kind`.

    Further fields are allowed, as `from_json` passes them over.
    """
    definitions: dict[str, Any] = {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_schema(kind, definitions),
        "$defs": definitions,
    }


_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _schema(kind, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(one, definitions) for one in arguments]}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if dataclasses.is_dataclass(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}  # reserved, for a kind that holds itself
            definitions[kind.__name__] = {
                "type": "object",
                "properties": {name: _schema(hint, definitions) for name, hint in _hints(kind).items()},
                "required": [
                    field.name
                    for field in dataclasses.fields(kind)
                    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
                ],
            }
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": _PLAIN[kind]} if kind in _PLAIN else {}


def no_unknown_fields(kind, value: dict, *, where: str) -> None:
    """Raises UserError for a key that the dataclass `kind` doesn't have: what people write by hand is spelled wrong."""
    known = [field.name for field in dataclasses.fields(kind)]
    for key in value:
        if key not in known:
            raise UserError(f"{where}{key}: unknown; known are {', '.join(known)}")


def _dataclass(kind, value: dict, where: str):
    known = {}
    separator = "." if not where.endswith(": ") else ""
    for field in dataclasses.fields(kind):
        if field.name in value:
            known[field.name] = from_json(
                _hints(kind)[field.name], value[field.name], where=f"{where}{separator}{field.name}"
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UserError(f"{where}{separator}{field.name}: is missing")
    return kind(**known)


@functools.cache
def _hints(kind) -> dict[str, Any]:
    return typing.get_type_hints(kind)

"""Plain data, as from TOML or JSON, as dataclasses: every wrong key, type or value is a UserError that says where."""

import dataclasses
import math
import types
import typing

from pynet_bokeh.errors import UserError

_KINDS = {int: "a whole number", float: "a number", str: "a text", dict: "a table", tuple: "a list"}


def known(content: dict, keys, where: str) -> None:
    """Raises UserError for a key of `content` that is not one of `keys`."""
    for key in content:
        if key not in keys:
            raise UserError(f"{where}: unknown key {key!r}; {', '.join(keys)} are known")


def filled(kind, content: dict, where: str):
    """The dataclass `kind` filled from `content`, each value checked against the field's type, dataclasses within it
    from tables within it."""
    if not isinstance(content, dict):
        raise UserError(f"{where}: a table is wanted; received {content!r}")
    fields = typing.get_type_hints(kind)
    known(content, fields, where)
    missing = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
        and field.name not in content
    ]
    if missing:
        raise UserError(f"{where}: {', '.join(missing)} missing")
    return kind(**{key: _typed(value, fields[key], f"{where}.{key}") for key, value in content.items()})


def _typed(value, wanted, where: str):
    """`value` as the type `wanted`, lists becoming tuples; raises UserError where it isn't."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _typed(value, next(a for a in arguments if a is not type(None)), where)
    if origin is tuple and isinstance(value, list | tuple):
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            raise UserError(f"{where}: {len(arguments)} values are wanted; received {list(value)}")
        return tuple(_typed(item, arguments[0], where) for item in value)
    if origin is dict and isinstance(value, dict):
        convert = (lambda item: item) if arguments[0] is int else (lambda item: _typed(item, arguments[1], where))
        return {key: convert(item) for key, item in value.items()}
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise UserError(f"{where}: a finite number is wanted; received {value}")
        return float(value)
    if dataclasses.is_dataclass(wanted) and not isinstance(value, wanted):
        return filled(wanted, value, where)
    kind = origin or wanted
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UserError(f"{where}: {_KINDS.get(kind, kind.__name__)} is wanted; received {value!r}")
    return value

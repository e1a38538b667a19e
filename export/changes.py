"""What tells one recipe from another, and the name of one that was changed: a .tflite of other settings must not take
the place, nor pass for one, of the recipe that they began as."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping

from export.recipes import QuantizationRecipe

LONGEST = 40  # characters that changes may add to a name
SHOWN = 3  # changes in a message
_WORD = re.compile(r"[A-Za-z0-9.+-]+")


def differences(before: Mapping, after: Mapping) -> dict[str, tuple]:
    """The settings, `table.key`, in which two recipes as plain data differ, names apart: (before, after), None where
    one has no such setting. Tuples and lists are alike."""
    ours, theirs = _flat(before), _flat(after)
    keys = [key for key in dict.fromkeys((*ours, *theirs)) if key != "name"]
    return {key: (ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)}


def told(changes: Mapping[str, tuple]) -> str:
    """Differences in words: `finetune.steps 3 instead of 150`."""
    said = [f"{key} {_said(new)} instead of {_said(old)}" for key, (old, new) in changes.items() if key != "summary"]
    more = len(said) - SHOWN
    return ", ".join(said[:SHOWN]) + (f" and {more} more" if more > 0 else "") or "another summary"


def named(recipe: QuantizationRecipe, base: QuantizationRecipe) -> QuantizationRecipe:
    """`recipe` under a name that says how it differs from `base`, whose name it has: `qat_int8_steps3`.

    Where the values are no single words, or many, the name has eight digits of a hash in their place. The summary, if
    it still is that of `base`, says the same.
    """
    changes = differences(dataclasses.asdict(base), dataclasses.asdict(recipe))
    if not changes:
        return recipe
    values = {key.rpartition(".")[2]: new for key, (_, new) in sorted(changes.items())}
    mark = "_".join(f"{key}{value}" for key, value in values.items())
    if len(mark) > LONGEST or any(value is None or not _WORD.fullmatch(str(value)) for value in values.values()):
        mark = "changed_" + hashlib.sha256(json.dumps(values).encode()).hexdigest()[:8]
    summary = recipe.summary if recipe.summary != base.summary else f"{base.name} with {told(changes)}"
    return dataclasses.replace(recipe, name=f"{recipe.name}_{mark}", summary=summary)


def _flat(content: Mapping, prefix: str = "") -> dict:
    found = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        elif value not in (None, [], ()):
            found[prefix + key] = list(value) if isinstance(value, tuple) else value
    return found


def _said(value) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value)

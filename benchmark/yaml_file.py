"""YAML files into dataclasses, with errors that say where."""

from pathlib import Path

from benchmark.records import from_json, no_unknown_fields
from pynet_bokeh.errors import UserError


def read_yaml(path: Path, kind):
    """Reads `path` as a `kind`. UserError names the file and what is wrong: its syntax, a key that is unknown, given
    twice or missing, a value of another type."""
    import yaml

    class Loader(yaml.SafeLoader):
        """As YAML wants it, and unlike PyYAML alone, a key may stand once only."""

    def mapping(loader, node):
        keys = [loader.construct_object(key) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands there twice", node.start_mark)
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: can't be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from error
    except (yaml.YAMLError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}: not YAML{place} ({getattr(error, 'problem', None) or error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: names and values are wanted; received {type(content).__name__}")
    no_unknown_fields(kind, content, where=f"{path}: ")
    return from_json(kind, content, where=f"{path}: ")

"""Read hand-written YAML strictly: UTF-8 only, no duplicate keys."""

from pathlib import Path
from typing import Any

import yaml

from webtrial.errors import ParameterError

_MERGE = "tag:yaml.org,2002:merge"  # `<<`, whose keys may be overridden


def read_yaml(path: Path) -> Any:
    """Return the content of the YAML file `path`.

    ParameterError if it cannot be read, is not UTF-8, is not YAML, or has a duplicate key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read: {error.strerror}. Name a readable file"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ParameterError(
            f"{path} is not UTF-8: line {line} has the byte 0x{error.object[error.start]:02x}."
            " Save it as UTF-8"
        ) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Any:
    """Parse `text` as YAML.

    ParameterError, whose message begins with `name`, if it is not YAML or has a duplicate key.
    """
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - it is a SafeLoader
    except _DuplicateKeyError as error:
        raise ParameterError(f"{name}: duplicate key {error}: keep one") from None
    except yaml.YAMLError as error:
        raise ParameterError(f"{name} is not valid YAML: {error}. Correct this place") from None


class _DuplicateKeyError(Exception):
    """A mapping has a duplicate key; YAML's loaders would silently use the last value."""


class _UniqueKeyLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in lines:
                both = sorted({lines[key.value], line})
                raise _DuplicateKeyError(f"{key.value} (line {' and '.join(map(str, both))})")
            lines[key.value] = line
        return super().construct_mapping(node, deep)

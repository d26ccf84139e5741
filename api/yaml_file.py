"""Reading YAML and JSON documents; what the libraries complain of becomes a fault with its file."""

import json
from pathlib import Path
from typing import Any

import yaml

from domain import Fault, UnableToAccept


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
    """Read one YAML document.

    Raises `UnableToAccept` for a file that cannot be read, is not YAML, or says one key twice.
    """
    try:
        return parse_yaml(_text(path))
    except yaml.YAMLError as error:
        raise UnableToAccept([_fault(path, error, "a YAML document")]) from error


def parse_yaml(text: str) -> Any:  # noqa: ANN401
    """Parse one YAML document, refusing a key that is said twice."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read one JSON document.

    Raises `UnableToAccept` for a file that cannot be read or is not JSON (NaN and Infinity are not).
    """
    try:
        return json.loads(_text(path), parse_constant=_refuse_constant)
    except ValueError as error:
        raise UnableToAccept([_fault(path, error, "a JSON document")]) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnableToAccept([_fault(path, error, "a readable UTF-8 file")]) from error


def _fault(path: Path, error: Exception, allowed: str) -> Fault:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Fault(field="", source=path.name, value=reason or str(error), allowed=allowed)


def _refuse_constant(name: str) -> float:
    message = f"{name} is not a number"
    raise ValueError(message)


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that does not let the last of two equal keys win unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Build a mapping whose keys are unique."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

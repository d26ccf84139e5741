"""Reading YAML and JSON documents; what the libraries complain of becomes a fault with its file.

Scalars are those of YAML 1.2: `no` is text and `010` is no number. The older rules read them as false and as 8, and a
`tolerated_failures: no` that becomes 0 is a reserve without redundancy.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ridethrough.domain import Fault, UnableToAccept


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
    """Read one YAML document.

    Raises `UnableToAccept` for a file that cannot be read, is not YAML, or says one key twice.
    """
    text = read_text(path)
    try:
        return parse_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        fault = Fault(field=place, source=path.name or str(path), value=problem, allowed="a YAML document")
        raise UnableToAccept([fault]) from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        fault = Fault(
            field="", source=path.name or str(path), value=str(error), allowed="a YAML document of plain values"
        )
        raise UnableToAccept([fault]) from error


def parse_yaml(text: str) -> Any:  # noqa: ANN401
    """Parse one YAML document, refusing a key that is said twice."""
    return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read one JSON document.

    Raises `UnableToAccept` for a file that cannot be read or is not JSON (NaN and Infinity are not), or says one key
    twice.
    """
    text = read_text(path)
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}"
        fault = Fault(field=place, source=path.name or str(path), value=error.msg, allowed="a JSON document")
        raise UnableToAccept([fault]) from error


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401
    """Parse one JSON document.

    Raises `json.JSONDecodeError` for everything that is not JSON, for a key that is said twice, and for nesting without
    end.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(str(error), "", 0) from error


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises `UnableToAccept` where it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        fault = Fault(field="", source=path.name or str(path), value=reason, allowed="a readable UTF-8 file")
        raise UnableToAccept([fault]) from error


def _refuse_constant(name: str) -> float:
    message = f"{name} is not a number"
    raise ValueError(message)


def _unique_keys(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            message = f"the key {key!r} is given twice"
            raise ValueError(message)
        seen[key] = value
    return seen


_MERGE = "tag:yaml.org,2002:merge"


class _PlainLoader(yaml.SafeLoader):
    """A safe loader of YAML 1.2 scalars that does not let the last of two equal keys win unseen."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to start without YAML 1.1's rules

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Build a mapping whose keys are unique; a merge (`<<`) may be overridden."""
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


for _tag, _written in (
    (_MERGE, r"<<"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE"),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)"),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ("tag:yaml.org,2002:float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
):
    _PlainLoader.add_implicit_resolver(_tag, re.compile(rf"(?:{_written})\Z"), None)

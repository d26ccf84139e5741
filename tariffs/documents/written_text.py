"""YAML and JSON text as plain values, and back; errors of the libraries become faults with their line.

Scalars follow YAML 1.2, so that a figure means what a person expects: `no` is text, and `010`, `0x1F`, `1_000` and
`12:30` are not numbers. YAML 1.1 reads them as false, 8, 31, 1000 and 750. A `tolerated_failures: no` would then become
0, which is a reserve without redundancy.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.tariffs.documents.yaml_hints import Problem, yaml_fault

MOST_REPEATED_NODES = 100_000
"""The most values that all aliases of a YAML document may repeat; a person repeats few. Long text counts as many."""
_CHARACTERS_A_NODE = 64
_NESTED = "nested too deeply"
_MERGE = "tag:yaml.org,2002:merge"
_RESOLVED = (
    (_MERGE, r"<<"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE"),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)"),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ("tag:yaml.org,2002:float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
)


def yaml_document(text: str, source: str) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
    """Read one YAML document.

    Raises `UnableToAccept` for text that is not YAML, has a key twice, is nested too deeply, or repeats more than
    `MOST_REPEATED_NODES` values by aliases.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        fault = yaml_fault(text, _problem(error), source)
    except RecursionError:
        fault = Fault(field="", source=source, value=_NESTED, allowed="a YAML document of plain values")
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        fault = Fault(field="", source=source, value=str(error), allowed="a YAML document of plain values")
    raise UnableToAccept([fault])


def _problem(error: yaml.YAMLError) -> Problem:
    mark, began = (getattr(error, name, None) for name in ("problem_mark", "context_mark"))
    return Problem(
        says=getattr(error, "problem", None) or str(error).splitlines()[0],
        context=getattr(error, "context", None) or "",
        line=mark.line if mark is not None else None,
        began=began.line if began is not None else None,
    )


def json_document(text: str, source: str) -> Any:  # noqa: ANN401
    """Read one JSON document.

    Raises `UnableToAccept` whenever `parse_json` raises `json.JSONDecodeError`.
    """
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}"
        fault = Fault(field=place, source=source, value=error.msg, allowed="a JSON document")
        raise UnableToAccept([fault]) from error


def parse_json(text: str | bytes, *, not_a_number: Callable[[str], object] | None = None) -> Any:  # noqa: ANN401
    """Parse one JSON document; `not_a_number` says what stands for NaN and Infinity, where a document may have them.

    Raises `json.JSONDecodeError` for text that is not JSON (NaN and Infinity are not), for a repeated key, and for too
    deep nesting.
    """
    try:
        return json.loads(text, parse_constant=not_a_number or _refuse_constant, object_pairs_hook=_unique_keys)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise json.JSONDecodeError(_NESTED, "", 0) from error
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from error


def yaml_text(document: Mapping[str, Any]) -> str:
    """Write plain values as YAML that both `yaml_document` and a reader of YAML 1.1 read back unchanged."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


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


class _Loader(yaml.SafeLoader):
    """A safe loader of YAML 1.2 scalars that refuses repeated keys and excessive aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to start without YAML 1.1's rules

    def get_single_node(self) -> yaml.Node | None:
        """Compose the document, and check its aliases before any value is built."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _check_aliases(node)
        return node

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


def _check_aliases(root: yaml.Node) -> None:
    """Refuse a document that contains itself, or whose aliases make it far larger than its text."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting, written = [(root, False)], 0
    while waiting:
        node, children_known = waiting.pop()
        if id(node) in sizes:
            continue
        children = _children(node)
        if children_known:
            open_nodes.discard(id(node))
            sizes[id(node)] = _own_size(node) + sum(sizes[id(child)] for child in children)
            written += _own_size(node)
            continue
        open_nodes.add(id(node))
        waiting.append((node, True))
        for child in children:
            if id(child) in open_nodes:
                raise yaml.constructor.ConstructorError(
                    None, None, "an alias refers to a value that contains it", child.start_mark
                )
            waiting.append((child, False))
    repeated = sizes[id(root)] - written
    if repeated > MOST_REPEATED_NODES:
        problem = f"aliases repeat more than {MOST_REPEATED_NODES:,} values"
        raise yaml.constructor.ConstructorError(None, None, problem, root.start_mark)


def _own_size(node: yaml.Node) -> int:
    """What a value counts as without those in it."""
    return 1 + len(node.value) // _CHARACTERS_A_NODE if isinstance(node, yaml.ScalarNode) else 1


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


class _Dumper(yaml.SafeDumper):
    """A safe dumper that quotes text which a reader of YAML 1.1 or 1.2 would not read as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way; `_RESOLVED` is added below
        first: list(resolvers) for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write every value in full, without aliases."""
        return True


for _tag, _written in _RESOLVED:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_written})\Z"), None)
    _Dumper.add_implicit_resolver(_tag, re.compile(rf"(?:{_written})\Z"), None)

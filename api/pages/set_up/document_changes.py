"""What differs between versions of a document, in plain words, and one document that has the changes of two people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOTHING = "nothing"
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A place of a document, what stood there, and what stands there now; both as they are shown."""

    place: str
    before: str
    after: str


def changes(before: object, after: object, place: str = "") -> list[Change]:
    """Every place where two documents differ; members of a list are known by their `id`.

    >>> [f"{each.place}: {each.before} to {each.after}" for each in changes({"ups": [{"id": "a", "units": 5}]},
    ...     {"ups": [{"id": "a", "units": 6}], "name": "Hall"})]
    ['name: nothing to Hall', 'ups.a.units: 5 to 6']
    """
    if before == after:
        return []
    one, other = _members(before), _members(after)
    if one is None or other is None:
        return [Change(place=place, before=_shown(before), after=_shown(after))]
    found = []
    for name in sorted({*one, *other}):
        found += changes(one.get(name), other.get(name), f"{place}.{name}" if place else name)
    return found


def merged(base: Any, mine: Any, theirs: Any) -> Any:  # noqa: ANN401 - JSON
    """The document that has what `theirs` and `mine` changed of `base`; where both changed one value, mine.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3})
    {'a': 2, 'b': 3}
    """
    if mine == base:
        return theirs
    if theirs in (base, mine):
        return mine
    parts = [_members(each) for each in (base, mine, theirs)]
    if any(each is None for each in parts[1:]):
        return mine
    old, own, others = ({} if each is None else each for each in parts)
    names = [*others, *(name for name in own if name not in others)]
    values = {name: merged(old.get(name), own.get(name), others.get(name)) for name in names}
    kept = {name: value for name, value in values.items() if value is not None}
    return kept if isinstance(mine, Mapping) else list(kept.values())


def _members(part: object) -> Mapping[str, Any] | None:
    """The parts of a part by their names; None where it has none that can be told apart."""
    if isinstance(part, Mapping):
        return part
    if not isinstance(part, list):
        return None
    ids = [each.get("id") if isinstance(each, Mapping) else None for each in part]
    named = all(isinstance(each, str) for each in ids) and len(set(ids)) == len(ids)
    return dict(zip(map(str, ids), part, strict=True)) if named else None


def _shown(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = ", ".join(f"{name}: {inner}" for name, inner in value.items()) if isinstance(value, Mapping) else str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"

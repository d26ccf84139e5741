"""What two people changed of one site at a time, for the one who saves last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ridethrough.api.pages.set_up.document_changes import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """A place that someone else changed; `mine` is what the form has there instead, where its writer changed it too."""

    place: str
    before: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What someone else wrote while a form was open."""

    by: str
    at: datetime
    rows: tuple[ConflictRow, ...]


def conflict_of(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], *, by: str, at: datetime
) -> Conflict:
    """Compare what both made of `base`."""
    own = {each.place: each.after for each in changes(base, mine)}
    rows = tuple(
        ConflictRow(
            place=each.place,
            before=each.before,
            theirs=each.after,
            mine="" if own.get(each.place, each.after) == each.after else own[each.place],
        )
        for each in changes(base, theirs)
    )
    return Conflict(by=by, at=at, rows=rows)

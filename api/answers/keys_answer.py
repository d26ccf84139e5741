"""Keys of the service as an answer; none of their secrets is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.terminal import indented

COLUMNS = ("id", "prefix", "role", "site_id", "created_at", "expires_at", "last_used_at", "revoked_at", "made_by")
_SHOWN = tuple(name for name in COLUMNS if name not in {"prefix", "made_by"})


def keys_answer(rows: Sequence[Mapping[str, Any]]) -> Answer:
    """Keys, one a row."""
    listed = [{name: row[name] for name in COLUMNS} for row in rows]
    return Answer(document=lambda: {"keys": listed}, rows=lambda: listed, view=lambda: _view(listed), columns=COLUMNS)


def _view(rows: Sequence[dict[str, Any]]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "role", "site", "created", "runs out", "last used", "revoked"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*((row[name] or ("all" if name == "site_id" else "")) for name in _SHOWN))
    return indented(table)

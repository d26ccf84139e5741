"""Keys of the service as an answer; none of their secrets is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.terminal import indented

COLUMNS = ("id", "role", "site", "created_at", "last_used_at", "revoked_at")


def keys_answer(rows: Sequence[Mapping[str, Any]]) -> Answer:
    """Keys, one a row."""
    listed = [{name: row[name] for name in COLUMNS} for row in rows]
    return Answer(document=lambda: {"keys": listed}, rows=lambda: listed, view=lambda: _view(listed), columns=COLUMNS)


def _view(rows: Sequence[dict[str, Any]]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "role", "site", "created", "last used", "revoked"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        texts = [row[name] or "" for name in COLUMNS]
        texts[2] = row["site"] or "all"
        table.add_row(*texts)
    return indented(table)

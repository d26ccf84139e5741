"""The catalog of tariffs as a table for a terminal."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.terminal import indented
from ridethrough.tariffs import catalog
from ridethrough.tariffs.tariff import Tariff


@cache
def _catalog() -> tuple[tuple[str, Tariff], ...]:
    return tuple((name, catalog.load(name)) for name in catalog.names())


def catalog_rows() -> list[dict[str, Any]]:
    """The tariffs of the catalog, one a row."""
    return [
        {
            "name": name,
            "title": tariff.name,
            "utility": tariff.utility,
            "currency": tariff.currency,
            "effective_from": tariff.effective_from.isoformat() if tariff.effective_from else None,
            "effective_until": tariff.effective_until.isoformat() if tariff.effective_until else None,
        }
        for name, tariff in _catalog()
    ]


def catalog_view(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """The catalog as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("name", "tariff", "currency", "from", "until"):
        table.add_column(name, no_wrap=name != "tariff", style="bold" if name == "name" else "")
    for row in rows:
        held = (row["effective_from"] or "", row["effective_until"] or "")
        table.add_row(row["name"], Text(row["title"]), row["currency"], *held)
    note = Text(
        "Examples of how tariffs are built, with the dates of their figures; not this year's prices.", style="dim"
    )
    return indented(Group(Text(), table, Text(), note, Text()))

"""`ridethrough reserve --price`: what longer ride-throughs take from a day's saving, and how it is printed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.printing import EXIT_NO_SAFE_PLAN, Format, emit, say
from ridethrough.api.cases.plans.reserves import price_of_reserve
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.optimizer.reserve_price import ReservePrice


def write_reserve_price(inputs: SiteInputs, day: date | None, form: Format, out: Path | None) -> None:
    """Price the reserve of one local day, and print the curve.

    Raises `UnableToAccept` where the inputs do not cover the day.
    """
    local, prices = price_of_reserve(inputs, now=datetime.now(UTC), day=day)
    rows = [_row(price) for price in prices]
    named = {"site_id": inputs.site.id, "date": local.isoformat(), "currency": inputs.site.currency}
    answer = Answer(
        document=lambda: {**named, "prices": rows}, rows=lambda: rows, view=lambda: _view(inputs, local, prices)
    )
    emit(answer, form, out)
    if not prices[0].feasible:
        say("error", [f"the reserve is infeasible today ({prices[0].binding})"])
        raise typer.Exit(EXIT_NO_SAFE_PLAN)


def _row(price: ReservePrice) -> dict[str, Any]:
    return {
        "extra_s": price.extra_s,
        "feasible": price.feasible,
        "binding": price.binding.value,
        "tradable_kwh": round(price.tradable_kwh, 6),
        "saving": round(price.saving, 6),
        "saving_lost": round(price.saving_lost, 6),
        "add_kwh": round(price.add_kwh, 6),
    }


def _view(inputs: SiteInputs, day: date, prices: Sequence[ReservePrice]) -> Group:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("longer by", justify="right")
    for name in ("to trade", f"saving, {inputs.site.currency}", "lost", "or add"):
        table.add_column(name, justify="right")
    table.add_column("what binds")
    for price in prices:
        table.add_row(
            f"{price.extra_s / 60:g} min",
            f"{price.tradable_kwh:,.1f} kWh",
            f"{price.saving:,.2f}",
            f"{price.saving_lost:,.2f}",
            f"{price.add_kwh:,.1f} kWh",
            price.binding.value.replace("_", " ") + ("" if price.feasible else ": infeasible, no trading"),
            style="" if price.feasible else "red",
        )
    title = Text(
        f"  {inputs.site.name or inputs.site.id}, {day:%A %d %B %Y}: what a longer ride-through costs", style="bold"
    )
    note = Text("  'or add': nominal battery energy that would leave as much to trade as today", style="dim")
    return Group(Text(), title, Text(), table, Text(), note, Text())

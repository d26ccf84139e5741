"""The CPU time of bills and plans, as a table for a terminal."""

import statistics

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.terminal import indented
from ridethrough.api.cases.bench.bench import Measurements


def bench_answer(measurements: Measurements) -> Answer:
    """The measurements, one row for each piece of work."""
    return Answer(
        document=measurements.as_document,
        rows=measurements.rows,
        view=lambda: bench_view(measurements),
    )


def bench_view(measurements: Measurements) -> RenderableType:
    """The measurements as a table, with the median and the largest over all bills."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("CPU milliseconds", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("largest", justify="right", no_wrap=True)
    table.add_column("of", style="dim")
    titles = {
        "bill": "a year's bill at 15 minutes",
        "plan": "a day's plan at 15 minutes",
        "way": "a plan, by how it is solved",
    }
    for kind, title in titles.items():
        group = [one for one in measurements.each if one.kind == kind]
        table.add_row(Text(title, style="bold"), "", "", "")
        for one in group:
            table.add_row(f"  {one.name}", f"{one.median_ms:,.2f}", f"{one.largest_ms:,.2f}", one.size)
        if kind == "bill":
            median = statistics.median(one.median_ms for one in group)
            slowest = max(group, key=lambda one: one.median_ms)
            largest = max(one.largest_ms for one in group)
            table.add_row(
                "  all tariffs", f"{median:,.2f}", f"{largest:,.2f}", f"slowest: {slowest.name}", style="bold"
            )
        table.add_row()
    times = "once" if measurements.repeats == 1 else f"{measurements.repeats} times"
    notes = (Text(f"each measured {times}", style="dim"), Text(measurements.machine, style="dim"))
    return indented(Group(Text(), table, *notes, Text()))

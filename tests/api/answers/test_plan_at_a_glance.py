"""Plans and reserves as a person sees them: in a narrow terminal, and in words that agree with the figures."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from documents import DAY, write_site
from rich.console import Console, RenderableType

from ridethrough.api.answers.plan.expected_view import spread
from ridethrough.api.answers.plan.plan_view import plan_view
from ridethrough.api.answers.plan.reserve_view import reserve_view
from ridethrough.api.cases.plans.planning import PlannedDay, plan_day
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.operation.ceilings.expected import ExpectedChange


@pytest.fixture(name="planned")
def planned_fixture(tmp_path: Path) -> PlannedDay:
    inputs = read_site_file(write_site(tmp_path))
    return plan_day(inputs, now=datetime(2026, 1, 1, tzinfo=UTC), day=date.fromisoformat(DAY))


def shown(view: RenderableType, width: int) -> str:
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(view)
    return text.getvalue()


def test_no_cell_is_cut_at_80_columns(planned: PlannedDay) -> None:
    for view in (plan_view(planned), reserve_view(planned.requirements)):
        narrow = shown(view, 80)
        assert "…" not in narrow
        assert max(map(len, narrow.splitlines())) <= 80
    assert "00:00 - " in shown(plan_view(planned), 80)


def test_a_wide_terminal_also_shows_prices(planned: PlannedDay) -> None:
    assert "price/kWh" in shown(plan_view(planned), 132)
    assert "price/kWh" not in shown(plan_view(planned), 80)
    assert "of capacity" in shown(reserve_view(planned.requirements), 132)


def test_full_batteries_are_assumed_once(planned: PlannedDay) -> None:
    text = shown(plan_view(planned), 400)
    assert text.count("taken as full") == 1
    assert "assumed full" not in text


def test_a_day_that_prepares_the_next_says_so(planned: PlannedDay) -> None:
    dearer = replace(planned.plan.cost, wear=planned.plan.cost.wear + planned.plan.savings + 25)
    costly = replace(planned, plan=replace(planned.plan, cost=dearer), look_ahead_h=24.0)
    assert "25.00 USD more on this day, to prepare the 24 h after it" in shown(plan_view(costly), 400)
    assert "Saves" in shown(plan_view(replace(costly, look_ahead_h=0.0)), 400)


@pytest.mark.parametrize(
    ("mean", "p10", "p90", "words"),
    [
        (-764.0, -764.2, -763.9, "764"),
        (-4070.4, -4071.0, -4069.6, "4,070 to 4,071"),
        (-20.0, -50.0, 10.0, "10 more to 50 less"),
        (20.0, -10.0, 50.0, "10 less to 50 more"),
        (20.0, 10.0, 50.0, "10 to 50"),
        (0.0, 0.0, 0.0, "0"),
    ],
)
def test_the_range_has_the_sense_of_the_mean(mean: float, p10: float, p90: float, words: str) -> None:
    assert spread(ExpectedChange(mean=mean, p10=p10, p90=p90)) == f"in 8 of 10 futures {words}"

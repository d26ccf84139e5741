"""What-if against hand calculations of the reserve, and against the plan that the site has anyway."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from documents import REMOVED, site_document

from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.cases.what_if import Changes, latest_day, what_if
from ridethrough.api.reading.site_file import SiteInputs, read_site
from ridethrough.domain import UnableToAccept

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
DAY = {"start": "2026-07-15T00:00:00-04:00"}


def inputs_of(**changes: Any) -> SiteInputs:  # noqa: ANN401 - parts of a document
    """Five blocks of 200 kWh behind 4.8 MW, without any derating, as the hand calculations have them."""
    document = site_document(
        {
            "interval_minutes": 60,
            "ups.0.battery.discharge_efficiency": 1.0,
            "ups.0.load": {**DAY, "values": [4000.0] * 12 + [4400.0] * 12},
            "prices": {**DAY, "values": [0.05] * 8 + [0.30] * 8 + [0.05] * 8},
            **changes,
        }
    )
    return read_site(document, source="site", folder=None)


@pytest.mark.parametrize(
    ("changes", "tradable_kwh"),
    [
        (Changes(), 347.684),
        (Changes(state_of_health=1.0), 423.684),
        (Changes(state_of_health=0.8), 233.684),
        (Changes(tolerated_failures=0), 452.947),
        (Changes(ride_through_s=600.0), 0.0),
    ],
)
def test_the_energy_to_trade_is_that_of_the_hand_calculation(changes: Changes, tradable_kwh: float) -> None:
    found = what_if(inputs_of(), changes, NOW)
    assert found.changed.tradable_kwh == pytest.approx(tradable_kwh, abs=0.01)
    assert found.as_it_is.tradable_kwh == pytest.approx(347.684, abs=0.01)


def test_without_changes_it_is_the_plan_of_that_day_alone() -> None:
    inputs = inputs_of()
    found = what_if(inputs, Changes(), NOW)
    plan = plan_day(inputs, now=NOW, day=date(2026, 7, 15), look_ahead_h=0).plan
    assert found.day == date(2026, 7, 15)
    assert found.changed is found.as_it_is
    assert found.changed.planned.plan.grid_kw == plan.grid_kw
    worth = found.changed.worth
    assert worth.energy + worth.peaks - worth.wear == pytest.approx(plan.savings, abs=1e-6)
    assert worth.of_such_a_year == pytest.approx(365 * (worth.energy - worth.wear) + 12 * worth.peaks)


def test_the_day_ends_as_full_as_it_began_so_that_such_days_may_follow_each_other() -> None:
    (ups,) = what_if(inputs_of(), Changes(ride_through_s=240.0), NOW).changed.planned.plan.ups
    assert ups.stored_kwh[-1] >= ups.stored_kwh[0] - 1e-6


def test_dearer_market_prices_save_more_energy() -> None:
    dear = what_if(inputs_of(), Changes(market_prices_percent=100.0), NOW)
    assert dear.changed.worth.energy > dear.as_it_is.worth.energy > 0


def test_every_fault_of_the_changes_is_told_at_once() -> None:
    changes = Changes(state_of_health=1.5, tolerated_failures=9, market_prices_percent=-95.0)
    with pytest.raises(UnableToAccept) as refused:
        what_if(inputs_of(), changes, NOW)
    assert "market_prices_percent" in str(refused.value)
    assert len(refused.value.faults) >= 2


def test_prices_that_a_site_does_not_have_cannot_rise() -> None:
    with pytest.raises(UnableToAccept, match="no market price"):
        what_if(inputs_of(prices=REMOVED, tariff="dominion-gs-4"), Changes(market_prices_percent=10.0), NOW)


def test_series_that_cover_no_whole_day_are_refused() -> None:
    short = {**DAY, "values": [4000.0] * 20}
    with pytest.raises(UnableToAccept, match="midnight to midnight"):
        latest_day(inputs_of(**{"ups.0.load": short}), NOW)


def test_a_site_of_constants_is_asked_about_tomorrow() -> None:
    constant = inputs_of(**{"ups.0.load": {"constant_kw": 4000}, "prices": REMOVED, "tariff": "dominion-gs-4"})
    assert latest_day(constant, NOW) == date(2026, 7, 15)

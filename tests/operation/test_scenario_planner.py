"""Rolling plans over scenarios: from the past alone, within the reserve, and worth their while."""

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import DAY, case, peaky_kw, tariff

from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.operation.planner import Information, Known, Planned
from ridethrough.operation.scenarios.planned_response import ScenarioSettings
from ridethrough.operation.scenarios.scenario_planner import ScenarioPlanner
from ridethrough.operation.yardsticks import PersistencePlanner
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.peak_rule import PeakRule
from ridethrough.tariffs.charges.reactive import ReactiveCharge

FEW = ScenarioSettings(drawn=12, scenarios=3, horizon_h=12)


class Listening(ScenarioPlanner):
    """Keeps what it answered, read at some loads."""

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401
        super().__init__(**fields)
        self.answered: list[list[float]] = []

    def plan(self, known: Known) -> Planned:
        planned = super().plan(known)
        responses = planned.orders.responses
        self.answered.append([responses[0].wanted_kw(kw) for kw in (4000.0, 4500.0)] if responses else [])  # type: ignore[union-attr]
        return planned


def saved(asked: StudyCase, planner: Any) -> float:  # noqa: ANN401
    loop = run(asked, planner, Loop.at_start(asked))
    assert (loop.stored_kwh[:, 1:] >= asked.loads.floor_kwh - 1e-6).all()
    bills = [bill(asked.tariff, asked.horizon, each.grid_kw).exact_total for each in (floating(asked), loop)]
    return float(bills[0] - bills[1])


def poisoned(asked: StudyCase, from_: int) -> StudyCase:
    rng = np.random.default_rng(9)
    load_kw = asked.record.load_kw.copy()
    load_kw[:, from_:] = rng.uniform(0, 4800, load_kw[:, from_:].shape)
    return dataclasses.replace(asked, record=dataclasses.replace(asked.record, load_kw=load_kw))


def test_a_poisoned_future_changes_no_plan_made_before_it() -> None:
    load_kw = np.minimum(peaky_kw(8), 4790.0)
    load_kw[-1] = 4790.0  # the same highest load on record, and so the same reserve
    asked = case(4, before=4, load_kw=load_kw, every_h=1.0)
    other = poisoned(asked, 6 * DAY)
    other.record.load_kw[:, -1] = 4790.0
    planners = [Listening(settings=FEW), Listening(settings=FEW)]

    for each, planner in zip((asked, other), planners, strict=True):
        run(each, planner, Loop.at_start(each))

    same = 2 * DAY + 1  # studied days begin on the fifth on record; the hour of the poison is planned before it
    assert planners[0].answered[:same] == planners[1].answered[:same]
    assert planners[0].answered[same:] != planners[1].answered[same:]


@pytest.mark.long
def test_rolling_plans_save_more_than_trusting_yesterday() -> None:
    asked = case(20, before=14, every_h=1.0)

    rolling = saved(asked, ScenarioPlanner(settings=FEW))
    persistent = saved(asked, PersistencePlanner())

    assert rolling > 0
    assert rolling > persistent


def test_the_hours_to_come_may_be_given_to_compare_with() -> None:
    asked = case(12, before=8, every_h=1.0)
    planner = ScenarioPlanner(settings=FEW, record=asked.record)

    assert planner.information is Information.PERFECT
    assert saved(asked, planner) > saved(asked, ScenarioPlanner(settings=FEW)) > 0


def test_the_first_day_on_record_is_not_traded_on() -> None:
    asked = case(2, every_h=1.0)
    loop = run(asked, ScenarioPlanner(settings=FEW), Loop.at_start(asked))

    assert (loop.discharge_kw[:, :DAY] == 0).all()
    assert loop.by_status["hold"] == DAY
    assert "not traded" in next(iter(loop.warnings))


@pytest.mark.parametrize("changed", [{"days_to_come": False}, {"conditioned": False}, {"knots": (0.5,)}])
def test_every_ingredient_can_be_taken_away(changed: dict[str, Any]) -> None:
    asked = case(4, before=3, every_h=1.0)
    one, other = (
        run(asked, ScenarioPlanner(settings=settings), Loop.at_start(asked))
        for settings in (FEW, dataclasses.replace(FEW, **changed))
    )

    assert one.grid_kw.tolist() != other.grid_kw.tolist()
    assert (
        ScenarioPlanner(settings=FEW).fingerprint
        != ScenarioPlanner(settings=dataclasses.replace(FEW, **changed)).fingerprint
    )


def test_prices_of_a_market_are_followed_as_far_as_they_are_known() -> None:
    prices = np.tile(np.where(np.arange(DAY) < 12, 0.02, 0.30), 8)
    asked = case(4, before=4, every_h=1.0, priced=tariff(energy=None, demand=()), prices=prices)
    premises = site(ups_system(wear_cost_per_kwh=0.0))
    asked = dataclasses.replace(asked, site=premises)

    loop = run(asked, ScenarioPlanner(settings=FEW), Loop.at_start(asked))

    discharged = loop.discharge_kw[0].reshape(4, DAY)
    assert discharged[:, 12:].sum() > 0
    assert discharged[:, :11].sum() == pytest.approx(0.0, abs=1.0)


def test_several_systems_share_what_the_response_wants() -> None:
    premises = site(
        ups_system(id="one"), ups_system(id="two", units=3, protected_load_kw=2000.0), import_limit_kw=12000.0
    )
    asked = case(3, before=3, every_h=1.0, premises=premises, load_kw=np.minimum(peaky_kw(6) / 2.4, 1990.0))

    loop = run(asked, ScenarioPlanner(settings=FEW), Loop.at_start(asked))

    assert (loop.discharge_kw.sum(axis=1) > 0).all()
    assert (loop.stored_kwh[:, 1:] >= asked.loads.floor_kwh - 1e-6).all()


@pytest.mark.parametrize(("demand_rate", "slope"), [(12.0, 0.0), (0.0, 1.0)])
def test_above_every_load_that_was_planned_for_the_meter_is_held_where_it_is_billed(
    demand_rate: float, slope: float
) -> None:
    asked = case(1, before=3, every_h=1.0, priced=tariff(demand_rate=demand_rate))
    read: list[float] = []

    class Reading(ScenarioPlanner):
        def plan(self, known: Known) -> Planned:
            planned = super().plan(known)
            response = planned.orders.responses[0]
            assert response is not None
            read.append((response.wanted_kw(20_000.0) - response.wanted_kw(19_000.0)) / 1000)
            return planned

    run(asked, Reading(settings=FEW), Loop.at_start(asked))

    assert read == pytest.approx([slope] * DAY, abs=1e-9)


def test_days_past_the_last_known_reading_are_planned_as_in_a_cycle_of_the_last_length() -> None:
    """Nobody knows the readings of two months ahead; a study that starts on the first day of a bill asks for none."""
    reads = (date(2026, 5, 3), date(2026, 6, 1), date(2026, 7, 1))
    asked = case(3, before=29, after=2, priced=tariff(cycle=BillingCycle(read_dates=reads)))
    assert asked.before.peaks_kw == {}
    assert list(asked.before.past_peaks_kw["facility"]) == ["2026-05-03"]
    assert saved(asked, ScenarioPlanner(settings=FEW)) > 0


def test_a_study_holds_the_level_of_each_day_where_the_mean_of_several_is_billed() -> None:
    season = (DemandSeason(tiers=(DemandTier(rate_per_kw=30.0),)),)
    charges = (
        DemandCharge(name="three", seasons=season, peak=PeakRule(mean_of_highest=3)),
        DemandCharge(name="twelve", seasons=season, peak=PeakRule(mean_of_periods=12)),
        DemandCharge(name="week", seasons=season, weekly=True),
        DemandCharge(name="year", seasons=season, yearly=True, window_minutes=120),
    )
    priced = dataclasses.replace(tariff(), demand=charges, reactive=(ReactiveCharge(name="kvar", rate_per_kvar=2.0),))
    start = datetime(2026, 6, 10, tzinfo=UTC)
    asked = case(3, before=22, after=1, priced=dataclasses.replace(priced, power_factor=0.9), start=start)
    assert len(asked.before.day_peaks_kw["three"]) == 9
    assert asked.before.past_peaks_kw["year"].keys() == {"2026-05"}
    loop = run(asked, ScenarioPlanner(settings=FEW), Loop.at_start(asked))
    saved_kw = floating(asked).grid_kw - loop.grid_kw
    assert saved_kw.max() > 0
    assert saved(asked, ScenarioPlanner(settings=FEW)) > 0

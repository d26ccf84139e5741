"""Wear in the closed loop: what is paid is what plans pay, cycles stay open between plans, a warranty is kept."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import DAY, case, tariff

from ridethrough.domain import CycleStress, Site, WearModel
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.finance.study.savings import wear_by_period
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.known.wear_so_far import WearSoFar
from ridethrough.operation.planner import Planner
from ridethrough.operation.yardsticks import PerfectPlanner, PersistencePlanner

XU = CycleStress(coefficient=5.24e-4, exponent=2.03)


def worn(**fields: object) -> Site:
    return site(ups_system(wear_cost_per_kwh=0.0, wear=WearModel(**fields)))


def throughput_kwh(asked: StudyCase, planner: Planner) -> float:
    loop = run(asked, planner, Loop.at_start(asked))
    return float(loop.discharge_kw.sum())


def planner_of(name: str, asked: StudyCase) -> Planner:
    if name == "persistence":
        return PersistencePlanner()
    if name == "perfect":
        return PerfectPlanner(record=asked.record)
    return CeilingPlanner(settings=CeilingSettings(futures=4, searched_every_h=24))


@pytest.mark.parametrize("name", ["persistence", "perfect", "ceilings"])
def test_a_warranty_is_kept_by_every_planner(name: str) -> None:
    """Dear afternoons every weekday would use the limit of 5 units up in a few days."""
    limited = case(
        5, after=2, premises=worn(throughput_limit_kwh_per_year=8.0), priced=tariff(demand_rate=0.5, dear=0.6)
    )
    free = case(5, after=2, premises=worn(), priced=tariff(demand_rate=0.5, dear=0.6))

    bound = throughput_kwh(limited, planner_of(name, limited))

    assert throughput_kwh(free, planner_of(name, free)) > 60
    assert 0 < bound <= 40 + 1e-6


@pytest.mark.long
def test_a_year_never_discharges_more_than_its_warranty_and_the_limit_lasts() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    asked = case(
        365, premises=worn(throughput_limit_kwh_per_year=3000.0), priced=tariff(demand_rate=0.5, dear=0.4), start=start
    )

    loop = run(asked, PersistencePlanner(), Loop.at_start(asked))

    used = np.cumsum(loop.discharge_kw.sum(axis=0))
    assert used[-1] <= 15_000 + 1e-6
    assert used[-1] > 0.9 * 15_000, "the limit is used"
    assert used[270 * DAY] < 0.95 * 15_000, "and it lasts: a quarter of the year still has some of it"


@pytest.mark.parametrize(("name", "every_h"), [("perfect", 24.0), ("ceilings", 1.0)])
def test_a_scarce_site_and_one_ahead_of_its_warranty_cycle_less_under_every_planner(name: str, every_h: float) -> None:
    """The first days of a year are ahead of its part of the warranty: from a month's part on nothing is worth it."""
    start, priced = datetime(2026, 1, 5, tzinfo=UTC), tariff(demand_rate=0.0, dear=0.6)

    def traded(**wear: object) -> float:
        asked = case(4, after=2, premises=worn(**wear), priced=priced, start=start, every_h=every_h)
        return throughput_kwh(asked, planner_of(name, asked))

    cycles = {"replacement_cost_per_kwh": 100.0, "cycles": XU, "depth_segments": 4}
    assert traded() > 900, "a full cycle each day"
    assert traded(throughput_limit_kwh_per_year=1000.0) < 0.75 * traded(), "the limit of 5,000 kWh itself is far"
    assert traded(**cycles) > 900
    assert traded(**cycles, scarcity_cost_per_kwh=4000.0) < 0.75 * traded(**cycles)


def test_a_study_pays_what_plans_pay() -> None:
    asked = case(6, after=2, premises=worn(replacement_cost_per_kwh=300.0, cycles=XU), priced=tariff(dear=0.6))
    planner = PerfectPlanner(record=asked.record)

    found = study(asked, planner, options=StudyOptions(marginal=False))
    loop = run(asked, PerfectPlanner(record=asked.record), Loop.at_start(asked))

    assert found.savings.wear == pytest.approx(float(wear_by_period(asked, loop, floating(asked)).sum()), abs=0.01)
    assert found.savings.wear > 0
    assert found.ceiling is not None
    assert found.ceiling.wear > 0
    assert any("cycles of their depth" in line for line in found.assumptions)


def test_what_is_carried_is_the_same_in_one_step_and_in_many() -> None:
    asked = case(5, premises=worn(replacement_cost_per_kwh=300.0, cycles=XU))
    rng = np.random.default_rng(7)
    stored = np.clip(900 - np.abs(np.cumsum(rng.normal(0, 40, 121))), 500, 920)[None, :]
    given = np.maximum(0.0, -np.diff(stored, axis=1))
    steps, once = (WearSoFar(site=asked.site, horizon=asked.horizon) for _ in range(2))

    for until in (10, 33, 100, 119):
        in_steps = steps.known_in(asked.before, given, stored, until)
    at_once = once.known_in(asked.before, given, stored, 119)

    assert in_steps.throughput_kwh == pytest.approx(at_once.throughput_kwh)
    assert in_steps.segments_filled["pod-1"] == pytest.approx(at_once.segments_filled["pod-1"])


def test_a_new_year_begins_a_new_warranty() -> None:
    asked = case(4, premises=worn(throughput_limit_kwh_per_year=100.0), start=datetime(2026, 12, 30, tzinfo=UTC))
    given, stored = np.full((1, 96), 1.0), np.full((1, 97), 900.0)
    so_far = WearSoFar(site=asked.site, horizon=asked.horizon)

    read = {
        until: so_far.known_in(asked.before, given, stored, until).throughput_kwh["pod-1"] for until in (24, 47, 60)
    }

    assert read == {24: 24.0, 47: 47.0, 60: 12.0}

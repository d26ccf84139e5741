"""The ceilings planner in the closed loop: from the past alone, within the reserve, worth its while at any interval."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import DAY, HOURS, case, tariff

from ridethrough.domain import Horizon
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.wear.wear_model import WearModel
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.operation.ceilings.planner import RESTING_HOURS, CeilingPlanner, CeilingSettings
from ridethrough.operation.guard import GuardedPlanner
from ridethrough.operation.known.record import Record
from ridethrough.operation.yardsticks import PersistencePlanner
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier

FEW = CeilingSettings(futures=16)


def wandering_kw(days: int, seed: int = 3) -> np.ndarray:  # type: ignore[type-arg]
    """A load that wanders about a daily course; its peaks last some hours."""
    random = np.random.default_rng(seed)
    value, out = 0.0, []
    for hour in range(days * DAY):
        value = 0.85 * value + random.normal(0, 120)
        out.append(3600 + 250 * np.sin((hour % DAY - 9) / DAY * 2 * np.pi) + value)
    return np.clip(np.array(out), 1000, 4700)


def saved(asked: StudyCase, planner: CeilingPlanner | PersistencePlanner) -> float:
    loop = run(asked, planner, Loop.at_start(asked))
    assert (loop.stored_kwh[:, 1:] >= asked.loads.floor_kwh - 1e-6).all()
    bills = [bill(asked.tariff, asked.horizon, each.grid_kw).exact_total for each in (floating(asked), loop)]
    return float(bills[0] - bills[1])


def with_load(asked: StudyCase, load_kw: np.ndarray) -> StudyCase:  # type: ignore[type-arg]
    return dataclasses.replace(asked, record=dataclasses.replace(asked.record, load_kw=load_kw))


@pytest.mark.parametrize("guarded", [False, True])
def test_a_poisoned_future_changes_nothing_before_it(*, guarded: bool) -> None:
    """Neither orders nor the reserve: the noise rises above the protected load and every load before."""
    days, before = (12, 28) if not guarded else (6, 66)
    load_kw = np.minimum(wandering_kw(days + before), 4300.0)
    premises = site(ups_system(protected_load_kw=4200))
    asked = case(days, before=before, load_kw=load_kw, every_h=1.0, premises=premises)
    poison_at = (before + 3) * DAY + 5
    noise = asked.record.load_kw.copy()
    noise[:, poison_at:] = np.random.default_rng(5).uniform(0, 4790, noise[:, poison_at:].shape)
    cases = [asked, with_load(asked, noise)]
    planners = [GuardedPlanner() if guarded else CeilingPlanner(settings=FEW) for _ in cases]

    loops = [run(each, planner, Loop.at_start(each)) for each, planner in zip(cases, planners, strict=True)]

    same = 3 * DAY + 5
    for name in ("stored_kwh", "charge_kw", "discharge_kw"):
        clean, other = (getattr(each, name) for each in loops)
        assert clean[:, :same].tolist() == other[:, :same].tolist()
        assert clean[:, same:].tolist() != other[:, same:].tolist()
    floors = [each.loads.floor_kwh for each in cases]
    assert floors[0][:, :same].tolist() == floors[1][:, :same].tolist()
    assert floors[1].max() > floors[0].max()
    assert asked.site_known(same) == cases[1].site_known(same)


@pytest.mark.long
def test_a_peak_is_held_that_persistence_lets_pass() -> None:
    asked = case(30, before=60, load_kw=wandering_kw(90), every_h=1.0)

    held = saved(asked, CeilingPlanner(settings=FEW))

    assert held > 0
    assert held > saved(asked, PersistencePlanner())


def test_energy_is_traded_where_prices_are_worth_it_and_no_peak_is_billed() -> None:
    asked = case(10, before=10, load_kw=wandering_kw(20), priced=tariff(demand_rate=0.0), every_h=1.0)

    assert saved(asked, CeilingPlanner(settings=FEW)) > 0
    kept = saved(asked, CeilingPlanner(settings=dataclasses.replace(FEW, trades=False)))
    assert kept == pytest.approx(0, abs=0.01)


def test_a_flat_load_is_left_alone() -> None:
    asked = case(10, before=10, load_kw=np.full(20 * DAY, 4000.0), priced=tariff(dear=0.05), every_h=1.0)

    assert saved(asked, CeilingPlanner(settings=FEW)) == pytest.approx(0, abs=0.01)


def test_every_charge_has_a_ceiling_of_its_own() -> None:
    evening = DemandCharge(
        name="evening",
        schedule="hours",
        period="dear",
        seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=25.0),)),),
    )
    both = tariff()
    both = dataclasses.replace(both, demand=(*both.demand, evening), schedules={"hours": HOURS})
    asked = case(6, before=30, load_kw=wandering_kw(36), priced=both, every_h=1.0)
    targets: list[list[float]] = []

    class Listening(CeilingPlanner):
        def plan(self, known):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            planned = super().plan(known)
            targets.append(planned.orders.grid_target_kw.tolist())
            return planned

    run(asked, Listening(settings=FEW), Loop.at_start(asked))
    by_hour = np.array(targets)[:DAY, 0]  # the first studied day is a working day
    assert by_hour[16:20].max() < by_hour[:16].min()


@pytest.mark.parametrize("minutes", [5, 15])
def test_peaks_are_held_at_the_interval_they_are_metered_at(minutes: int) -> None:
    per_hour = 60 // minutes
    random = np.random.default_rng(2)
    load_kw = np.repeat(wandering_kw(24), per_hour) + random.normal(0, 60, 24 * DAY * per_hour)
    plain = case(1)
    whole = Horizon(start=plain.horizon.start, interval_minutes=minutes, intervals=len(load_kw))
    record = Record(
        horizon=whole, load_kw=np.clip(load_kw, 0, 4750)[np.newaxis], unprotected_load_kw=np.zeros(len(load_kw))
    )
    asked = StudyCase(
        site=site(ups_system()),
        tariff=tariff(),
        record=record,
        horizon=Horizon(
            start=whole.start + 14 * DAY * per_hour * whole.step,
            interval_minutes=minutes,
            intervals=10 * DAY * per_hour,
        ),
        replanned_every_h=1.0,
    )

    assert saved(asked, CeilingPlanner(settings=FEW)) > 0


def test_batteries_rest_in_the_first_hours_on_record_and_then_hold_ceilings() -> None:
    load_kw = np.full(2 * DAY, 3000.0)
    load_kw[9] = 3200.0
    asked = case(2, load_kw=load_kw, every_h=1.0)
    loop = run(asked, CeilingPlanner(settings=FEW), Loop.at_start(asked))

    assert loop.by_status["hold"] == RESTING_HOURS
    assert not loop.discharge_kw[:, :RESTING_HOURS].any()
    assert loop.grid_kw[:DAY].max() < floating(asked).grid_kw.max() - 100


def test_nothing_is_traded_on_the_first_day_on_record() -> None:
    asked = case(3, load_kw=wandering_kw(3), priced=tariff(demand_rate=0.0), every_h=1.0)
    loop = run(asked, CeilingPlanner(settings=FEW), Loop.at_start(asked))

    assert not loop.discharge_kw[:, :DAY].any()
    assert loop.discharge_kw[:, DAY:].any()


def test_a_charge_that_the_rest_of_the_period_no_longer_meters_has_no_ceiling() -> None:
    """Prices are published daily; May 2026 ends on a weekend, which the charge of weekdays' evenings does not meter."""
    evening = DemandCharge(
        name="evening",
        schedule="hours",
        period="dear",
        seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=25.0),)),),
    )
    for demand in ((*tariff().demand, evening), (evening, *tariff().demand)):
        priced = dataclasses.replace(tariff(), demand=demand, schedules={"hours": HOURS})
        asked = case(
            4, before=6, after=2, load_kw=wandering_kw(12), prices=np.full(12 * DAY, 0.05), priced=priced,
            every_h=1.0, start=datetime(2026, 5, 28, tzinfo=UTC),
        )  # fmt: skip
        loop = run(asked, CeilingPlanner(settings=FEW), Loop.at_start(asked))
        assert (loop.stored_kwh[:, 1:] >= asked.loads.floor_kwh - 1e-6).all()


@pytest.mark.parametrize("hour", [5, 15])
def test_prices_that_are_not_published_change_nothing_before_they_are(hour: int) -> None:
    """Loads are noise from a moment on, prices from where they are published until; wear and discharges are limited."""
    days, before = 5, 10
    random = np.random.default_rng(hour)
    load_kw = np.minimum(wandering_kw(days + before + 1), 4300.0)
    prices = 0.05 + 0.04 * np.sin(np.arange(len(load_kw)) / DAY * 2 * np.pi)
    ups = ups_system(protected_load_kw=4200)
    worn = WearModel(chemistry="lfp", replacement_cost_per_kwh=200.0, throughput_limit_kwh_per_year=900.0)
    ups = dataclasses.replace(ups, battery=dataclasses.replace(ups.battery, wear=worn, wear_cost_per_kwh=0.0))
    premises = dataclasses.replace(site(ups), dispatch=DispatchLimits(most_discharges_per_day=1))
    asked = case(
        days, before=before, after=1, load_kw=load_kw, prices=prices, premises=premises, every_h=1.0
    )  # fmt: skip
    at = (before + 3) * DAY + hour
    published = (before + (4 if hour < 14 else 5)) * DAY
    noise_kw, noise = asked.record.load_kw.copy(), prices.copy()
    noise_kw[:, at:] = random.uniform(0, 4290, noise_kw[:, at:].shape)
    noise[published:] = random.uniform(-3, 5, len(noise) - published)
    others_kw = asked.record.unprotected_load_kw.copy()
    others_kw[at:] = random.uniform(0, 3000, len(others_kw) - at)
    poisoned = dataclasses.replace(
        asked.record, load_kw=noise_kw, unprotected_load_kw=others_kw, price_per_kwh=noise
    )  # fmt: skip
    loops = [
        run(each, GuardedPlanner(), Loop.at_start(each))
        for each in (asked, dataclasses.replace(asked, record=poisoned))
    ]
    same = 3 * DAY + hour
    for name in ("stored_kwh", "charge_kw", "discharge_kw"):
        clean, other = (getattr(each, name) for each in loops)
        assert clean[:, :same].tolist() == other[:, :same].tolist()
        assert clean[:, same:].tolist() != other[:, same:].tolist()
    assert loops[0].discharge_kw[:, :same].any()

"""A savings study in a closed loop: exact bills, a safe battery, a ceiling above it, and an honest verdict."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import case, peaky_kw, tariff

from ridethrough.domain import ReservePolicy, UnableToAccept, reserve_requirement
from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.finance.study.study import PeriodSavings, SafetyRecord, Savings, Study
from ridethrough.finance.study.verdict import capture_of, verdict_on
from ridethrough.finance.wear.wear import CycleLife
from ridethrough.operation.ceilings.planner import CeilingPlanner
from ridethrough.operation.planner import Information
from ridethrough.operation.yardsticks import PerfectPlanner, PersistencePlanner
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.ratchet import DemandRatchet


@pytest.fixture(scope="module")
def june() -> StudyCase:
    return case(40)


@pytest.fixture(scope="module")
def studied(june: StudyCase) -> Study:
    return study(june, PerfectPlanner(record=june.record))


def test_what_is_saved_is_the_difference_of_two_exact_bills(june: StudyCase, studied: Study) -> None:
    bills = [bill(june.tariff, june.horizon, np.array(kw)) for kw in (studied.baseline_grid_kw, studied.grid_kw)]
    assert [each.total for each in bills] == [studied.baseline.total, studied.bill.total]
    saved = float(bills[0].total - bills[1].total)
    assert studied.savings.on_the_bill == pytest.approx(saved, abs=1e-9)
    assert studied.savings.total == pytest.approx(saved + studied.savings.stored - studied.savings.wear, abs=1e-9)
    for part in ("energy", "demand", "coincident", "export", "other", "stored", "wear", "total"):
        by_period = sum(period.savings.figure(part) for period in studied.periods)
        assert by_period == pytest.approx(studied.savings.figure(part), abs=1e-6)
    assert [period.label for period in studied.periods] == ["2026-06", "2026-07"]


def test_wear_is_what_was_discharged_at_the_cost_of_the_site_file(june: StudyCase, studied: Study) -> None:
    (record,) = studied.ups
    assert studied.savings.wear == pytest.approx(sum(record.discharge_kw) * 0.01, abs=0.01)
    assert record.wear.cost.reason == "no table says how many cycles the battery lasts"
    assert record.wear.equivalent_full_cycles > 1
    assert june.horizon.intervals == len(record.discharge_kw)


def test_a_table_of_cycle_life_takes_the_place_of_the_site_file(june: StudyCase) -> None:
    life = CycleLife(cycles_by_depth={0.1: 20000, 1.0: 3000}, source="maker")
    options = StudyOptions(ceiling=False, cycle_life={"pod-1": life}, replacement_cost={"pod-1": 400_000.0})
    counted = study(june, PerfectPlanner(record=june.record), options=options)
    assert counted.savings.wear == pytest.approx(counted.ups[0].wear.cost.value, abs=0.01)
    assert counted.ceiling is None
    assert counted.marginal is None
    assert counted.capture.reason == "the ceiling was not worked out"


def test_the_closed_loop_is_certified(studied: Study) -> None:
    safety = studied.safety
    assert (safety.plans, safety.certified, dict(safety.by_status)) == (40, 40, {"optimal": 40})
    assert (safety.outages_lost, safety.violations) == (0, ())
    assert safety.outages_replayed == (40 * 24 + 2) * 2
    assert safety.worst_ride_through_s >= safety.required_s - 1e-3


def test_nothing_saves_more_than_perfect_foresight_over_whole_billing_periods(studied: Study) -> None:
    assert studied.ceiling is not None
    assert studied.savings.total <= studied.ceiling.total + 1e-6
    assert studied.capture.value == pytest.approx(studied.savings.total / studied.ceiling.total)
    assert studied.verdict.worthwhile
    assert "trading saves" in studied.verdict.reason


def test_the_battery_is_full_again_when_the_study_ends(june: StudyCase, studied: Study) -> None:
    assert studied.ups[0].stored_kwh[-1] == pytest.approx(june.site.ups[0].max_stored_kwh)
    assert not any("less are stored" in warning for warning in studied.warnings)


def test_a_battery_that_cannot_be_full_again_is_said_to_owe_that() -> None:
    """The last days leave no room at the meter, which the day before did not tell."""
    load_kw = peaky_kw(11)
    rest_kw = 500 + 4780 / 0.95 / 0.97
    load_kw[-48:] = 4780
    premises = site(ups_system(), import_limit_kw=rest_kw)
    tight = case(4, before=7, load_kw=load_kw, premises=premises, start=datetime(2026, 6, 2, tzinfo=UTC))
    done = study(tight, PersistencePlanner(), options=StudyOptions(ceiling=False))
    assert any("kWh less are stored at the end; the saving pays for them" in each for each in done.warnings)
    assert done.safety.by_status == {"optimal": 4}
    assert (done.safety.outages_lost, done.safety.violations) == (0, ())


def test_what_a_small_charger_cannot_bring_back_in_time_is_owed() -> None:
    slow = case(5, premises=site(ups_system(charge_limit_kw=0.3)))
    done = study(slow, PerfectPlanner(record=slow.record), options=StudyOptions(ceiling=False))
    assert done.safety.by_status == {"optimal": 5}
    assert done.safety.violations == ()


def test_what_is_worth_more_has_a_value(studied: Study) -> None:
    assert studied.marginal is not None
    assert studied.marginal.of_a_tradable_kwh.value > 0
    assert studied.marginal.of_a_kw_of_power.value >= -1e-6
    assert studied.marginal.of_a_minute_less_ride_through.value > 0


def test_a_minute_that_is_not_there_has_no_value() -> None:
    short = ups_system(ride_through_s=60)
    few = case(3, premises=site(short))
    values = study(few, PerfectPlanner(record=few.record)).marginal
    assert values is not None
    assert values.of_a_minute_less_ride_through.reason == "pod-1 rides through 60 s, which is not more than a minute"


def test_energy_that_no_larger_battery_adds_has_no_value() -> None:
    never = case(2, premises=site(ups_system(unit_output_limit_kw=900.0)))
    values = study(never, PerfectPlanner(record=never.record)).marginal
    assert values is not None
    assert values.of_a_tradable_kwh.reason == "slightly larger batteries have no more energy to trade"


def test_a_flat_load_is_told_to_be_flat() -> None:
    flat = case(30, load_kw=np.full(30 * 24, 4000.0), priced=tariff(dear=0.052))
    done = study(flat, PerfectPlanner(record=flat.record))
    assert not done.verdict.worthwhile
    assert "the load is flat: its monthly peak is 1.00 times its mean" in done.verdict.reason
    assert "perfect foresight over whole billing periods would save" in done.verdict.reason
    assert done.capture.value is None
    assert "almost nothing to capture" in done.capture.reason


SAFE = SafetyRecord(
    plans=1,
    certified=1,
    by_status={"optimal": 1},
    outages_replayed=10,
    outages_lost=0,
    worst_ride_through_s=300,
    required_s=300,
)


def period_of(savings: Savings, bill_total: float, *, whole: bool = True) -> PeriodSavings:
    return PeriodSavings(
        label="2026-06",
        month=6,
        whole=whole,
        baseline_total=bill_total,
        total=bill_total - savings.on_the_bill,
        savings=savings,
    )


def test_a_part_of_a_billing_period_is_not_judged() -> None:
    small = case(2)
    saved = Savings(by_kind={"energy": 1000, "demand": 0})
    part = period_of(saved, 2000, whole=False)
    verdict = verdict_on(small, floating(small), (part,), None, SAFE)
    assert not verdict.worthwhile
    assert "there is no verdict; in these days trading saves 1,000 USD" in verdict.reason
    both = verdict_on(small, floating(small), (part, period_of(Savings(by_kind={"energy": 500}), 2000)), None, SAFE)
    assert both.worthwhile
    assert both.reason.startswith("in 1 whole billing period trading saves 500 USD, 25.00%")


def test_what_is_unsafe_is_not_worthwhile_whatever_it_saves() -> None:
    small = case(2)
    unsafe = dataclasses.replace(SAFE, outages_lost=3, violations=("pod-1: over its limit",))
    saved = Savings(by_kind={"energy": 1000, "demand": 0})
    periods = (period_of(saved, 2000),)
    verdict = verdict_on(small, floating(small), periods, saved, unsafe)
    assert not verdict.worthwhile
    assert verdict.reason == "3 of 10 replayed outages are not ridden through; pod-1: over its limit"
    only = dataclasses.replace(SAFE, violations=("pod-1: over its limit",))
    assert verdict_on(small, floating(small), periods, saved, only).reason == "pod-1: over its limit"


def test_a_verdict_says_so_where_nothing_is_known_of_the_ceiling_or_the_load_is_sold() -> None:
    small = case(2)
    lost_period = period_of(Savings(by_kind={"energy": -5, "demand": 0}, wear=1), 0)
    lost = verdict_on(small, floating(small), (lost_period,), None, SAFE)
    assert lost.reason.startswith("trading loses 6 USD after 1 USD of wear, 0.00% of the bill of 0 USD; the load")
    sold = floating(small)
    sold.grid_kw[:] = -100
    nothing = period_of(Savings(by_kind={"energy": 0, "demand": 0}), 100)
    assert ";" not in verdict_on(small, sold, (nothing,), None, SAFE).reason


def test_a_ceiling_that_is_not_proven_captures_nothing() -> None:
    unproven = capture_of(10, Savings(by_kind={"energy": 20, "demand": 0}), 1000, "USD", optimal=False)
    assert unproven.value is None
    assert "not proven optimal" in unproven.reason


def test_plans_of_the_day_before_save_less_and_never_more_than_the_ceiling(june: StudyCase, studied: Study) -> None:
    done = study(june, PersistencePlanner(), options=StudyOptions(marginal=False))
    assert done.information is Information.PERSISTENCE
    assert done.ceiling == studied.ceiling
    assert done.savings.total < studied.savings.total
    assert done.safety.by_status == {"hold": 1, "optimal": 39}
    assert "no day before is on record: batteries float" in done.warnings
    assert (done.safety.outages_lost, done.safety.violations) == (0, ())


def test_hourly_plans_see_more_than_daily_ones() -> None:
    hourly = case(3, every_h=1.0, before=8)
    done = study(hourly, PersistencePlanner(), options=StudyOptions(ceiling=False))
    assert done.safety.plans == 3 * 24
    assert done.safety.certified == 3 * 24
    assert (done.safety.outages_lost, done.safety.violations) == (0, ())


def test_progress_counts_to_its_total(june: StudyCase) -> None:
    told: list[tuple[int, int]] = []
    study(june, PersistencePlanner(), progress=lambda *done: told.append(done), options=StudyOptions(marginal=False))
    assert told[-1] == (1920, 1920)
    assert told[0] == (24, 1920)
    assert told == sorted(told)
    assert len(told) == 42


def test_peaks_of_before_the_studied_days_count_in_both_bills() -> None:
    ratchet = DemandRatchet(fractions=(0.8,) * 12)
    rates = (DemandSeason(tiers=(DemandTier(rate_per_kw=10.0),)),)
    charge = DemandCharge(name="facility", seasons=rates, ratchet=ratchet)
    daily = DemandCharge(name="each day", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=0.1),)),), daily=True)
    load_kw = peaky_kw(50)
    load_kw[24 * 5] = 4790  # in May
    load_kw[24 * 38] = 4780  # on 8 June, before the studied days
    asked = case(
        10,
        before=40,
        load_kw=load_kw,
        priced=tariff(demand=(charge, daily)),
        start=datetime(2026, 6, 10, tzinfo=UTC),
    )
    before = asked.before
    assert before.past_peaks_kw["facility"]["2026-05"] == pytest.approx(500 + 4790 / 0.95 / 0.97)
    assert before.peaks_kw == {"facility": pytest.approx(500 + 4780 / 0.95 / 0.97)}
    assert before.energy_kwh > 0
    done = study(asked, PerfectPlanner(record=asked.record), options=StudyOptions(marginal=False))
    assert done.baseline.periods[0].peaks_kw["facility"] == done.bill.periods[0].peaks_kw["facility"]
    assert any("peaks before" in assumption for assumption in done.assumptions)
    fresh = dataclasses.replace(asked, record=dataclasses.replace(case(10).record), horizon=case(10).horizon)
    assert fresh.before.past_peaks_kw == {}
    told = study(fresh, PersistencePlanner(), options=StudyOptions(ceiling=False)).assumptions
    assert "ratchets start without peaks of earlier months: none are on record" in told


def test_a_study_that_begins_with_a_billing_period_has_only_past_peaks_before_it() -> None:
    before = case(5, before=31).before
    assert (dict(before.peaks_kw), before.energy_kwh) == ({}, 0)
    assert list(before.past_peaks_kw["facility"]) == ["2026-05"]


def test_read_dates_bound_how_far_back_bills_and_how_far_ahead_plans_go() -> None:
    reads = tuple(datetime(2026, month, day, tzinfo=UTC).date() for month, day in ((5, 20), (6, 5), (6, 20)))
    asked = case(10, before=30, after=20, priced=tariff(cycle=BillingCycle(read_dates=reads)))
    assert asked.latest == datetime(2026, 6, 20, tzinfo=UTC)
    assert list(asked.before.peaks_kw) == ["facility"]
    late = case(
        10, before=30, priced=tariff(cycle=BillingCycle(read_dates=(reads[0].replace(month=6, day=1), reads[2])))
    )
    assert late.before.peaks_kw == {}
    assert [len(period) for period in asked.billing_periods] == [4 * 24, 6 * 24]


def test_a_reserve_that_cannot_be_is_said_to_be_unsafe() -> None:
    asked = case(3, premises=site(ups_system(ride_through_s=900)))
    done = study(asked, PerfectPlanner(record=asked.record))
    assert done.safety.by_status == {"recovery": 3}
    assert done.savings.total == 0
    assert not done.verdict.worthwhile
    assert "replayed outages are not ridden through" in done.verdict.reason


def test_a_load_above_the_protected_load_raises_the_reserve_from_its_measurement_on() -> None:
    load_kw = peaky_kw(5)
    load_kw[60] = 4750
    high = case(5, load_kw=load_kw, premises=site(ups_system(protected_load_kw=4700)))
    done = study(high, PerfectPlanner(record=high.record), options=StudyOptions(ceiling=False))
    assert done.safety.outages_lost == 0
    assert any("the load reaches 4,750 kW, above the protected load of 4,700 kW" in each for each in done.assumptions)
    (record,) = done.ups
    before, after = (reserve_requirement(high.site.ups[0], protected_load_kw=kw).reserve_kwh for kw in (4700.0, 4750.0))
    assert record.reserve_kwh[:60] == pytest.approx([before] * 60)
    assert record.reserve_kwh[60:] == pytest.approx([after] * 61)


def test_a_load_on_record_before_the_studied_days_is_carried_from_their_start_on() -> None:
    load_kw = peaky_kw(7)
    load_kw[30] = 4750
    high = case(5, before=2, load_kw=load_kw, premises=site(ups_system(protected_load_kw=4700)))
    assert high.site_known(0).ups[0].protected_load_kw == 4750
    floor_kwh = reserve_requirement(high.site.ups[0], protected_load_kw=4750.0).reserve_kwh
    assert high.loads.floor_kwh == pytest.approx(np.full((1, 120), floor_kwh))


def test_nothing_is_traded_while_a_storm_is_announced() -> None:
    storm = ReserveCondition(
        start=datetime(2026, 6, 3, tzinfo=UTC), end=datetime(2026, 6, 5, tzinfo=UTC), kind=ConditionKind.STORM
    )
    premises = dataclasses.replace(site(ups_system()), conditions=(storm,))
    stormy = case(8, premises=premises)
    done = study(stormy, PerfectPlanner(record=stormy.record), options=StudyOptions(ceiling=False))
    (record,) = done.ups
    assert not any(record.discharge_kw[48:96])
    assert record.stored_kwh[48:97] == pytest.approx([920.0] * 49)
    assert any(record.discharge_kw[:48])
    assert done.safety.violations == ()


def test_batteries_that_lose_by_standing_by_float_at_full_without_trading() -> None:
    idle = floating(case(3, premises=site(ups_system(standby_loss_per_h=0.001))))
    assert idle.stored_kwh == pytest.approx(np.full((1, 73), 920.0))
    assert idle.grid_kw.min() > 500
    assert idle.charge_kw.min() > 0


def test_a_state_says_the_same_of_units_that_differ(june: StudyCase) -> None:
    uneven = ups_system(unit_state_of_health=(0.9, 0.92, 0.88, 0.95, 0.9))
    premises = site(uneven)
    asked = case(3, premises=premises)
    loop = run(asked, PerfectPlanner(record=asked.record), Loop.at_start(asked))
    assert loop.by_status == {"optimal": 3}
    assert loop.discharge_kw.sum() > 0
    assert june.site.ups[0].unit_state_of_health == ()


def test_warnings_beyond_a_screenful_are_counted() -> None:
    class Chatty(PersistencePlanner):
        def plan(self, known):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            planned = super().plan(known)
            return dataclasses.replace(planned, warnings=(f"said at {known.issued_at}",))

    asked = case(25)
    done = study(asked, Chatty(), options=StudyOptions(ceiling=False))
    assert "5 more warnings of plans are not shown" in done.warnings


def test_a_case_that_cannot_be_studied_is_refused_with_every_fault() -> None:
    limits = dataclasses.replace(site().interconnection, ramp_limit_kw_per_min=10.0)
    two = dataclasses.replace(site(ups_system(id="a"), ups_system(id="b")), interconnection=limits)
    with pytest.raises(UnableToAccept) as refused:
        dataclasses.replace(case(2), site=two, replanned_every_h=0.5)
    assert [fault.field for fault in refused.value.faults] == [
        "record.load_kw",
        "interconnection.ramp_limit_kw_per_min",
        "replanned_every_h",
    ]
    small = case(2)
    with pytest.raises(UnableToAccept, match="on record"):
        dataclasses.replace(small, horizon=case(3).horizon)
    with pytest.raises(UnableToAccept) as refused:
        dataclasses.replace(
            small.record,
            load_kw=np.full((1, 5), -1.0),
            unprotected_load_kw=np.full(48, np.nan),
            price_per_kwh=np.zeros(3),
        )
    assert [fault.field for fault in refused.value.faults] == [
        "load_kw",
        "unprotected_load_kw",
        "price_per_kwh",
        "load_kw",
    ]
    with pytest.raises(UnableToAccept):
        dataclasses.replace(small.record, load_kw=np.zeros(48))


def test_a_policy_of_other_steps_counts_as_seconds_of_full_load() -> None:
    asked = case(3, premises=site(ups_system(reserve=ReservePolicy(ride_through_s=240, soc_error_fraction=0.01))))
    values = study(asked, PerfectPlanner(record=asked.record)).marginal
    assert values is not None
    assert values.of_a_minute_less_ride_through.value is not None


def test_plans_of_once_a_day_trade_as_those_of_every_hour_do() -> None:
    saved = {
        every_h: study(
            case(10, before=20, every_h=every_h), CeilingPlanner(), options=StudyOptions(ceiling=False)
        ).savings.of("energy")
        for every_h in (1.0, 24.0)
    }
    assert saved[1.0] > 100
    assert saved[24.0] > 0.9 * saved[1.0]

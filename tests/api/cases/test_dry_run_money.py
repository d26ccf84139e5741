"""What a dry run would have saved, by hand: parts of a month, whole ones, gaps, and what is bought back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import control_kills
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from simple_tariffs import demand, flat

from ridethrough.api.cases.dry_run_money import DryRunMoney, PaperRun, dry_run_money, runs_of
from ridethrough.api.reading.site_file import SiteInputs, read_site
from ridethrough.bms.meter_on_paper import PaperInterval, PaperSystem
from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.tariff import Tariff

JULY = datetime(2026, 7, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
RATE, DEMAND_RATE = 0.1, 10.0
ETA_CHARGE, ETA_RECTIFIER, WEAR = 0.98, 0.97, 0.02


def inputs() -> SiteInputs:
    document = yaml.safe_load(control_kills.SITE)
    document["ups"][0] |= {"rectifier_efficiency": ETA_RECTIFIER}
    document["ups"][0]["battery"] |= {"wear_cost_per_kwh": WEAR, "charge_efficiency": ETA_CHARGE}
    tariff = Tariff(name="by hand", currency="USD", energy=flat(RATE), demand=(demand(DEMAND_RATE),))
    return replace(read_site(document, source="site.yaml", folder=None), tariff=tariff)


def intervals(
    count: int,
    *,
    start: datetime = JULY,
    without: Callable[[int], float] = lambda _: 1000.0,
    less: Callable[[int], float] = lambda _: 0.0,
    missing_kwh: float = 0.0,
    discharge_kw: float = 0.0,
    left_out: Sequence[int] = (),
) -> PaperRun:
    system = PaperSystem(discharge_kw=discharge_kw, stored_kwh=None, real_kwh=None, missing_kwh=missing_kwh)
    made = [
        PaperInterval(
            start=start + n * QUARTER, without_kw=without(n), with_kw=without(n) - less(n), ups={"pod-1": system}
        )
        for n in range(count)
        if n not in left_out
    ]
    return PaperRun(intervals=tuple(made))


def money(*runs: PaperRun) -> DryRunMoney:
    return dry_run_money(inputs(), runs)


WEEK, MONTH = 7 * 96, 31 * 96


def test_a_week_counts_its_energy_and_shows_its_demand_without_counting_it() -> None:
    def peak(n: int) -> float:
        return 1500.0 if n == 100 else 1000.0

    found = money(intervals(WEEK, without=peak, less=lambda n: 200.0 if n == 100 else 0.0))
    (period,) = found.periods
    assert not period.whole
    assert found.saved == period.counted == pytest.approx(200.0 * 0.25 * RATE)
    assert period.so_far == pytest.approx(200.0 * DEMAND_RATE)


def test_a_whole_month_counts_its_demand() -> None:
    def peak(n: int) -> float:
        return 1500.0 if n == 100 else 1000.0

    found = money(intervals(MONTH, without=peak, less=lambda n: 200.0 if n == 100 else 0.0))
    (period,) = found.periods
    assert period.whole
    assert period.so_far == 0
    assert found.saved == pytest.approx(200.0 * DEMAND_RATE + 200.0 * 0.25 * RATE)
    assert period.without_total == pytest.approx((1000.0 * 744 + 500 * 0.25) * RATE + 1500.0 * DEMAND_RATE)


def test_a_month_with_an_interval_that_was_not_measured_is_a_part() -> None:
    found = money(intervals(MONTH, less=lambda _: 100.0, left_out=[500]))
    assert [each.whole for each in found.periods] == [False]
    assert (found.measured, found.not_measured) == (MONTH - 1, 1)
    assert found.saved == pytest.approx(100.0 * (MONTH - 1) * 0.25 * RATE)


def test_of_a_whole_month_and_a_part_of_the_next_the_demand_of_the_first_counts() -> None:
    found = money(intervals(MONTH + 96, less=lambda _: 100.0))
    assert [(each.label, each.whole) for each in found.periods] == [("2026-07", True), ("2026-08", False)]
    assert found.periods[0].counted == pytest.approx(100.0 * 744 * RATE + 100.0 * DEMAND_RATE)
    assert found.periods[1].counted == pytest.approx(100.0 * 24 * RATE)
    assert found.periods[1].so_far == pytest.approx(100.0 * DEMAND_RATE)


def test_energy_that_batteries_lack_at_the_end_of_each_run_is_bought_back_and_wear_is_paid() -> None:
    first = intervals(96, less=lambda _: 50.0, missing_kwh=300.0, discharge_kw=50.0)
    second = intervals(96, start=JULY + timedelta(hours=30), less=lambda _: 50.0, missing_kwh=100.0, discharge_kw=50.0)
    found = money(first, second)
    assert found.bought_back == pytest.approx(400.0 / ETA_CHARGE / ETA_RECTIFIER * RATE, abs=0.01)
    assert found.wear == pytest.approx(2 * 24 * 50.0 * WEAR)
    assert found.saved == pytest.approx(2 * 24 * 50.0 * RATE - found.bought_back - found.wear, abs=0.011)
    assert found.not_measured == 24


def test_wear_is_that_of_batteries_on_paper_beyond_that_of_batteries_as_they_were() -> None:
    def held(n: int) -> PaperSystem:
        return PaperSystem(discharge_kw=40.0, stored_kwh=900.0 - 10 * n, real_kwh=910.0, missing_kwh=0.0)

    made = [replace(each, ups={"pod-1": held(n)}) for n, each in enumerate(intervals(8).intervals)]
    assert money(PaperRun(intervals=tuple(made))).wear == pytest.approx(2 * 40.0 * WEAR)


@given(
    less=st.lists(st.floats(-300, 300), min_size=1, max_size=96),
    missing_kwh=st.floats(0, 500),
    discharge_kw=st.floats(0, 300),
)
def test_whatever_was_done_on_paper_the_sum_by_hand_is_the_same(
    less: list[float], missing_kwh: float, discharge_kw: float
) -> None:
    run = intervals(len(less), less=lambda n: less[n], missing_kwh=missing_kwh, discharge_kw=discharge_kw)
    by_hand = sum(less) * 0.25 * RATE
    by_hand -= missing_kwh / ETA_CHARGE / ETA_RECTIFIER * RATE + len(less) * 0.25 * discharge_kw * WEAR
    assert money(run).saved == pytest.approx(by_hand, abs=0.03)


def test_tiers_of_which_a_part_was_measured_are_named() -> None:
    """A week reaches the first tier only: what it saves is not what the month will save at the dearer one."""
    tiers = (EnergyTier(rate_per_kwh=0.1, up_to=200_000.0), EnergyTier(rate_per_kwh=0.3))
    tiered = Tariff(name="tiers", currency="USD", energy=EnergyCharge(periods=(EnergyPeriod(name="all", tiers=tiers),)))
    asked = replace(inputs(), tariff=tiered)
    part, month = (dry_run_money(asked, [intervals(count, less=lambda _: 1.0)]) for count in (WEEK, MONTH))
    assert part.saved == pytest.approx(WEEK / 4 * 0.1, abs=0.03)
    assert any("by the tiers that this part reaches" in note for note in part.notes)
    assert month.saved == pytest.approx(MONTH / 4 * 0.3, abs=0.03)
    assert not any("tiers" in note for note in month.notes)
    assert not any("tiers" in note for note in money(intervals(WEEK)).notes)


def test_the_journal_gives_the_runs_since_the_last_long_pause() -> None:
    def records(run: PaperRun) -> list[dict[str, object]]:
        return [{"what": "started"}] + [
            {"what": "shadow_interval", "interval": each.document()} for each in run.intervals
        ]

    old = intervals(4)
    first, second = intervals(4, start=JULY + timedelta(days=9)), intervals(3, start=JULY + timedelta(days=9, hours=2))
    found = runs_of([*records(old), *records(first), {"what": "cycle"}, *records(second)])
    assert [run for run in found if run.intervals] == [first, second]
    again = runs_of([*records(first), *records(first)])
    assert [len(run.intervals) for run in again] == [4, 0], "no interval counts twice"


def test_without_a_tariff_or_an_interval_there_is_no_money() -> None:
    with pytest.raises(UnableToAccept, match="tariff"):
        dry_run_money(replace(inputs(), tariff=None), [intervals(4)])
    with pytest.raises(UnableToAccept, match="no interval"):
        money()

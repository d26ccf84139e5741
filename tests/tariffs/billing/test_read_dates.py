"""Bills between read dates: ratchets count billing periods, and a period is that of the month most of it lies in."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from simple_tariffs import demand

from ridethrough.domain import Horizon, SiteState, UnableToAccept
from ridethrough.tariffs.billing.exact_bill import bill, monthly_peaks
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.past_periods import PastPeriod, past_periods
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff

SUMMER = (6, 7, 8, 9)


def days(first: date, last: date) -> Horizon:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return Horizon(start=start, interval_minutes=60, intervals=24 * (last - first).days)


def read_on(*reads: date, **ratchet: object) -> Tariff:
    charge = demand(10.0, ratchet=DemandRatchet(fractions=(0.8,) * 12, **ratchet))  # type: ignore[arg-type]
    return Tariff(name="read", cycle=BillingCycle(read_dates=reads), demand=(charge,))


def loads(horizon: Horizon, peaks: dict[date, float], base_kw: float = 300.0) -> np.ndarray[tuple[int], np.dtype]:  # type: ignore[type-arg]
    kw = np.full(horizon.intervals, base_kw)
    for day, peak_kw in peaks.items():
        kw[24 * (day - horizon.starts().__next__().date()).days + 12] = peak_kw
    return kw


def demand_of(tariff: Tariff, horizon: Horizon, kw: object, state: SiteState | None = None) -> list[Decimal]:
    return [period.total for period in bill(tariff, horizon, np.asarray(kw), state=state).periods]


def test_a_peak_counts_in_the_month_that_most_of_its_billing_period_lies_in() -> None:
    """30 May to 30 June is June's: 900 kW on 20 June hold later bills at 0.8 x 900 = 720 kW."""
    reads = (date(2026, 5, 30), date(2026, 6, 30), date(2026, 7, 29), date(2026, 8, 28))
    tariff = read_on(*reads, counted_months=SUMMER)
    horizon = days(reads[0], reads[-1])
    kw = loads(horizon, {date(2026, 6, 20): 900.0})
    assert demand_of(tariff, horizon, kw) == [9000, 7200, 7200]


def test_a_ratchet_of_one_period_looks_at_the_bill_before_whatever_month_it_began_in() -> None:
    """Both 1 - 30 January and 30 January - 1 March begin in January."""
    reads = (date(2026, 1, 1), date(2026, 1, 30), date(2026, 3, 1), date(2026, 3, 31))
    tariff = read_on(*reads, months_back=1)
    horizon = days(reads[0], reads[-1])
    kw = loads(horizon, {date(2026, 1, 9): 1000.0, date(2026, 2, 10): 500.0})
    assert demand_of(tariff, horizon, kw) == [10_000, 8000, 4000]


def test_past_peaks_by_read_date_count_like_those_of_the_series() -> None:
    reads = (date(2026, 5, 30), date(2026, 6, 30), date(2026, 7, 29), date(2026, 8, 28))
    tariff = read_on(*reads, counted_months=SUMMER, months_back=2)
    whole = days(reads[0], reads[-1])
    kw = loads(whole, {date(2026, 6, 20): 900.0})
    later = days(reads[1], reads[-1])
    first = bill(tariff, days(*reads[:2]), kw[: 24 * 31])
    state = SiteState(past_peaks_kw=monthly_peaks(first))
    assert state.past_peaks_kw == {"facility": {"2026-05-30": 900.0}}
    assert demand_of(tariff, later, kw[24 * 31 :], state) == demand_of(tariff, whole, kw)[1:]
    floors = [term.floor_kw for term in charges_over(tariff, later, state=state).demand]
    assert floors == [720.0, 720.0]


def test_past_periods_are_placed_by_reads_by_months_or_by_days() -> None:
    reads = BillingCycle(read_dates=(date(2025, 12, 30), date(2026, 1, 28), date(2026, 3, 2), date(2026, 4, 1)))
    march = reads.periods(date(2026, 3, 2), date(2026, 3, 2))[0]
    placed = past_periods(reads, march, ["2025-12-30", "2026-01-28", "2025-11-29", "2026-03-02"])
    assert placed == {
        "2025-12-30": PastPeriod(back=2, month=1, year=2026),
        "2026-01-28": PastPeriod(back=1, month=2, year=2026),
        "2025-11-29": PastPeriod(back=3, month=12, year=2025),
    }
    months = BillingCycle()
    (january,) = months.periods(date(2026, 1, 5), date(2026, 1, 5))
    assert past_periods(months, january, ["2025-12", "2025-01", "2026-01", "2026-02"]) == {
        "2025-12": PastPeriod(back=1, month=12, year=2025),
        "2025-01": PastPeriod(back=12, month=1, year=2025),
    }


def test_an_annual_minimum_is_of_the_year_that_most_of_a_period_lies_in() -> None:
    reads = tuple(date(2025, 12, 29) + (date(2026, 12, 29) - date(2025, 12, 29)) * n // 12 for n in range(13))
    tariff = Tariff(name="x", cycle=BillingCycle(read_dates=reads), minimum=(MinimumCharge(amount=500, per="year"),))
    horizon = days(reads[0], reads[-1])
    billed = bill(tariff, horizon, np.zeros(horizon.intervals))
    assert [line.name for line in billed.lines] == ["annual minimum charge, 2026"]
    assert billed.total == 500
    assert billed.not_priced == ()


def test_plans_go_on_past_the_last_reading_and_bills_do_not() -> None:
    tariff = read_on(date(2026, 3, 2), date(2026, 4, 1))
    horizon = days(date(2026, 3, 31), date(2026, 4, 2))
    charges = charges_over(tariff, horizon)
    assert [term.billing_period for term in charges.demand] == ["2026-03-02", "2026-04-01"]
    assert "no reading after 2026-04-01 is known" in charges.warnings[0]
    assert not charges_over(tariff, horizon.first(24)).warnings
    with pytest.raises(
        UnableToAccept, match=r"read_dates\.1 is '2026-04-01', must be followed by a reading after 2026-04-01"
    ):
        bill(tariff, horizon, np.zeros(48))
    with pytest.raises(UnableToAccept, match=r"read_dates\.0 is '2026-03-02', must be 2026-03-01 or before"):
        charges_over(tariff, days(date(2026, 3, 1), date(2026, 3, 3)))

"""Peaks and energy that plans start from are those of the exact bill, whatever the tariff."""

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_cases import tariff as priced
from tariff_strategies import load_of, tariffs

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.operation.known.month_to_date import MonthToDate, Stored
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill, monthly_peaks
from ridethrough.tariffs.calendar.local_calendar import local_calendar
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.tariff import Tariff

NOTHING_STORED = Stored(stored_kwh={}, unit_stored_kwh={})


def whole_days(days: int, minutes: int, timezone: str) -> Horizon:
    first = Horizon.of_local_day(date(2026, 6, 22), timezone, minutes)
    return dataclasses.replace(first, intervals=days * 24 * 60 // minutes)


@given(tariffs(), st.integers(2, 14), st.sampled_from([15, 20, 30, 45, 60]), st.integers(0, 99), st.data())
def test_the_state_of_any_midnight_is_that_of_the_bill_so_far(
    tariff: Tariff, days: int, minutes: int, seed: int, data: st.DataObject
) -> None:
    horizon = whole_days(days, minutes, "America/New_York")
    before = SiteState(peaks_kw={"facility": 300.0}, past_peaks_kw={"facility": {"2026-05": 500.0}}, energy_kwh=7000.0)
    kw = load_of(horizon, seed)
    calendar = local_calendar(horizon, tariff.cycle, tariff.holidays)
    month = MonthToDate.begin(tariff, calendar, before)
    per_day = 24 * 60 // minutes
    until = data.draw(st.integers(1, days - 1), label="days metered") * per_day
    step = data.draw(st.sampled_from([per_day, per_day // 2, max(1, 60 // minutes)]), label="intervals a block")
    for end in range(step, until + 1, step):
        month.meter(kw, end)
    state = month.state(NOTHING_STORED)
    so_far = horizon.first(until)
    prices = PriceSeries(horizon=so_far, price_per_kwh=(0.05,) * until)
    billed = bill(tariff, so_far, kw[:until], prices=prices, state=before)
    last = billed.periods[-1]
    closed = calendar.period[until] != calendar.period[until - 1]
    peaks = {} if closed else last.peaks_kw
    assert state.energy_kwh == pytest.approx(0.0 if closed else last.energy_kwh + _before(before, billed))
    for charge in tariff.demand:
        if charge.stretch == "period":
            assert state.peaks_kw[charge.name] == pytest.approx(peaks.get(charge.name, 0.0), abs=1e-9)
        else:
            begun = date.fromordinal(int(calendar.stretch(charge.stretch)[until])).isoformat()
            of_stretch = 0.0 if closed else last.day_peaks_kw[charge.name].get(begun, 0.0)
            assert state.peaks_kw[charge.name] == pytest.approx(of_stretch, abs=1e-9), "the peak of a day ends with it"
        if charge.highest > 1:
            days = {} if closed else last.day_peaks_kw[charge.name]
            assert state.day_peaks_kw[charge.name] == pytest.approx(days)
    past = monthly_peaks(billed)
    for charge in (each for each in tariff.demand if each.stretch == "period"):
        done = {label: kw_ for label, kw_ in past[charge.name].items() if closed or label != last.period.label}
        earlier = before.past_peaks_kw.get(charge.name, {})
        assert state.past_peaks_kw.get(charge.name, {}) == pytest.approx({**earlier, **done})


def _before(before: SiteState, billed: Bill) -> float:
    """Energy of before counts in the first billing period only."""
    return before.energy_kwh if len(billed.periods) == 1 else 0.0


def test_a_demand_window_counts_when_all_of_it_is_metered() -> None:
    charge = DemandCharge(
        name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=10.0),)),), window_minutes=60
    )
    horizon = whole_days(2, 15, "UTC")
    month = MonthToDate.begin(priced(demand=(charge,)), local_calendar(horizon), SiteState())
    kw = np.zeros(horizon.intervals)
    kw[:8] = (100, 200, 300, 400, 500, 0, 0, 0)
    for end, peak in ((2, 0.0), (4, 250.0), (5, 250.0), (8, 250.0)):
        month.meter(kw, end)
        assert month.state(NOTHING_STORED).peaks_kw["facility"] == peak
    kw[8:12] = 800
    month.meter(kw, 12)
    assert month.state(NOTHING_STORED).peaks_kw["facility"] == 800

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from simple_tariffs import JANUARY, YEAR, demand, january

from ridethrough.domain import Horizon, Interval, PriceSeries, SiteState, UnableToAccept
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.applicability import Applicability
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.catalog import load, names
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.not_priced import NotPriced
from ridethrough.tariffs.tariff import Tariff


def test_a_bill_says_where_it_is_outside_of_the_tariff() -> None:
    tariff = Tariff(
        name="x",
        demand=(demand(),),
        effective_from=date(2027, 1, 1),
        applicability=Applicability(least_peak_kw=500, most_month_kwh=10.0),
        not_priced=(NotPriced(field="reactive", reason="no kVAR"),),
    )
    billed = january(tariff)
    assert len(billed.warnings) == 3
    assert "2027-01-01 to today" in billed.warnings[0]
    assert [entry.field for entry in billed.not_priced] == ["reactive"]
    past = Tariff(name="x", effective_until=date(2020, 1, 1))
    assert "the beginning to 2020-01-01" in january(past).warnings[0]


def test_what_does_not_belong_is_refused_with_every_fault() -> None:
    tariff = Tariff(name="x", demand=(demand(),))
    prices = PriceSeries(horizon=YEAR, price_per_kwh=(0.0,) * 8760)
    hour = Interval(start=YEAR.start, end=YEAR.start + timedelta(hours=1))
    state = SiteState(peaks_kw={"nothing": 1.0}, past_peaks_kw={"nothing": {"2026-05": 1.0}, "facility": {"May": 1.0}})
    with pytest.raises(UnableToAccept) as refused:
        january(
            tariff, prices=prices, events=[CoincidentEvent(charge="x", interval=hour)], state=state, power_factor=0.0
        )
    assert [fault.field for fault in refused.value.faults] == [
        "power_factor",
        "prices",
        "events.0.charge",
        "peaks_kw.nothing",
        "past_peaks_kw.nothing",
        "past_peaks_kw.facility.May",
    ]


def test_a_series_that_does_not_fit_is_refused_with_its_row() -> None:
    with pytest.raises(UnableToAccept, match="744 values"):
        bill(Tariff(name="x"), JANUARY, [1.0])
    broken = np.zeros(744)
    broken[[7, 9]] = np.nan
    with pytest.raises(UnableToAccept, match=r"kw.7 is nan"):
        bill(Tariff(name="x"), JANUARY, broken)


def test_a_bill_is_plain_json_values() -> None:
    tariff = Tariff(name="x", demand=(demand(),), not_priced=(NotPriced(field="a", reason="b"),))
    document = january(tariff).as_document()
    assert document["currency"] == "USD"
    assert document["total"] == 1000.0
    assert document["not_priced"] == [{"field": "a", "reason": "b"}]
    assert document["periods"] == [
        {
            "start": "2026-01-01T00:00:00+00:00",
            "end": "2026-02-01T00:00:00+00:00",
            "total": 1000.0,
            "energy_kwh": 74400.0,
            "peaks_kw": {"facility": 100.0},
            "lines": [
                {
                    "charge": "demand",
                    "name": "facility",
                    "quantity": 100.0,
                    "unit": "kW",
                    "rate": 10.0,
                    "amount": 1000.0,
                }
            ],
        }
    ]


def test_a_charge_whose_hours_do_not_come_is_not_billed() -> None:
    summer = RateSchedule(rules=(ScheduleRule(period="summer", months=(7,)), ScheduleRule(period="rest")))
    charges = (
        demand(schedule="s", period="summer", window_minutes=120),
        demand(name="daily", schedule="s", period="summer", daily=True),
    )
    assert january(Tariff(name="x", schedules={"s": summer}, demand=charges)).total == 0


def test_a_year_of_quarter_hours_is_billed_in_milliseconds() -> None:
    year = Horizon(
        start=datetime(2022, 1, 1, 5, tzinfo=UTC), interval_minutes=15, intervals=35_040, timezone="America/New_York"
    )
    kw = 4000 + 500 * np.random.default_rng(1).random(35_040)
    largest = max((load(name) for name in names()), key=lambda tariff: len(tariff.demand))
    bill(largest, year, kw)
    took = []
    for _ in range(5):
        began = time.process_time()
        bill(largest, year, kw)
        took.append(time.process_time() - began)
    assert min(took) < 0.05

"""Answers of other engines, re-keyed as figures: REopt.jl test/runtests.jl (Apache-2.0), ssc test/ssc_test (BSD-3)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Interval, SiteState
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill, monthly_peaks
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.document import tariff_from_urdb

YEAR = Horizon(start=datetime(2018, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)
ALL_HOURS = [[0] * 24] * 12
LOOKBACK_RATES = [10, 10, 20, 50, 20, 10, 20, 20, 20, 20, 20, 5]


def constant(kw: float) -> NDArray[np.float64]:
    return np.full(YEAR.intervals, kw)


def lookback_rate(**lookback: Any) -> Tariff:  # noqa: ANN401
    return tariff_from_urdb(
        {
            "flatdemandstructure": [[{"rate": rate}] for rate in LOOKBACK_RATES],
            "flatdemandmonths": list(range(12)),
            **lookback,
        }
    )


def spiked_load() -> NDArray[np.float64]:
    kw = constant(100.0)
    for hour, peak in ((22, 200.0), (2403, 400.0), (4088, 500.0), (8333, 300.0)):
        kw[hour] = peak
    return kw


def in_a_year_like_this(tariff: Tariff, kw: NDArray[np.float64]) -> Bill:
    """Bill a year with its own peaks as those of the year before."""
    past = monthly_peaks(bill(tariff, YEAR, kw), years_later=-1)
    return bill(tariff, YEAR, kw, state=SiteState(past_peaks_kw=past))


def test_lookback_months_cost_what_reopt_says() -> None:
    flags = [month in (1, 4, 12) for month in range(1, 13)]
    tariff = lookback_rate(lookbackMonths=flags, lookbackPercent=0.75, lookbackRange=0)
    assert in_a_year_like_this(tariff, spiked_load()).exact_of("demand") == Decimal("74500.00")


def test_a_lookback_range_costs_what_reopt_says() -> None:
    tariff = lookback_rate(lookbackPercent=0.75, lookbackRange=6)
    assert in_a_year_like_this(tariff, spiked_load()).exact_of("demand") == Decimal("79375.00")


def test_sam_reads_lookback_months_as_the_months_that_are_ratcheted() -> None:
    flags = [month in (1, 4, 12) for month in range(1, 13)]
    document = {
        "flatdemandstructure": [[{"rate": 10}]],
        "lookbackMonths": flags,
        "lookbackPercent": 0.75,
    }
    tariff = tariff_from_urdb(document, lookback="sam")
    billed = in_a_year_like_this(tariff, spiked_load())
    assert [round(period.billed_kw["facility"]) for period in billed.periods] == [
        375, 100, 100, 400, 100, 500, 100, 100, 100, 100, 100, 375,
    ]  # fmt: skip


def test_a_blended_rate_costs_what_reopt_says() -> None:
    tariff = Tariff(
        name="blended",
        energy=EnergyCharge(periods=(EnergyPeriod(name="all", tiers=(EnergyTier(rate_per_kwh=0.1),)),)),
        demand=(DemandCharge(name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=10),)),)),),
    )
    billed = bill(tariff, YEAR, constant(10_000 / 8760))
    assert round(billed.exact_of("energy"), 2) == Decimal("1000.00")
    assert round(billed.exact_of("demand"), 2) == Decimal("136.99")


def test_tiered_energy_costs_what_reopt_says() -> None:
    document = {
        "energyratestructure": [[{"max": 1000, "rate": 0.07531, "adj": 0.0119}, {"rate": 0.09613, "adj": 0.0119}]],
        "energyweekdayschedule": ALL_HOURS,
        "energyweekendschedule": ALL_HOURS,
    }
    billed = bill(tariff_from_urdb(document), YEAR, constant(24_000 / 8760))
    assert round(billed.exact_total, 2) == Decimal("2342.88")


def test_tiered_time_of_use_demand_costs_what_reopt_says() -> None:
    document = {
        "demandratestructure": [[{"rate": 0, "max": 50.0}, {"rate": 12.0}]],
        "demandweekdayschedule": ALL_HOURS,
        "demandweekendschedule": ALL_HOURS,
    }
    billed = bill(tariff_from_urdb(document), YEAR, constant(1_000_000 / 8760))
    assert round(billed.exact_of("demand"), 2) == Decimal("9238.36")


def test_coincident_demand_costs_what_reopt_says() -> None:
    def hour(step: int, charge: str) -> CoincidentEvent:
        start = YEAR.start + timedelta(hours=step - 1)
        return CoincidentEvent(charge=charge, interval=Interval(start=start, end=start + timedelta(hours=1)))

    def charge(name: str, rate: float, month: int) -> CoincidentPeakCharge:
        season = DemandSeason(tiers=(DemandTier(rate_per_kw=rate),), months=(month,))
        return CoincidentPeakCharge(name=name, seasons=(season,))

    tariff = Tariff(name="coincident", coincident=(charge("winter", 10, 1), charge("autumn", 5, 9)))
    events = [hour(1, "winter"), hour(2, "winter"), hour(100, "winter"), hour(6000, "autumn"), hour(6100, "autumn")]
    assert bill(tariff, YEAR, constant(1.0), events=events).total == Decimal("15.0")


LEAP_RATE: Mapping[str, Any] = {
    "energyratestructure": [[{"rate": 0.28}], [{"rate": 0.36}]],
    "energyweekdayschedule": [[0] * 7 + [1] * 13 + [0] * 4] * 12,
    "energyweekendschedule": ALL_HOURS,
    "flatdemandstructure": [[{"rate": 18.05}]],
    "demandratestructure": [[{"rate": 0}], [{"rate": 10.0}]],
    "demandweekdayschedule": [[0] * 14 + [1] * 6 + [0] * 4] * 12,
    "demandweekendschedule": ALL_HOURS,
}


@pytest.mark.parametrize(
    ("day", "energy", "demand"),
    [
        (datetime(2023, 12, 31, 15, tzinfo=UTC), "2.80", "180.50"),  # a Sunday
        (datetime(2024, 12, 31, 15, tzinfo=UTC), "3.60", "280.50"),  # a Tuesday, and day 366
        (datetime(2024, 2, 29, 15, tzinfo=UTC), "3.60", "280.50"),
        (datetime(2024, 3, 2, 15, tzinfo=UTC), "2.80", "180.50"),  # a Saturday
    ],
)
def test_leap_years_keep_their_day_and_their_weekdays(day: datetime, energy: str, demand: str) -> None:
    start = datetime(day.year, 1, 1, tzinfo=UTC)
    hours = (datetime(day.year + 1, 1, 1, tzinfo=UTC) - start) // timedelta(hours=1)
    kw = np.zeros(hours)
    kw[(day - start) // timedelta(hours=1)] = 10.0
    billed = bill(tariff_from_urdb(LEAP_RATE), Horizon(start=start, interval_minutes=60, intervals=hours), kw)
    assert billed.exact_of("energy") == Decimal(energy)
    assert billed.exact_of("demand") == Decimal(demand)


GEORGIA_OWN_KW = (623.10872, 650.03203, 680.26219, 716.50474, 700, 746.587531, 700, 700, 747.12968, 700, 650, 640)
GEORGIA_BILLED_KW = (
    373.865, 390.019, 408.157, 429.903, 429.903, 746.588, 709.258, 709.258, 747.130, 709.773, 709.773, 709.773,
)  # fmt: skip


def test_a_seasonal_ratchet_bills_the_demand_that_ssc_bills() -> None:
    """Georgia Power's rule: 60 % of any month of winter, 95 % of summer months, own peak in full only in summer."""
    own = (0.6,) * 5 + (1.0,) * 4 + (0.6,) * 3
    ratchet = DemandRatchet(counted_fractions=(0.6,) * 5 + (0.95,) * 4 + (0.6,) * 3, own_fractions=own)
    season = DemandSeason(tiers=(DemandTier(rate_per_kw=1.0),))
    charge = DemandCharge(name="facility", seasons=(season,), ratchet=ratchet)
    kw = constant(0.0)
    for month, peak in enumerate(GEORGIA_OWN_KW, start=1):
        kw[(datetime(2018, month, 2, tzinfo=UTC) - YEAR.start) // timedelta(hours=1)] = peak
    periods = bill(Tariff(name="ratchet", demand=(charge,)), YEAR, kw).periods
    assert [period.billed_kw["facility"] for period in periods] == pytest.approx(GEORGIA_BILLED_KW, abs=1e-3)


def test_blocks_per_kw_split_their_first_band_as_georgia_power_does() -> None:
    """The bands of ssc's 17,755.29 case: 200 kWh/kW in steps of 3,000, 10,000 and 200,000 kWh, then by load factor."""
    summer = [
        {"max": 200, "rate": 0.031718, "unit": "kWh/kW"},
        {"max": 3000, "rate": 0.132655, "unit": "kWh"},
        {"max": 10000, "rate": 0.120303, "unit": "kWh"},
        {"max": 200000, "rate": 0.102607, "unit": "kWh"},
        {"rate": 0.079109, "unit": "kWh"},
        {"max": 400, "rate": 0.013627, "unit": "kWh/kW"},
        {"max": 600, "rate": 0.010275, "unit": "kWh/kW"},
        {"rate": 0.00771, "unit": "kWh/kW"},
    ]
    document = {"energyratestructure": [summer], "fixedchargefirstmeter": 21.0, "fixedchargeunits": "$/month"}
    july = Horizon(start=datetime(2018, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=744)
    kw = np.full(744, 500.0)
    kw[0] = 709.26
    kwh, demand = 744 * 500 + 209.26, 709.26
    by_hand = 21.0 + 3000 * 0.132655 + 7000 * 0.120303 + (200 * demand - 10000) * 0.102607
    by_hand += 200 * demand * 0.013627 + (kwh - 400 * demand) * 0.010275
    billed = bill(tariff_from_urdb(document), july, kw)
    assert float(billed.exact_total) == pytest.approx(by_hand, rel=1e-12)
    assert billed.periods[0].billed_kw["billing-demand"] == pytest.approx(709.26)

"""Bills of each peak rule, by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray
from simple_tariffs import JANUARY, YEAR, demand

from ridethrough.domain import Horizon, Interval, SiteState, UnableToAccept
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import ContractDemand, DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.peak_rule import PeakRule
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.native import tariff_from_yaml, tariff_to_yaml
from ridethrough.tariffs.tariff import Tariff

HIGHEST = PeakRule(mean_of_highest=3)
YEARLY = demand(120.0, yearly=True)


def january(peaks: dict[tuple[int, int], float]) -> NDArray[np.float64]:
    """100 kW, but for some hours, given by day and hour of January."""
    kw = np.full(744, 100.0)
    for (day, hour), peak_kw in peaks.items():
        kw[24 * (day - 1) + hour] = peak_kw
    return kw


def year(peaks: dict[int, float]) -> NDArray[np.float64]:
    """100 kW, but for an hour at noon of the 10th of some months."""
    kw = np.full(8760, 100.0)
    for month, peak_kw in peaks.items():
        kw[(datetime(2026, month, 10, 12, tzinfo=UTC) - YEAR.start) // timedelta(hours=1)] = peak_kw
    return kw


def of(charge: DemandCharge, horizon: Horizon, kw: NDArray[np.float64], **known: SiteState) -> Bill:
    return bill(Tariff(name="x", demand=(charge,)), horizon, kw, **known)


def test_three_highest_on_distinct_days_are_averaged() -> None:
    """(500 + 450 + 400) / 3 = 450 kW; the 300 of the 28th does not count."""
    billed = of(demand(peak=HIGHEST), JANUARY, january({(5, 12): 500, (9, 18): 450, (20, 8): 400, (28, 8): 300}))
    assert [(line.quantity, line.amount) for line in billed.lines] == [(450, 4500)]
    assert billed.periods[0].peaks_kw == {"facility": 450}


def test_a_second_peak_of_the_same_day_does_not_count() -> None:
    """(500 + 100 + 100) / 3 = 233.333 kW."""
    billed = of(demand(peak=HIGHEST), JANUARY, january({(5, 12): 500, (5, 14): 490}))
    assert billed.total == Decimal("2333.33")


def test_highest_demands_may_lie_in_distinct_weeks() -> None:
    """5 and 9 January lie in one week: (500 + 400) / 2 = 450 kW."""
    kw = january({(5, 12): 500, (9, 18): 450, (20, 8): 400})
    assert of(demand(peak=PeakRule(mean_of_highest=2, apart="week")), JANUARY, kw).total == 4500


def test_days_before_the_series_come_from_the_state_and_missing_days_count_as_nothing() -> None:
    """600 of the 1st, 550 of the 2nd (more than the 500 so far), and a day that is still to come: 1,150 / 3."""
    second = replace(JANUARY, start=JANUARY.start + timedelta(days=1), intervals=24)
    kw = np.full(24, 100.0)
    kw[20] = 550.0
    state = SiteState(day_peaks_kw={"facility": {"2026-01-01": 600.0, "2026-01-02": 500.0}})
    billed = of(demand(30.0, peak=HIGHEST), second, kw, state=state)
    assert billed.total == 11_500
    assert billed.periods[0].day_peaks_kw == {"facility": {"2026-01-01": 600.0, "2026-01-02": 550.0}}


def test_a_year_is_billed_at_its_highest_peak_in_twelfths() -> None:
    """120 a kW and year at 900 kW: 108,000, of which January (500 kW) is billed 120 / 12 * 500."""
    billed = of(YEARLY, YEAR, year({1: 500, 5: 900, 9: 800}))
    assert billed.total == 108_000
    assert [period.total for period in billed.periods[:5]] == [5000, 5000, 5000, 5000, 120 / 12 * (5 * 900 - 4 * 500)]
    assert billed.periods[4].lines[0].name == "facility, 5 of 12 months"


def test_a_new_peak_is_billed_for_the_months_before_it_too() -> None:
    """July at 1,000 kW after six months with 700 at most: 120 * (7 / 12 * 1,000 - 6 / 12 * 700) = 28,000."""
    july = replace(YEAR.part(4344, 5088), timezone="UTC")
    state = SiteState(
        past_peaks_kw={"facility": {f"2026-0{month}": 600.0 + 100 * (month == 3) for month in range(1, 7)}}
    )
    assert of(YEARLY, july, np.full(744, 1000.0), state=state).total == Decimal("28000.00")
    assert of(YEARLY, july, np.full(744, 650.0), state=state).total == 7000, "700 kW of March stay the year's peak"
    assert of(YEARLY, july, np.full(744, 650.0)).total == 6500, "with nothing known of the months before"


def test_only_hours_of_high_load_may_count_for_the_year() -> None:
    """Atypical use: the year's peak in windows on winter evenings, 300 kW, and not the 900 kW of a summer noon."""
    windows = RateSchedule(
        rules=(
            ScheduleRule(period="high load", months=(1, 2, 12), days=("weekday",), hours=((1020, 1200),)),
            ScheduleRule(period="other"),
        )
    )
    charge = demand(120.0, yearly=True, schedule="windows", period="high load")
    kw = year({7: 900})
    kw[(datetime(2026, 2, 3, 18, tzinfo=UTC) - YEAR.start) // timedelta(hours=1)] = 300.0
    assert bill(Tariff(name="x", schedules={"windows": windows}, demand=(charge,)), YEAR, kw).total == 36_000


def test_a_contract_is_a_floor_under_the_years_peak() -> None:
    contract = ContractDemand(contract_kw=1000, billed_fraction=0.7)
    assert of(demand(120.0, yearly=True, contract=contract), YEAR, year({3: 500})).total == 84_000


def test_the_mean_of_twelve_months_counts_the_months_that_are_known() -> None:
    """January 600; February (600 + 300) / 2 = 450; March (600 + 300 + 150) / 3 = 350; at 10 a kW."""
    rule = demand(peak=PeakRule(mean_of_periods=12))
    billed = of(rule, YEAR, year({1: 600, 2: 300, 3: 150}))
    assert [period.total for period in billed.periods[:3]] == [6000, 4500, 3500]
    assert billed.periods[11].total == Decimal("1625.00"), "(600 + 300 + 150 + 9 x 100) / 12 = 162.5 kW"


def test_the_mean_of_periods_forgets_what_is_older() -> None:
    """Of three months: April (300 + 150 + 100) / 3 = 183.333 kW."""
    billed = of(demand(peak=PeakRule(mean_of_periods=3)), YEAR, year({1: 600, 2: 300, 3: 150}))
    assert billed.periods[3].total == Decimal("1833.33")


def test_the_mean_of_periods_takes_past_peaks_from_the_state() -> None:
    """(100 + 11 x 460) / 12 = 430 kW in January."""
    past = {f"2025-{month:02d}": 460.0 for month in range(2, 13)} | {"2025-01": 9000.0}
    billed = of(
        demand(peak=PeakRule(mean_of_periods=12)),
        JANUARY,
        january({}),
        state=SiteState(past_peaks_kw={"facility": past}),
    )
    assert billed.total == 4300


def test_each_week_of_a_month_is_billed_by_itself() -> None:
    """January 2026 has parts of five weeks: 500 kW on the 5th, 450 on the 18th (the week of the 12th), 3 x 100."""
    billed = of(demand(2.0, weekly=True), JANUARY, january({(5, 12): 500, (9, 18): 450, (18, 8): 450}))
    assert [(line.quantity, line.unit, line.amount) for line in billed.lines] == [(1250, "kW-week", 2500)]


def test_a_week_that_a_billing_period_cuts_is_billed_in_both() -> None:
    """29 January to 1 February: 700 kW on the 30th count in January, 100 in February."""
    days = YEAR.part(24 * 28, 24 * 32)
    kw = np.full(96, 100.0)
    kw[30] = 700.0
    billed = of(demand(2.0, weekly=True), days, kw)
    assert [period.total for period in billed.periods] == [1400, 200]


def test_the_peak_of_a_week_goes_on_from_the_state() -> None:
    billed = of(
        demand(2.0, weekly=True),
        JANUARY.part(48, 144),
        np.full(96, 100.0),
        state=SiteState(peaks_kw={"facility": 300.0}),
    )
    assert billed.total == 800, "3 and 4 January end the week with 300 kW; 100 from the 5th on"


def event(day: int, hour: int, probability: float) -> CoincidentEvent:
    start = JANUARY.start + timedelta(days=day - 1, hours=hour)
    return CoincidentEvent(
        charge="peaks", interval=Interval(start=start, end=start + timedelta(hours=1)), probability=probability
    )


def peaks(number: int, rate: float = 60.0) -> Tariff:
    seasons = (DemandSeason(tiers=(DemandTier(rate_per_kw=rate),)),)
    return Tariff(name="x", coincident=(CoincidentPeakCharge(name="peaks", seasons=seasons, peaks=number),))


@pytest.mark.parametrize(
    ("number", "events", "expected"),
    [
        # four peaks that happened: the mean of 500, 100, 100 and 200 is 225 kW
        (4, [event(5, 12, 1), event(6, 12, 1), event(7, 12, 1), event(20, 8, 1)], 60 * 225),
        # one that happened, and three more of six hours that may become it with 1 / 2 each
        (4, [event(5, 12, 1), *(event(day, 9, 0.5) for day in range(10, 16))], 60 * (500 + 6 * 0.5 * 100) / 4),
        # five peaks, of which two hours are likely so far
        (5, [event(5, 12, 0.9), event(20, 8, 0.4)], 60 * (0.9 * 500 + 0.4 * 200) / 5),
    ],
)
def test_peaks_of_a_season_are_billed_by_their_probability(
    number: int, events: list[CoincidentEvent], expected: float
) -> None:
    kw = january({(5, 12): 500, (20, 8): 200})
    assert float(bill(peaks(number), JANUARY, kw, events=events).total) == pytest.approx(expected)


def test_without_events_each_month_of_the_season_counts_its_highest_by_equal_parts() -> None:
    """60 a kW on a quarter of 500, 100, 100 and 300: 60 x 250."""
    charge = replace(
        peaks(4).coincident[0], seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=60),), months=(6, 7, 8, 9)),)
    )
    billed = bill(Tariff(name="x", coincident=(charge,)), YEAR, year({1: 900, 6: 500, 9: 300}))
    assert billed.total == 15_000


def test_more_peaks_than_there_are_cannot_be_expected() -> None:
    with pytest.raises(UnableToAccept, match="probabilities that sum to at most 1 for peaks"):
        bill(peaks(1), JANUARY, january({}), events=[event(5, 12, 0.7), event(6, 12, 0.4)])


def test_rules_are_written_in_yaml_and_read_back() -> None:
    text = """
name: rules
demand:
  - {name: three, rate_per_kw: 4.5, peak: {mean_of_highest: 3, apart: week}}
  - {name: flanders, rate_per_kw: 3.1, peak: {mean_of_periods: 12}}
  - {name: leistungspreis, rate_per_kw: 120, yearly: true}
  - {name: week, rate_per_kw: 1.5, weekly: true}
coincident:
  - {name: 4CP, rate_per_kw: 60, peaks: 4}
"""
    tariff = tariff_from_yaml(text)
    assert tariff.demand[0].peak == PeakRule(mean_of_highest=3, apart="week")
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff


def test_rules_that_do_not_go_together_are_refused_with_the_reason() -> None:
    ratchet = DemandRatchet()
    for fields, field in (
        ({"weekly": True, "daily": True}, "daily"),
        ({"yearly": True, "ratchet": ratchet}, "ratchet"),
        ({"weekly": True, "peak": HIGHEST}, "peak"),
        ({"peak": HIGHEST, "ratchet": ratchet}, "ratchet"),
        ({"yearly": True, "seasons": (DemandSeason(tiers=(DemandTier(rate_per_kw=1),), months=(1,)),)}, "seasons"),
        ({"rate": -1.0, "peak": HIGHEST}, "rate_per_kw"),
    ):
        with pytest.raises(UnableToAccept) as refused:
            demand(**fields)  # type: ignore[arg-type]
        assert [fault.field for fault in refused.value.faults] == [field]
    for rule in ({}, {"mean_of_highest": 40}, {"mean_of_periods": 0, "mean_of_highest": 2}):
        with pytest.raises(UnableToAccept):
            PeakRule(**rule)
    with pytest.raises(UnableToAccept, match="none beside demand that is billed by the year"):
        Tariff(name="x", demand=(YEARLY,), minimum=(MinimumCharge(amount=1),))


def test_days_and_periods_of_a_state_must_be_the_tariffs() -> None:
    state = SiteState(day_peaks_kw={"facility": {"May": 1.0}, "other": {}}, period_energy_kwh={"night": 1.0})
    with pytest.raises(UnableToAccept) as refused:
        of(demand(peak=HIGHEST), JANUARY, january({}), state=state)
    assert [fault.field for fault in refused.value.faults] == [
        "day_peaks_kw.facility.May", "day_peaks_kw.other", "period_energy_kwh.night",
    ]  # fmt: skip


def test_a_plan_says_that_a_mean_of_months_reaches_into_later_bills() -> None:
    tariff = Tariff(name="x", demand=(demand(peak=PeakRule(mean_of_periods=12)),))
    assert charges_over(tariff, JANUARY).warnings == (
        "facility: a peak also counts in the 11 bills after this one, which no plan prices",
    )

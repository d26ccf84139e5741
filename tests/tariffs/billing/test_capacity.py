"""Capacity obligations are billed for each day on which they hold."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from simple_tariffs import JANUARY, YEAR, january

from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.charges.capacity import CapacityObligation
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.native import tariff_from_yaml, tariff_to_yaml
from ridethrough.tariffs.tariff import Tariff


def obligation(kw: float, rate: float, start: date, end: date) -> CapacityObligation:
    return CapacityObligation(name="capacity", kw=kw, rate_per_kw_day=rate, start=start, end=end)


SUMMER_TO_SUMMER = (
    obligation(1000.0, 0.27, date(2025, 6, 1), date(2026, 6, 1)),
    obligation(900.0, 0.33, date(2026, 6, 1), date(2027, 6, 1)),
)


def test_an_obligation_is_billed_for_every_day_of_a_month() -> None:
    """31 days of 1,000 kW at 0.27: 8,370.00."""
    billed = january(Tariff(name="x", capacity=SUMMER_TO_SUMMER))
    assert [(line.charge, line.quantity, line.unit, line.amount) for line in billed.lines] == [
        ("fixed", Decimal("31000.0"), "kW-day", Decimal("8370.00"))
    ]


def test_a_new_obligation_takes_the_place_of_the_old_on_its_day() -> None:
    """May: 31 x 1,000 x 0.27 = 8,370; June: 30 x 900 x 0.33 = 8,910."""
    billed = bill(Tariff(name="x", capacity=SUMMER_TO_SUMMER), YEAR, np.zeros(8760))
    assert [period.total for period in billed.periods[4:6]] == [8370, Decimal("8910.00")]


def test_days_that_a_series_or_the_dates_cut_count_in_part() -> None:
    """From 10 January on, 22 days; a series that ends at noon of the 12th has two and a half of them."""
    late = Tariff(name="x", capacity=(obligation(100.0, 1.0, date(2026, 1, 10), date(2026, 2, 10)),))
    assert january(late).total == 2200
    part = JANUARY.first(24 * 11 + 12)
    assert bill(late, part, np.zeros(part.intervals)).total == 250


def test_plans_carry_it_as_a_constant_with_its_taxes() -> None:
    tax = (Rider(name="tax", fraction=0.1, tax=True),)
    charges = charges_over(Tariff(name="x", capacity=SUMMER_TO_SUMMER, riders=tax), JANUARY)
    assert charges.fixed == pytest.approx(8370 * 1.1)
    assert charges.demand == ()


def test_it_is_written_in_yaml_and_checked() -> None:
    entry = "{name: PLC, kw: 940, rate_per_kw_day: 0.27, start: 2025-06-01, end: 2026-06-01}"
    read = tariff_from_yaml(f"name: x\ncapacity: [{entry}]\n")
    assert tariff_from_yaml(tariff_to_yaml(read)) == read
    with pytest.raises(UnableToAccept) as refused:
        obligation(-1.0, -1.0, date(2026, 1, 1), date(2026, 1, 1))
    assert [fault.field for fault in refused.value.faults] == ["kw", "rate_per_kw_day", "end"]

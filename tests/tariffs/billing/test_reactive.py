"""Reactive demand and demand in kVA, by hand, at a power factor that the site, the tariff or the request gives."""

from decimal import Decimal

import numpy as np
import pytest
from simple_tariffs import JANUARY, YEAR, demand, january

from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.charges.reactive import ReactiveCharge
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.native import tariff_from_yaml, tariff_to_yaml
from ridethrough.tariffs.tariff import Tariff


def reactive(**fields: object) -> Tariff:
    return Tariff(name="x", reactive=(ReactiveCharge(**{"name": "kVAR", "rate_per_kvar": 2.0} | fields),))  # type: ignore[arg-type]


def test_at_a_power_factor_of_08_there_are_075_kvar_a_kw() -> None:
    """100 kW at 0.8: 75 kVAR at 2.00 = 150.00."""
    billed = january(reactive(), power_factor=0.8)
    assert [(line.charge, line.quantity, line.unit, line.amount) for line in billed.lines] == [
        ("reactive", Decimal(75), "kVAR", Decimal("150.00"))
    ]


def test_a_free_share_is_not_billed() -> None:
    """Half a kVAR a kW is free: 75 - 50 = 25 kVAR; at 0.9 (48.43 kVAR) nothing is left."""
    free = reactive(free_kvar_per_kw=0.5)
    assert january(free, power_factor=0.8).total == 50
    assert january(free, power_factor=0.9).lines == ()


def test_only_its_months_and_its_own_windows_count() -> None:
    """Windows of two hours: an hour of 300 kW beside one of 100 is 200 kW, 150 kVAR; and nothing in February."""
    kw = np.full(8760, 100.0)
    kw[12] = 300.0
    tariff = reactive(window_minutes=120, months=(1,))
    billed = bill(tariff, YEAR, kw, power_factor=0.8)
    assert [period.total for period in billed.periods[:3]] == [300, 0, 0]


def test_riders_on_reactive_demand_are_billed_and_planned() -> None:
    tax = (Rider(name="tax", fraction=0.1, tax=True),)
    tariff = Tariff(name="x", reactive=reactive().reactive, riders=tax, power_factor=0.8)
    assert january(tariff).total == 165
    (term,) = charges_over(tariff, JANUARY).demand
    assert (term.kind, term.steps[0].rate_per_kw) == ("reactive", pytest.approx(2 * 0.75 * 1.1))


def test_the_tariffs_own_power_factor_counts_where_no_other_is_given() -> None:
    tariff = Tariff(name="x", demand=(demand(8.0, unit="kVA"),), power_factor=0.8)
    assert january(tariff).total == 1000
    assert january(tariff, power_factor=1.0).total == 800
    assert charges_over(tariff, JANUARY).demand[0].steps[0].rate_per_kw == 10


@pytest.mark.parametrize("tariff", [reactive(), Tariff(name="x", demand=(demand(unit="kVA"),))])
def test_bills_and_plans_say_that_a_power_factor_is_missing(tariff: Tariff) -> None:
    said = "charges count kVA or kVAR and no power factor was given: 1.0 is assumed, so kVA are kW and kVAR are none"
    assert january(tariff).warnings == (said,)
    assert charges_over(tariff, JANUARY).warnings == (said,)
    assert charges_over(tariff, JANUARY, power_factor=0.9).warnings == ()


def test_it_is_written_in_yaml_and_checked() -> None:
    text = "name: x\npower_factor: 0.92\nreactive: [{name: kVAR, rate_per_kvar: 0.4, free_kvar_per_kw: 0.25}]\n"
    tariff = tariff_from_yaml(text)
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff
    for wrong in ("reactive: [{name: '', rate_per_kvar: -1}]", "power_factor: 1.2"):
        with pytest.raises(UnableToAccept):
            tariff_from_yaml(f"name: x\n{wrong}\n")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Losses, Taxes

incomes = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


def test_state_tax_lowers_what_federal_tax_is_on() -> None:
    taxes = Taxes(federal_income_rate=0.21, state_income_rate=0.06).on_income([1000.0])

    assert taxes.state == pytest.approx((60,))
    assert taxes.federal == pytest.approx((0.21 * 940,))


def test_both_are_on_the_same_income_where_state_tax_does_not_deduct() -> None:
    taxes = Taxes(federal_income_rate=0.21, state_income_rate=0.06, state_tax_deducts=False).on_income([1000.0])

    assert taxes.federal == pytest.approx((210,))


def test_a_loss_used_at_once_brings_money_in() -> None:
    assert Taxes(federal_income_rate=0.21).on_income([-1000.0]).federal == pytest.approx((-210,))


def test_losses_carried_forward_offset_later_income_until_they_are_used_up() -> None:
    taxes = Taxes(federal_income_rate=0.2, losses=Losses.CARRIED_FORWARD).on_income([-100.0, 60.0, 60.0, -10.0])

    assert taxes.taxed_income == pytest.approx((0, 0, 20, 0))
    assert taxes.carried_loss == pytest.approx((100, 40, 0, 10))
    assert taxes.federal == pytest.approx((0, 0, 4, 0))


def test_losses_offset_at_most_the_limit_of_a_years_income() -> None:
    rule = Taxes(losses=Losses.CARRIED_FORWARD, carried_loss_limit_fraction=0.8)

    assert rule.on_income([-100.0, 50.0, 100.0]).taxed_income == pytest.approx((0, 10, 40))


@given(incomes)
def test_carrying_forward_never_taxes_less_in_all_than_using_at_once(income: list[float]) -> None:
    at_once = Taxes(federal_income_rate=0.21).on_income(income)
    carried = Taxes(federal_income_rate=0.21, losses=Losses.CARRIED_FORWARD).on_income(income)

    left = carried.carried_loss[-1] * 0.21
    assert sum(carried.federal) - left == pytest.approx(sum(at_once.federal), abs=1e-6)
    assert min(carried.federal) >= 0


def test_the_value_taxed_as_property_stays_or_falls_to_nothing() -> None:
    falls = Taxes(property_rate=0.01, property_value_falls_over_years=4)

    assert Taxes(property_rate=0.01).property_value_fraction(30) == 1
    assert [falls.property_value_fraction(year) for year in range(6)] == [1, 0.75, 0.5, 0.25, 0, 0]


def test_faults_are_all_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Taxes(
            federal_income_rate=21,
            state_income_rate=-0.1,
            property_rate=2,
            carried_loss_limit_fraction=80,
            depreciation_starts_after_years=-1,
            property_value_falls_over_years=0,
        )

    assert len(refused.value.faults) == 6

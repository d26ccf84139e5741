import pytest

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Incentive

COSTS = {"battery": 300.0, "inverter": 100.0, "civil works": 100.0}


def test_a_share_is_of_the_assets_it_is_given_on() -> None:
    everything = Incentive(name="ITC", capital_fraction=0.3)
    storage = Incentive(name="ITC", capital_fraction=0.3, on_assets=("battery", "inverter"))

    assert everything.paid(COSTS) == pytest.approx(150)
    assert storage.paid(COSTS) == pytest.approx(120)


def test_half_the_credit_comes_off_the_basis_of_those_assets_by_their_cost() -> None:
    credit = Incentive(
        name="ITC", capital_fraction=0.3, on_assets=("battery", "inverter"), basis_reduction_fraction=0.5
    )

    assert credit.basis_reduction("battery", COSTS) == pytest.approx(45)
    assert credit.basis_reduction("inverter", COSTS) == pytest.approx(15)
    assert credit.basis_reduction("civil works", COSTS) == 0


def test_an_amount_is_paid_as_it_is_also_on_assets_that_cost_nothing() -> None:
    grant = Incentive(name="grant", amount=50.0, basis_reduction_fraction=1.0)

    assert grant.paid(COSTS) == 50
    assert grant.basis_reduction("battery", COSTS) == pytest.approx(30)
    assert grant.basis_reduction("battery", {"battery": 0.0}) == 0


def test_faults_are_all_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Incentive(name="?", capital_fraction=1.3, amount=5.0, paid_after_years=-1, basis_reduction_fraction=2.0)

    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["capital_fraction", "amount", "paid_after_years", "basis_reduction_fraction"]

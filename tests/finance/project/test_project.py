import math

import pytest

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Asset, Incentive, Project, Replacement, YearlyAmount


def faults_of(refused: pytest.ExceptionInfo[UnableToAccept]) -> list[str]:
    return [fault.field for fault in refused.value.faults]


def test_every_fault_of_a_project_is_named() -> None:
    battery = Asset(name="battery", capital_cost=100.0)
    with pytest.raises(UnableToAccept) as refused:
        Project(
            life_years=0,
            construction_years=-1,
            discount_rate=-1.0,
            inflation_rate=math.nan,
            assets=(battery, battery),
            savings=(YearlyAmount(name="energy", amount=1.0, degrades_with="flywheel", factor_by_year=(1.0,)),),
            costs=(YearlyAmount(name="", amount=1.0),),
            incentives=(Incentive(name="grant", amount=1.0, on_assets=("flywheel",), paid_after_years=3),),
        )

    assert faults_of(refused) == [
        "life_years",
        "construction_years",
        "discount_rate",
        "inflation_rate",
        "assets.1.name",
        "costs.0.name",
        "savings.0.degrades_with",
        "savings.0.factor_by_year",
        "incentives.0.on_assets",
        "incentives.0.paid_after_years",
    ]


def test_incentives_do_not_take_off_more_basis_than_there_is() -> None:
    with pytest.raises(UnableToAccept, match="20 less to write off', must be at most 10, the capital cost of battery"):
        Project(
            life_years=5,
            discount_rate=0.05,
            assets=(Asset(name="battery", capital_cost=10.0),),
            incentives=(Incentive(name="grant", amount=20.0, basis_reduction_fraction=1.0),),
        )


def test_a_replacement_is_within_the_life_and_ordered_within_the_project() -> None:
    late = Replacement(cost=1.0, after_years=(2, 5), lead_time_years=3.5)

    with pytest.raises(UnableToAccept) as refused:
        Project(life_years=5, discount_rate=0.05, assets=(Asset(name="battery", capital_cost=1.0, replacement=late),))

    assert faults_of(refused) == ["assets.0.replacement.after_years", "assets.0.replacement.lead_time_years"]


def test_no_replacement_years_ask_for_nothing() -> None:
    never = Replacement(cost=1.0, after_years=(), lead_time_years=3.5)
    project = Project(
        life_years=5, discount_rate=0.05, assets=(Asset(name="battery", capital_cost=1.0, replacement=never),)
    )

    assert project.rows == 6


def test_faults_of_the_parts_are_named() -> None:
    with pytest.raises(UnableToAccept) as yearly:
        YearlyAmount(name="x", amount=math.inf, escalation_rate=-2.0, degradation_rate=1.0, factor_by_year=(math.nan,))
    with pytest.raises(UnableToAccept) as replacement:
        Replacement(cost=-1.0, after_years=(3, 2), lead_time_years=-1.0, escalation_rate=-1.0)
    with pytest.raises(UnableToAccept) as asset:
        Asset(name="x", capital_cost=-1.0, salvage_value=-1.0, decommissioning_cost=-1.0)

    assert faults_of(yearly) == ["amount", "escalation_rate", "degradation_rate", "factor_by_year.0"]
    assert faults_of(replacement) == ["cost", "lead_time_years", "escalation_rate", "after_years"]
    assert faults_of(asset) == ["capital_cost", "salvage_value", "decommissioning_cost"]


def test_the_order_is_placed_the_lead_time_before() -> None:
    ordered = [Replacement(cost=1.0, after_years=(6,), lead_time_years=lead).ordered_in(6) for lead in (0, 0.5, 1, 1.2)]

    assert ordered == [6, 5, 5, 4]


def test_a_real_rate_gets_inflation_on_top() -> None:
    assert Project(life_years=1, discount_rate=0.05, inflation_rate=0.02).nominal_discount_rate == 0.05
    real = Project(life_years=1, discount_rate=0.05, inflation_rate=0.02, discount_rate_is_real=True)
    assert real.nominal_discount_rate == pytest.approx(0.071)


def test_years_are_those_of_the_calendar() -> None:
    assert Project(life_years=2, discount_rate=0.05, first_year=2026).years == (2026, 2027, 2028)

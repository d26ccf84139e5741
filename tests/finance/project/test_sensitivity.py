from dataclasses import replace

import pytest

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Asset, Lever, Project, Replacement, YearlyAmount, cash_flow, tornado
from ridethrough.finance.project.sensitivity import (
    net_present_value,
    with_capital_times,
    with_costs_times,
    with_discount_rate,
    with_replacement_times,
    with_savings_degradation,
    with_savings_escalation,
    with_savings_times,
)

PROJECT = Project(
    life_years=4,
    discount_rate=0.0,
    assets=(
        Asset(name="battery", capital_cost=200.0, replacement=Replacement(cost=50.0, after_years=(2,))),
        Asset(name="civil works", capital_cost=100.0),
    ),
    savings=(YearlyAmount(name="bill", amount=100.0),),
    costs=(YearlyAmount(name="service", amount=5.0),),
)


def test_every_input_is_moved_alone_and_the_widest_bar_stands_first() -> None:
    bars = tornado(
        PROJECT,
        [
            Lever(name="service", low=0.5, high=1.5, apply=with_costs_times),
            Lever(name="savings", low=0.9, high=1.1, apply=with_savings_times),
            Lever(name="capital", low=0.9, high=1.2, apply=with_capital_times),
            Lever(name="replacement", low=1.0, high=2.0, apply=with_replacement_times),
        ],
        net_present_value,
    )

    assert net_present_value(PROJECT) == pytest.approx(30)
    assert [bar.name for bar in bars] == ["capital", "savings", "replacement", "service"]
    assert [bar.outcome_at_low for bar in bars] == pytest.approx([60, -10, 30, 40])
    assert [bar.outcome_at_high for bar in bars] == pytest.approx([-30, 70, -20, 20])
    assert bars[0].width == pytest.approx(90)


def test_levers_set_rates_as_if_they_had_been_given() -> None:
    line = PROJECT.savings[0]

    assert with_discount_rate(PROJECT, 0.08) == replace(PROJECT, discount_rate=0.08)
    assert with_savings_escalation(PROJECT, 0.03).savings == (replace(line, escalation_rate=0.03),)
    assert with_savings_degradation(PROJECT, 0.02).savings == (replace(line, degradation_rate=0.02),)


def test_any_case_and_any_outcome_may_be_asked() -> None:
    bars = tornado(3.0, [Lever(name="factor", low=1.0, high=2.0, apply=lambda case, factor: case * factor)], abs)

    assert (bars[0].outcome_at_low, bars[0].outcome_at_high) == (3.0, 6.0)


def test_a_lever_goes_up_and_its_name_stands_once() -> None:
    lever = Lever(name="x", low=1.0, high=2.0, apply=with_savings_times)

    with pytest.raises(UnableToAccept, match=r"high is 0\.5, must be at least low 1\.0"):
        replace(lever, high=0.5)
    with pytest.raises(UnableToAccept, match=r"levers\.1\.name"):
        tornado(PROJECT, [lever, lever], net_present_value)


def test_without_a_replacement_its_cost_moves_nothing() -> None:
    plain = replace(PROJECT, assets=PROJECT.assets[1:])

    assert cash_flow(with_replacement_times(plain, 3.0)).net == cash_flow(plain).net

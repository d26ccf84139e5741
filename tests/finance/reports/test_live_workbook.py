"""Whoever changes an input of the project in the workbook sees the cash flow that the project then has."""

from collections.abc import Callable
from dataclasses import replace

import finance_studies as studies
import pytest
from finance_spreadsheet import Spreadsheet
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.finance import (
    Asset,
    Incentive,
    Losses,
    Project,
    Replacement,
    Taxes,
    YearlyAmount,
    cash_flow,
    macrs,
    straight_line,
)
from ridethrough.finance.reports.workbook.workbook import study_workbook

RICH = Project(
    life_years=9,
    discount_rate=0.07,
    inflation_rate=0.02,
    construction_years=2,
    assets=(
        Asset(
            name="battery",
            capital_cost=900.0,
            depreciation=macrs(5),
            salvage_value=40.0,
            replacement=Replacement(
                cost=400.0, after_years=(4, 7), lead_time_years=5.5, escalation_rate=-0.03, depreciation=macrs(7)
            ),
        ),
        Asset(name="controls", capital_cost=250.0, decommissioning_cost=30.0),
    ),
    savings=(YearlyAmount(name="bill", amount=260.0, degradation_rate=0.02, degrades_with="battery"),),
    costs=(YearlyAmount(name="service", amount=20.0, escalation_rate=0.05, factor_by_year=(1.0, 0.5, *[1.25] * 7)),),
    incentives=(
        Incentive(name="credit", capital_fraction=0.3, on_assets=("battery",), basis_reduction_fraction=0.5),
        Incentive(name="grant", amount=75.0, paid_after_years=1, basis_reduction_fraction=1.0, taxable=True),
    ),
    taxes=Taxes(
        federal_income_rate=0.21,
        state_income_rate=0.06,
        losses=Losses.CARRIED_FORWARD,
        carried_loss_limit_fraction=0.8,
        property_rate=0.01,
        property_value_falls_over_years=6,
    ),
)


def book_of(project: Project) -> Spreadsheet:
    return Spreadsheet(study_workbook(replace(studies.yen(), cash_flow=cash_flow(project)), studies.ISSUE))


def put(book: Spreadsheet, name: str, value: float) -> None:
    """Change an input as a reader would."""
    ((sheet, cell),) = book.book.defined_names[name].destinations
    book.book[sheet][cell.replace("$", "")] = value


def with_asset(project: Project, **changes: object) -> Project:
    return replace(project, assets=(replace(project.assets[0], **changes), *project.assets[1:]))


def with_replacement(project: Project, **changes: object) -> Project:
    assert project.assets[0].replacement
    return with_asset(project, replacement=replace(project.assets[0].replacement, **changes))


CHANGES: dict[str, Callable[[Project], Project]] = {
    "saving_1_amount": lambda project: replace(project, savings=(replace(project.savings[0], amount=0.3),)),
    "saving_1_fading": lambda project: replace(project, savings=(replace(project.savings[0], degradation_rate=0.3),)),
    "cost_1_escalation": lambda project: replace(project, costs=(replace(project.costs[0], escalation_rate=0.3),)),
    "asset_1_capital": lambda project: with_asset(project, capital_cost=4000.3),
    "asset_1_salvage": lambda project: with_asset(project, salvage_value=0.3),
    "asset_1_replacement": lambda project: with_replacement(project, cost=0.3),
    "asset_1_replacement_escalation": lambda project: with_replacement(project, escalation_rate=0.3),
    "inflation_rate": lambda project: replace(project, inflation_rate=0.3),
    "federal_tax_rate": lambda project: replace(project, taxes=replace(project.taxes, federal_income_rate=0.3)),
    "state_tax_rate": lambda project: replace(project, taxes=replace(project.taxes, state_income_rate=0.3)),
    "property_tax_rate": lambda project: replace(project, taxes=replace(project.taxes, property_rate=0.3)),
    "discount_rate": lambda project: replace(project, discount_rate=0.3),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_present_value_follows_each_input(name: str) -> None:
    changed = cash_flow(CHANGES[name](RICH))
    assert changed.net_present_value != pytest.approx(cash_flow(RICH).net_present_value)
    book = book_of(RICH)
    put(book, name, 4000.3 if name == "asset_1_capital" else 0.3)
    assert book.named("net_present_value") == pytest.approx(changed.net_present_value)


def test_the_saving_of_the_study_is_the_saving_of_the_project() -> None:
    study = studies.year()
    book = Spreadsheet(study_workbook(study, studies.ISSUE))
    ((sheet, cell),) = book.book.defined_names["saving_1_amount"].destinations
    assert book.book[sheet][cell.replace("$", "")].value == "=saving_of_a_year"
    put(book, "saving_of_a_year", 0.0)
    assert study.cash_flow is not None
    project = study.cash_flow.project
    nothing = replace(project, savings=(replace(project.savings[0], amount=0.0),))
    assert book.named("net_present_value") == pytest.approx(cash_flow(nothing).net_present_value)


rates = st.floats(0, 0.5)
amounts = st.floats(0, 1e4)
tables = st.sampled_from((macrs(3), macrs(15), straight_line(4)))


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Any project: each part may be there or not."""
    life = draw(st.integers(2, 12))
    after = draw(st.lists(st.integers(1, life - 1), unique=True, max_size=2).map(sorted))
    renewed = Replacement(
        cost=draw(amounts), after_years=tuple(after), lead_time_years=draw(st.floats(0, 1)), depreciation=draw(tables)
    )
    battery = Asset(
        name="battery",
        capital_cost=draw(st.floats(1, 1e4)),
        depreciation=draw(tables),
        salvage_value=draw(amounts),
        replacement=draw(st.sampled_from((None, renewed))),
    )
    credit = Incentive(
        name="credit", capital_fraction=draw(st.floats(0, 0.5)), basis_reduction_fraction=draw(rates), taxable=True
    )
    taxes = Taxes(
        federal_income_rate=draw(rates),
        state_income_rate=draw(rates),
        state_tax_deducts=draw(st.booleans()),
        losses=draw(st.sampled_from(Losses)),
        carried_loss_limit_fraction=draw(st.floats(0, 1)),
        depreciation_starts_after_years=draw(st.sampled_from((None, 0, 2))),
        writes_off_what_is_left=draw(st.booleans()),
        property_rate=draw(rates),
    )
    return Project(
        life_years=life,
        discount_rate=draw(rates),
        inflation_rate=draw(rates),
        construction_years=draw(st.integers(1, 2)),
        assets=(battery,),
        savings=(YearlyAmount(name="bill", amount=draw(st.floats(-1e3, 1e4)), degradation_rate=draw(rates)),),
        incentives=draw(st.sampled_from(((), (credit,)))),
        taxes=taxes,
    )


@pytest.mark.long
@settings(max_examples=15)
@given(project=projects())
def test_any_project_is_worked_out_from_its_inputs(project: Project) -> None:
    flow = cash_flow(project)
    book = book_of(project)
    for sheet, cell, cached in book.formulas():
        if sheet in {"Project", "Cash flow", "Taxes"} and "IRR" not in str(book.book[sheet][cell].value):
            assert book.value(sheet, cell) == pytest.approx(cached, rel=1e-9, abs=1e-6), f"{sheet}!{cell}"
    assert book.named("net_present_value") == pytest.approx(flow.net_present_value, rel=1e-9, abs=1e-6)

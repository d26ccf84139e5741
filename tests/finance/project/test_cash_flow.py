"""Cash flows worked out by hand."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import (
    Asset,
    CashFlow,
    Discounting,
    Incentive,
    LineKind,
    Losses,
    Project,
    Replacement,
    Taxes,
    YearlyAmount,
    cash_flow,
    macrs,
    straight_line,
)

ANNUITY = (1 - 1.05**-10) / 0.05

PLAIN = Project(
    life_years=10,
    discount_rate=0.05,
    assets=(Asset(name="battery", capital_cost=700.0),),
    savings=(YearlyAmount(name="bill", amount=110.0),),
    costs=(YearlyAmount(name="service", amount=10.0),),
)


def amounts(flow: CashFlow, kind: LineKind) -> tuple[float, ...]:
    return next(line.amounts for line in flow.lines if line.kind is kind)


def test_a_plain_project_is_an_annuity_less_its_capital() -> None:
    flow = cash_flow(PLAIN)

    assert flow.net == (-700.0, *[100.0] * 10)
    assert flow.net_present_value == pytest.approx(100 * ANNUITY - 700)
    assert flow.payback_years.value == pytest.approx(7)
    assert flow.discounted_payback_years.value == pytest.approx(8.835, abs=5e-3)
    assert flow.benefit_cost_ratio.value == pytest.approx(110 * ANNUITY / (700 + 10 * ANNUITY))
    rate = flow.internal_rate_of_return.value
    assert rate is not None
    assert (1 - (1 + rate) ** -10) / rate == pytest.approx(7)


def test_conventions_of_discounting_move_everything_by_half_a_year_or_one() -> None:
    whole = cash_flow(PLAIN).net_present_value
    middle = cash_flow(replace(PLAIN, discounting=Discounting.MIDDLE_OF_YEAR)).net_present_value
    end = cash_flow(replace(PLAIN, discounting=Discounting.END_OF_YEAR)).net_present_value

    assert middle == pytest.approx(whole / math.sqrt(1.05))
    assert end == pytest.approx(whole / 1.05)


def test_the_pro_forma_has_a_row_a_year_that_adds_up() -> None:
    rows = list(cash_flow(replace(PLAIN, first_year=2026)).rows())

    assert [row["year"] for row in rows] == list(range(2026, 2037))
    assert list(rows[0]) == ["year", "bill", "service", "battery: capital", "net", "discounted", "sum_of_discounted"]
    assert rows[2]["net"] == rows[2]["bill"] + rows[2]["service"] + rows[2]["battery: capital"]
    assert rows[-1]["sum_of_discounted"] == pytest.approx(cash_flow(PLAIN).net_present_value)


def test_amounts_grow_with_inflation_unless_they_say_otherwise() -> None:
    project = replace(
        PLAIN,
        inflation_rate=0.1,
        savings=(YearlyAmount(name="bill", amount=100.0, escalation_rate=0.02),),
    )
    flow = cash_flow(project)

    assert amounts(flow, LineKind.SAVINGS)[:4] == pytest.approx((0, 100, 102, 104.04))
    assert amounts(flow, LineKind.COST)[:4] == pytest.approx((0, -10, -11, -12.1))


def test_what_grows_with_inflation_is_worth_the_same_at_a_real_rate() -> None:
    inflated = replace(PLAIN, inflation_rate=0.03, discount_rate_is_real=True, construction_years=0)
    plain = replace(PLAIN, construction_years=0)

    assert cash_flow(inflated).net_present_value == pytest.approx(cash_flow(plain).net_present_value)


def test_construction_and_operation_may_share_a_row() -> None:
    flow = cash_flow(replace(PLAIN, construction_years=0))

    assert flow.net == (-600.0, *[100.0] * 9)
    assert flow.payback_years.value == pytest.approx(7)


def test_savings_shrink_with_the_battery_and_come_back_with_a_new_one() -> None:
    worn = Asset(name="battery", capital_cost=700.0, replacement=Replacement(cost=300.0, after_years=(2, 4)))
    line = YearlyAmount(name="bill", amount=100.0, degradation_rate=0.1)

    ages = cash_flow(replace(PLAIN, assets=(worn,), savings=(line,)))
    renewed = cash_flow(replace(PLAIN, assets=(worn,), savings=(replace(line, degrades_with="battery"),)))

    assert amounts(ages, LineKind.SAVINGS)[1:5] == pytest.approx((100, 90, 81, 72.9))
    assert amounts(renewed, LineKind.SAVINGS)[1:7] == pytest.approx((100, 90, 100, 90, 100, 90))


def test_factors_by_year_stand_for_price_and_load_years() -> None:
    line = YearlyAmount(name="bill", amount=100.0, factor_by_year=tuple(year / 10 for year in range(10)))

    assert amounts(cash_flow(replace(PLAIN, savings=(line,))), LineKind.SAVINGS)[:4] == pytest.approx((0, 0, 10, 20))


@pytest.mark.parametrize(("lead_time_years", "row"), [(0.0, 6), (0.5, 5), (1.0, 5), (2.0, 4)])
def test_a_replacement_is_paid_when_it_is_ordered(lead_time_years: float, row: int) -> None:
    new = Replacement(cost=100.0, after_years=(5,), lead_time_years=lead_time_years, escalation_rate=0.1)
    flow = cash_flow(replace(PLAIN, assets=(Asset(name="battery", capital_cost=700.0, replacement=new),)))

    paid = amounts(flow, LineKind.REPLACEMENT)
    assert [year for year, amount in enumerate(paid) if amount] == [row]
    assert paid[row] == pytest.approx(-100 * 1.1 ** (row - 1))


def test_replacements_that_are_paid_in_one_row_add_up() -> None:
    new = Replacement(cost=100.0, after_years=(5, 6, 7))
    flow = cash_flow(replace(PLAIN, assets=(Asset(name="battery", capital_cost=700.0, replacement=new),)))

    assert amounts(flow, LineKind.REPLACEMENT)[6:9] == (-100, -100, -100)


def test_salvage_comes_in_and_decommissioning_goes_out_at_the_end() -> None:
    asset = Asset(name="battery", capital_cost=700.0, salvage_value=50.0, decommissioning_cost=20.0)
    flow = cash_flow(replace(PLAIN, assets=(asset,)))

    assert flow.net[-2:] == (100.0, 130.0)


TAXED = replace(
    PLAIN,
    life_years=3,
    assets=(Asset(name="battery", capital_cost=900.0, depreciation=macrs(3)),),
    savings=(YearlyAmount(name="bill", amount=500.0),),
    costs=(),
    taxes=Taxes(federal_income_rate=0.2, state_income_rate=0.1),
)


def test_income_is_taxed_after_depreciation_from_the_first_year_of_operation() -> None:
    flow = cash_flow(TAXED)

    written = (0, 299.97, 400.05, 133.29)
    left = 900 - sum(written)
    assert flow.write_offs.by_asset["battery"] == pytest.approx(written)
    assert flow.write_offs.left_by_asset["battery"] == pytest.approx(left)
    income = (0, 500 - 299.97, 500 - 400.05, 500 - 133.29 - left)
    assert flow.income_taxes.income == pytest.approx(income)
    assert amounts(flow, LineKind.STATE_TAX) == pytest.approx([-0.1 * each for each in income])
    assert amounts(flow, LineKind.FEDERAL_TAX) == pytest.approx([-0.2 * 0.9 * each for each in income])
    assert flow.net[1] == pytest.approx(500 - 0.28 * (500 - 299.97))


def test_what_the_tables_do_not_reach_may_be_lost() -> None:
    rule = replace(TAXED.taxes, writes_off_what_is_left=False)

    assert cash_flow(replace(TAXED, taxes=rule)).income_taxes.income[-1] == pytest.approx(500 - 133.29)


def test_depreciation_may_start_later_and_run_past_the_end() -> None:
    rule = replace(TAXED.taxes, depreciation_starts_after_years=3)

    assert cash_flow(replace(TAXED, taxes=rule)).write_offs.by_asset["battery"] == pytest.approx((0, 0, 0, 299.97))


def test_what_is_expensed_is_deducted_when_it_is_paid() -> None:
    new = Replacement(cost=100.0, after_years=(2,), lead_time_years=1.0)
    flow = cash_flow(replace(TAXED, assets=(Asset(name="battery", capital_cost=900.0, replacement=new),)))

    assert flow.write_offs.by_asset["battery"] == pytest.approx((900, 0, 100, 0))


def test_a_replacement_is_written_off_from_when_it_is_in_service() -> None:
    new = Replacement(cost=100.0, after_years=(2,), lead_time_years=1.0, depreciation=straight_line(2))
    flow = cash_flow(replace(TAXED, assets=(Asset(name="battery", capital_cost=900.0, replacement=new),)))

    assert flow.write_offs.by_asset["battery"] == pytest.approx((900, 0, 0, 50))
    assert flow.write_offs.left_by_asset["battery"] == 50


def test_an_investment_credit_is_paid_untaxed_and_lowers_the_basis_by_half() -> None:
    credit = Incentive(name="ITC", capital_fraction=0.3, basis_reduction_fraction=0.5, paid_after_years=1)
    flow = cash_flow(replace(TAXED, incentives=(credit,)))

    assert amounts(flow, LineKind.INCENTIVE) == (0, 270, 0, 0)
    assert flow.write_offs.by_asset["battery"][1] == pytest.approx(0.3333 * (900 - 135))
    assert flow.income_taxes.income[1] == pytest.approx(500 - 0.3333 * 765)


def test_a_taxable_grant_is_income() -> None:
    grant = Incentive(name="grant", amount=100.0, taxable=True)

    assert cash_flow(replace(TAXED, incentives=(grant,))).income_taxes.income[0] == 100


def test_property_tax_is_a_part_of_the_cost_and_is_deducted() -> None:
    rule = replace(TAXED.taxes, property_rate=0.01, property_value_falls_over_years=3)
    flow = cash_flow(replace(TAXED, taxes=rule))

    assert amounts(flow, LineKind.PROPERTY_TAX) == pytest.approx((0, -9, -6, -3))
    assert flow.income_taxes.income[1] == pytest.approx(500 - 299.97 - 9)


def test_losses_that_are_carried_are_worth_less_than_losses_used_at_once() -> None:
    rule = replace(TAXED.taxes, losses=Losses.CARRIED_FORWARD)
    bonus = Asset(name="battery", capital_cost=900.0, depreciation=macrs(3).with_bonus(1.0))
    at_once = cash_flow(replace(TAXED, assets=(bonus,)))
    carried = cash_flow(replace(TAXED, assets=(bonus,), taxes=rule))

    assert carried.income_taxes.carried_loss == pytest.approx((0, 400, 0, 0))
    assert carried.net_present_value < at_once.net_present_value
    assert sum(carried.net) == pytest.approx(sum(at_once.net))


def test_without_any_cost_there_is_no_ratio_and_without_any_line_nothing() -> None:
    free = cash_flow(replace(PLAIN, assets=(), costs=()))
    nothing = cash_flow(Project(life_years=1, discount_rate=0.05))

    assert free.benefit_cost_ratio.reason == "no line of the project has a cost"
    assert nothing.net == (0.0, 0.0)
    assert nothing.internal_rate_of_return.value is None


def test_two_lines_of_one_name_are_refused() -> None:
    with pytest.raises(UnableToAccept, match="'bill', must be a name that no other has"):
        cash_flow(replace(PLAIN, costs=(YearlyAmount(name="bill", amount=1.0),)))


@given(st.floats(-0.5, 1), st.floats(0, 1e4), st.integers(1, 30), st.sampled_from((3, 5, 7, 10, 15, 20)))
def test_lines_add_up_to_the_project(rate: float, cost: float, life_years: int, years: int) -> None:
    project = replace(
        TAXED,
        life_years=life_years,
        discount_rate=rate,
        assets=(Asset(name="battery", capital_cost=cost, depreciation=macrs(years)),),
    )
    flow = cash_flow(project)

    parts = flow.present_value_by_line.values()
    scale = math.fsum(abs(part) for part in parts)
    assert math.fsum(parts) == pytest.approx(flow.net_present_value, abs=1e-9 * scale)
    written = math.fsum(flow.write_offs.by_asset["battery"]) + flow.write_offs.left_by_asset["battery"]
    assert written == pytest.approx(cost, abs=1e-9)

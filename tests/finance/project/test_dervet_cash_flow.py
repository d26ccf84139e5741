"""DER-VET's published pro formas, from the inputs it was given.

Source: EPRI DER-VET (BSD-3), cases `der_for_bill_reduction` and `der_for_reliability`: `model_parameters.json`,
`size.csv`, `pro_forma.csv`, `npv.csv`, `payback.csv`, `tax_breakdown.csv`. Its conventions: capital and the first year
of operation share the first row, which is not discounted; costs grow with inflation and savings do not; depreciation
starts in the row after; what it does not reach is lost. The payback that DER-VET prints divides capital by a net that
already holds it and comes out negative; it is not followed.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ridethrough.finance import Asset, CashFlow, Project, Taxes, YearlyAmount, cash_flow, macrs

CASES = Path(__file__).parents[4] / "shared" / "data" / "cases" / "dervet"
BATTERY, PV = "BATTERY: bess 1", "PV: installation 1"


def project(*, battery_kw: float, battery_kwh: float, demand: float, energy: float) -> Project:
    return Project(
        first_year=2017,
        life_years=20,
        construction_years=0,
        discount_rate=0.06,
        inflation_rate=0.022,
        assets=(
            Asset(name=BATTERY, capital_cost=battery_kw * 800 + battery_kwh * 250, depreciation=macrs(3)),
            Asset(name=PV, capital_cost=1000 * 1660.0, depreciation=macrs(3)),
        ),
        savings=(
            YearlyAmount(name="Avoided Demand Charge", amount=demand, escalation_rate=0.0),
            YearlyAmount(name="Avoided Energy Charge", amount=energy, escalation_rate=0.0),
        ),
        costs=(YearlyAmount(name=f"{BATTERY} Fixed O&M Cost", amount=battery_kw * 10.0),),
        taxes=Taxes(depreciation_starts_after_years=1, writes_off_what_is_left=False),
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    project: Project
    net_present_value: float
    internal_rate_of_return: float
    benefit_cost_ratio: float

    @property
    def flow(self) -> CashFlow:
        return cash_flow(self.project)


BILL_REDUCTION = Case(
    name="der_for_bill_reduction",
    project=project(battery_kw=1575, battery_kwh=9450, demand=173252.96899228124, energy=293762.0314109856),
    net_present_value=167872.18138955865,
    internal_rate_of_return=0.06442376057335619,
    benefit_cost_ratio=1.0304659878960054,
)
RELIABILITY = Case(
    name="der_for_reliability",
    project=project(battery_kw=2438, battery_kwh=18590, demand=219233.59167588863, energy=345912.57355030486),
    net_present_value=-1739175.758310453,
    internal_rate_of_return=0.029249764141753287,
    benefit_cost_ratio=0.7980119105206163,
)
each_case = pytest.mark.parametrize("case", [BILL_REDUCTION, RELIABILITY], ids=lambda case: case.name)


@each_case
def test_the_project_is_worth_what_was_published(case: Case) -> None:
    assert case.flow.net_present_value == pytest.approx(case.net_present_value, rel=1e-9)
    assert case.flow.internal_rate_of_return.value == pytest.approx(case.internal_rate_of_return, rel=1e-9)
    assert case.flow.benefit_cost_ratio.value == pytest.approx(case.benefit_cost_ratio, rel=1e-9)


def test_years_of_the_pro_forma_and_of_the_taxes() -> None:
    flow = BILL_REDUCTION.flow

    assert flow.net[:2] == pytest.approx((-4831234.999596734, 450918.50040326687), rel=1e-12)
    assert flow.net[-1] == pytest.approx(443200.16532472486, rel=1e-12)
    written = flow.write_offs.by_asset[BATTERY]
    assert written[:6] == pytest.approx((0, 1207379.25, 1610201.25, 536492.25, 268427.25, 0), rel=1e-12)
    income = flow.income_taxes.income
    assert income[:3] == pytest.approx((451265.0004032664, -1309738.7495967331, -1897506.8725967333), rel=1e-12)
    assert income[4] == pytest.approx(58399.33788973489, rel=1e-12)


def test_discounted_payback_is_where_the_discounted_sum_turns() -> None:
    flow = BILL_REDUCTION.flow
    payback = flow.discounted_payback_years.value
    sums = [row["sum_of_discounted"] for row in flow.rows()]

    assert payback is not None
    assert sums[int(payback) - 1] < 0 <= sums[int(payback)]
    assert RELIABILITY.flow.discounted_payback_years.reason.startswith("never")


def table(case: Case, name: str) -> dict[str, dict[str, float]]:
    with (CASES / case.name / "results" / name).open() as file:
        rows = [row for row in csv.reader(file) if row]
    numbers = (
        {head: float(cell or "nan") for head, cell in zip(rows[0][1:], row[1:], strict=True)} for row in rows[1:]
    )
    return dict(zip((row[0] for row in rows[1:]), numbers, strict=True))


def keys(case: Case, tag: str) -> dict[str, Any]:
    parameters = json.loads((CASES / case.name / "inputs" / "model_parameters.json").read_text())
    (given,) = parameters["tags"][tag].values()
    return {name: entry["opt_value"] for name, entry in given["keys"].items()}


beside = [
    pytest.mark.shared,
    pytest.mark.skipif(not CASES.is_dir(), reason="the DER-VET cases are not beside the repository"),
]


class TestFiles:
    """The same figures as DER-VET wrote them."""

    pytestmark = beside

    @each_case
    def test_inputs_are_those_of_the_case(self, case: Case) -> None:
        finance, battery, pv = (keys(case, tag) for tag in ("Finance", "Battery", "PV"))

        assert (finance["npv_discount_rate"], finance["inflation_rate"]) == ("6", "2.2")
        assert finance["federal_tax_rate"] == finance["state_tax_rate"] == finance["property_tax_rate"] == "0"
        assert (battery["ccost_kW"], battery["ccost_kWh"], battery["fixedOM"]) == ("800", "250", "10")
        assert battery["macrs_term"] == pv["macrs_term"] == "3"
        assert (pv["ccost_kW"], pv["rated_capacity"]) == ("1660", "1000")

    @each_case
    def test_every_year_is_that_of_the_pro_forma(self, case: Case) -> None:
        published = table(case, "pro_forma.csv")
        names = {f"{asset} Capital Cost": f"{asset}: capital" for asset in (BATTERY, PV)}
        ours = ["Avoided Demand Charge", "Avoided Energy Charge", f"{BATTERY} Fixed O&M Cost"]

        for row in case.flow.rows():
            year = published[str(row["year"])]
            for theirs, name in (names | {name: name for name in ours} | {"Yearly Net Value": "net"}).items():
                assert row[name] == pytest.approx(year[theirs], rel=1e-9)

    @each_case
    def test_every_line_is_worth_what_they_say(self, case: Case) -> None:
        published = table(case, "npv.csv")["NPV"]
        names = {f"{asset} Capital Cost": f"{asset}: capital" for asset in (BATTERY, PV)}
        ours = ["Avoided Demand Charge", "Avoided Energy Charge", f"{BATTERY} Fixed O&M Cost"]

        for theirs, name in (names | {name: name for name in ours}).items():
            assert case.flow.present_value_by_line[name] == pytest.approx(published[theirs], rel=1e-9)
        assert case.flow.net_present_value == pytest.approx(published["Lifetime Present Value"], rel=1e-9)

    @each_case
    def test_the_rate_and_the_ratio_are_theirs(self, case: Case) -> None:
        published = table(case, "payback.csv")["-"]

        assert case.flow.internal_rate_of_return.value == pytest.approx(published["Internal Rate of Return"], rel=1e-9)
        assert case.flow.benefit_cost_ratio.value == pytest.approx(published["Benefit-Cost Ratio"], rel=1e-9)

    @each_case
    def test_the_taxes_follow_as_theirs(self, case: Case) -> None:
        published = table(case, "tax_breakdown.csv")
        flow = case.flow

        for row, year in enumerate(flow.project.years):
            theirs = published[str(year)]
            assert flow.income_taxes.income[row] == pytest.approx(theirs["Taxable Yearly Net"], rel=1e-9)
            for asset in (BATTERY, PV):
                written = theirs[f"{asset} MACRS Depreciation"]
                assert flow.write_offs.by_asset[asset][row] == pytest.approx(-written, rel=1e-9)

"""Project files: what they come to, and every fault of them with its field."""

from pathlib import Path
from typing import Any

import pytest

from ridethrough.api.reading.project_file import read_project, read_project_file
from ridethrough.domain import UnableToAccept
from ridethrough.finance import Discounting, Losses, macrs, straight_line

EXAMPLE = Path(__file__).parents[3] / "examples" / "colo-hall" / "project.yaml"
LEAST: dict[str, Any] = {"life_years": 10, "discount_rate": 0.08}


def faults_of(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(UnableToAccept) as refused:
        read_project(LEAST | changes, source="p.yaml")
    assert all(fault.source == "p.yaml" for fault in refused.value.faults)
    return [str(fault).removeprefix("p.yaml: ") for fault in refused.value.faults]


def test_the_example_is_a_project() -> None:
    venture = read_project_file(EXAMPLE)
    project = venture.project
    assert (project.life_years, project.years[0], project.rows) == (10, 2026, 11)
    assert project.assets[0].depreciation == macrs(5)
    (line,) = project.savings
    assert (line.amount, line.escalation_rate, line.degradation_rate) == (0, 0.02, 0.02)
    assert not venture.before_wear


def test_a_life_and_a_rate_are_enough() -> None:
    venture = read_project(LEAST, source="p.yaml")
    assert [line.name for line in venture.project.savings] == ["saving of the study"]
    assert venture.project.discounting is Discounting.FIRST_ROW_WHOLE


def test_everything_that_finance_knows_can_be_said() -> None:
    venture = read_project(
        LEAST
        | {
            "savings": {"name": "bill", "degrades_with": "battery", "before_wear": True},
            "assets": [
                {
                    "name": "battery",
                    "capital_cost": 1000,
                    "depreciation": {"straight_line_years": 4, "half_year": True, "bonus_fraction": 0.5},
                    "replacement": {"cost": 500, "after_years": [5], "depreciation": {"macrs_years": 3}},
                },
                {"name": "panel", "capital_cost": 10, "depreciation": {"fraction_by_year": [0.5, 0.5]}},
            ],
            "costs": [{"name": "upkeep", "amount": 10, "factor_by_year": [1.0] * 10}],
            "incentives": [{"name": "credit", "capital_fraction": 0.3, "on_assets": ["battery"]}],
            "taxes": {"federal_income_rate": 0.21, "losses": "carried_forward"},
            "discounting": "end_of_year",
            "discount_rate_is_real": True,
        },
        source="p.yaml",
    )
    battery, panel = venture.project.assets
    assert venture.before_wear
    assert battery.depreciation == straight_line(4, half_year=True).with_bonus(0.5)
    assert battery.replacement is not None
    assert battery.replacement.depreciation == macrs(3)
    assert (panel.depreciation.name, panel.depreciation.fraction_by_year) == ("own table", (0.5, 0.5))
    assert venture.project.taxes.losses is Losses.CARRIED_FORWARD


def test_every_fault_is_listed_with_its_field() -> None:
    faults = faults_of(
        {
            "life_years": 1.5,
            "discount_rate": True,
            "savings": {"amount": 3},
            "assets": [
                {"name": "b", "capital_cost": -4, "depreciation": {"macrs_years": 4}},
                {"name": "c", "capital_cost": 1, "oops": 1, "replacement": {"cost": "x", "after_years": [2]}},
                {"capital_cost": 1, "replacement": {"cost": 1, "after_years": [2], "depreciation": {}}},
                4,
            ],
            "costs": [{"name": "upkeep"}],
            "incentives": [{"name": "grant", "amount": -1}],
            "taxes": {"losses": "kept"},
            "zz": 2,
        }
    )
    fields = [fault.split(" is ")[0] for fault in faults]
    assert set(fields) == {
        "life_years",
        "discount_rate",
        "savings.amount",
        "assets.b.depreciation.macrs_years",
        "assets.b.capital_cost",
        "assets.c.oops",
        "assets.c.replacement.cost",
        "assets.2.name",
        "assets.2.replacement.depreciation",
        "assets.3",
        "costs.upkeep.amount",
        "incentives.grant.amount",
        "taxes.losses",
        "zz",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"savings": {"degrades_with": "battery"}}, "savings.degrades_with"),
        ({"discount_rate": -2}, "discount_rate"),
        ({"assets": [{"name": "b", "capital_cost": 1, "depreciation": {"macrs_years": 5, "half_year": True}}]}, "half"),
        ({"assets": [{"name": "b", "capital_cost": 1, "depreciation": {"macrs_years": 5, "name": 1}}]}, "name"),
        ({"savings": []}, "savings"),
    ],
)
def test_what_holds_between_fields_is_checked_under_the_names_of_the_file(changes: dict[str, Any], field: str) -> None:
    assert any(field in fault for fault in faults_of(changes))


def test_a_name_that_the_pro_forma_needs_is_refused_before_a_study() -> None:
    (fault,) = faults_of({"costs": [{"name": "net", "amount": 1}]})
    assert "net" in fault


@pytest.mark.parametrize("document", [None, [1], "text"])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    with pytest.raises(UnableToAccept, match="a mapping of fields"):
        read_project(document, source="p.yaml")

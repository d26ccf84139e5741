"""The form of a project: what it describes, and where its faults stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.pages.money.project_form import PROJECT_FIELDS, project_inputs, project_of
from ridethrough.api.reading.project_file import read_project
from ridethrough.domain import Fault, UnableToAccept

WRITTEN = {
    "capital": "25000", "life": "10", "discount": "8", "running": "1500", "inflation": "2", "growth": "2",
    "fading": "2", "tax": "21", "replacement": "9000", "replaced": "6",
}  # fmt: skip


def faults_of(written: dict[str, str]) -> tuple[Fault, ...]:
    try:
        project = project_of(written, 2026)
        if project is not None:
            read_project(project, source="project")
    except UnableToAccept as error:
        return error.faults
    return ()


def test_a_form_is_the_project_that_its_document_would_be() -> None:
    document = """
life_years: 10
discount_rate: 0.08
inflation_rate: 0.02
first_year: 2026
savings: {escalation_rate: 0.02, degradation_rate: 0.02}
assets:
  - name: batteries and controls
    capital_cost: 25000
    replacement: {cost: 9000, after_years: [6]}
costs:
  - {name: running costs, amount: 1500}
taxes: {federal_income_rate: 0.21}
"""
    by_form, by_document = (
        read_project(project_of(written, 2026), source="project") for written in (WRITTEN, {"project": document})
    )
    assert by_form == by_document


def test_nothing_filled_in_is_no_project() -> None:
    assert project_of(dict.fromkeys(PROJECT_FIELDS, " "), 2026) is None


@given(st.sets(st.sampled_from(["capital", "life", "discount", "running", "fading", "tax", "replacement", "replaced"])))
def test_every_fault_of_the_form_stands_beside_its_field(wrong: set[str]) -> None:
    written = {**WRITTEN, **dict.fromkeys(wrong, "much")}
    inputs, others = project_inputs(written, faults_of(written), "USD")
    assert {each.name for each in inputs if each.faults} == wrong
    assert others == []


@pytest.mark.parametrize("document", ["[1", "5", "life_years: {"])
def test_a_document_that_is_none_is_refused(document: str) -> None:
    assert faults_of({"project": document})


def test_a_document_and_fields_together_are_refused() -> None:
    (fault,) = faults_of({**WRITTEN, "project": "life_years: 10"})
    assert "left empty where a whole project document is given" in fault.allowed

"""Every template makes a site; every fault stands beside an input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.pages.set_up_form import GROUPS, TEMPLATES, document_of, groups_of
from ridethrough.api.reading.site_file import read_site
from ridethrough.domain import Fault, UnableToAccept

NAMES = [name for _, inputs in GROUPS for name, _, _ in inputs]


def with_loads(written: dict[str, str]) -> dict[str, str]:
    """The form with constant loads, so that no series is needed."""
    return {**written, "ups.0.load.constant_kw": "100", "unprotected_load.constant_kw": "10"}


def faults_of(written: dict[str, str]) -> tuple[Fault, ...]:
    try:
        read_site(document_of(written), source="site", folder=None)
    except UnableToAccept as error:
        return error.faults
    return ()


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_gives_every_input_and_a_site_with_energy_to_trade(key: str) -> None:
    _, written = TEMPLATES[key]
    assert set(written) == set(NAMES)
    inputs = read_site(document_of(with_loads(dict(written))), source="site", folder=None)
    (required,) = reserves_of(inputs)
    assert required.feasible
    assert required.tradable_kwh > 0


def test_a_load_that_is_left_empty_is_a_series_to_come() -> None:
    _, written = TEMPLATES["ai-pod"]
    document = document_of({**written, "unprotected_load.constant_kw": ""})
    assert document["ups"][0]["load"] == {"series": "load"}
    assert document["unprotected_load"] == {"series": "unprotected"}


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "-1", "x", "1e9", "0", "2.5", "<b>"]), min_size=1))
def test_whatever_is_written_each_fault_is_shown_once_or_there_is_none(changes: dict[str, str]) -> None:
    written = {**with_loads(dict(TEMPLATES["ai-pod"][1])), **changes}
    faults = faults_of(written)
    groups, others = groups_of(written, faults)
    beside = sum(len(each.faults) for _, inputs in groups for each in inputs)
    assert beside + len(others) == len(faults)


@pytest.mark.parametrize(
    "name",
    ["timezone", "interconnection.import_limit_kw", "ups.0.units", "ups.0.battery.nominal_kwh",
     "ups.0.reserve.ride_through_s", "ups.0.rectifier_efficiency", "interval_minutes"],
)  # fmt: skip
def test_the_fault_of_an_input_stands_beside_it(name: str) -> None:
    written = {**with_loads(dict(TEMPLATES["cage"][1])), name: "never"}
    groups, others = groups_of(written, faults_of(written))
    assert [each.name for _, inputs in groups for each in inputs if each.faults] == [name]
    assert others == ()


WRONG = {
    "timezone": ("Mars/Olympus", "", "5"),
    "currency": ("dollars", "EUR"),
    "interval_minutes": ("7", "x", "0", "1.5"),
    "interconnection.import_limit_kw": ("-1", "", "many"),
    "ups.0.units": ("none", "2.5", "20000", ""),
    "ups.0.unit_output_limit_kw": ("0", "x", ""),
    "ups.0.rectifier_efficiency": ("97", "x"),
    "ups.0.reserve.ride_through_s": ("-1", "soon"),
    "ups.0.battery.nominal_kwh": ("-5", "x", ""),
    "ups.0.battery.state_of_health": ("92", "new"),
    "ups.0.battery.charge_limit_kw": ("0", "x"),
}
"""Inputs with values that are wrong whatever the other inputs say."""


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in WRONG.items()}))
def test_no_fault_hides_another(changes: dict[str, str]) -> None:
    written = {**with_loads(dict(TEMPLATES["ai-pod"][1])), **changes}
    groups, others = groups_of(written, faults_of(written))
    assert [each.name for _, inputs in groups for each in inputs if each.faults] == [
        name for name in NAMES if name in changes
    ]
    assert others == ()

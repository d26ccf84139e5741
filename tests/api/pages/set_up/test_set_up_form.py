"""Every template makes a site; every fault stands beside an input."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.pages.set_up.document_changes import changes, merged
from ridethrough.api.pages.set_up.set_up_form import (
    document_of,
    groups_of,
    kept_beside,
    with_system,
    without_system,
    written_of,
)
from ridethrough.api.pages.set_up.set_up_inputs import groups_of_places
from ridethrough.api.pages.set_up.set_up_templates import TEMPLATES
from ridethrough.api.reading.site_file import read_site
from ridethrough.domain import Fault, UnableToAccept

NAMES = [place.name for _, places in groups_of_places(("ups-1",)) for place in places]


def with_loads(written: dict[str, str]) -> dict[str, str]:
    """The form with constant loads, so that no series is needed."""
    return {**written, "ups.0.load.constant_kw": "100", "unprotected_load.constant_kw": "10"}


def faults_of(written: dict[str, str]) -> tuple[Fault, ...]:
    try:
        read_site(document_of({}, written), source="site", folder=None)
    except UnableToAccept as error:
        return error.faults
    return ()


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_gives_every_input_and_a_site_with_energy_to_trade(key: str) -> None:
    _, written = TEMPLATES[key]
    assert set(written) == set(NAMES)
    inputs = read_site(document_of({}, with_loads(dict(written))), source="site", folder=None)
    (required,) = reserves_of(inputs)
    assert required.feasible
    assert required.tradable_kwh > 0


def test_a_load_that_is_left_empty_is_a_series_to_come() -> None:
    _, written = TEMPLATES["ai-pod"]
    document = document_of({}, {**written, "unprotected_load.constant_kw": ""})
    assert document["ups"][0]["load"] == {"series": "load"}
    assert document["unprotected_load"] == {"series": "unprotected"}


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "-1", "x", "1e9", "0", "2.5", "<b>"]), min_size=1))
def test_whatever_is_written_each_fault_is_shown_once_or_there_is_none(changes: dict[str, str]) -> None:
    written = {**with_loads(dict(TEMPLATES["ai-pod"][1])), **changes}
    faults = faults_of(written)
    groups, others = groups_of({}, written, faults)
    beside = sum(len(each.faults) for _, inputs in groups for each in inputs)
    assert beside + len(others) == len(faults)


@pytest.mark.parametrize(
    "name",
    ["timezone", "interconnection.import_limit_kw", "ups.0.units", "ups.0.battery.nominal_kwh",
     "ups.0.reserve.ride_through_s", "ups.0.rectifier_efficiency", "interval_minutes"],
)  # fmt: skip
def test_the_fault_of_an_input_stands_beside_it(name: str) -> None:
    written = {**with_loads(dict(TEMPLATES["cage"][1])), name: "never"}
    groups, others = groups_of({}, written, faults_of(written))
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
    groups, others = groups_of({}, written, faults_of(written))
    assert [each.name for _, inputs in groups for each in inputs if each.faults] == [
        name for name in NAMES if name in changes
    ]
    assert others == ()


def large_document() -> dict[str, Any]:
    """A document with more than the form has inputs for."""
    document = document_of({}, with_loads(dict(TEMPLATES["ai-pod"][1])))
    (first,) = document["ups"]
    first["battery"]["wear"] = {"cycles": {"coefficient": 0.0005, "exponent": 2.0}}
    second = {**copy.deepcopy(first), "id": "ups-2", "load": {"csv": "hall.csv", "column": "kw"}}
    return {
        **document,
        "ups": [first, second],
        "telemetry_max_age_s": 600,
        "gaps": {"fill": "hold", "at_most_minutes": 60},
    }


def test_a_form_that_nobody_touched_changes_nothing() -> None:
    document = large_document()
    assert document_of(document, written_of(document)) == document
    assert document_of(document, {}) == document


@given(st.sampled_from(["ups.1.units", "ups.0.battery.nominal_kwh", "timezone", "interconnection.import_limit_kw"]))
def test_what_has_no_input_stays_whatever_is_written(name: str) -> None:
    document = large_document()
    changed = document_of(document, {**written_of(document), name: "7"})
    for part, places in ((changed, ("telemetry_max_age_s", "gaps")), (changed["ups"][1], ("load",))):
        for place in places:
            assert part[place] == (document if part is changed else document["ups"][1])[place]
    (change,) = changes(document, changed)
    assert change.place.endswith(name.rpartition(".")[2])
    assert change.after == "7"


def test_a_system_is_added_with_an_id_of_its_own_and_removed_again() -> None:
    document = large_document()
    more = with_system(document)
    assert [each["id"] for each in more["ups"]] == ["ups-1", "ups-2", "ups-3"]
    assert more["ups"][2]["load"] == {"series": "load-3"}
    assert without_system(more, 2) == document


def test_what_has_no_input_is_named() -> None:
    named = kept_beside(large_document())
    assert {"telemetry_max_age_s", "gaps", "ups-1: battery.wear"} <= set(named)
    assert not any("nominal_kwh" in each for each in named)


VALUES = st.sampled_from([1, 2, 3])
DOCUMENTS = st.fixed_dictionaries({"a": VALUES, "b": VALUES, "ups": st.just([{"id": "x", "units": 1}, {"id": "y"}])})


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_both_peoples_changes_are_kept_and_of_one_value_the_later(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    both = merged(base, mine, theirs)
    for name in base:
        assert both[name] == (theirs if mine[name] == base[name] else mine)[name]
    assert merged(base, mine, base) == mine
    assert merged(base, base, theirs) == theirs


def test_systems_are_merged_by_their_ids() -> None:
    base = {"ups": [{"id": "x", "units": 1}, {"id": "y", "units": 2}]}
    mine = {"ups": [{"id": "x", "units": 5}, {"id": "y", "units": 2}]}
    theirs = {"ups": [{"id": "y", "units": 9}, {"id": "z", "units": 3}]}
    assert merged(base, mine, theirs)["ups"] == [
        {"id": "y", "units": 9},
        {"id": "z", "units": 3},
        {"id": "x", "units": 5},
    ]


def test_what_the_form_does_not_show_and_what_it_rounds_is_kept_to_the_digit() -> None:
    """Also where the site leaves out what it need not say: a save adds no series that it would wait for."""
    stored = document_of({}, with_loads(next(iter(TEMPLATES.values()))[1]))
    stored["interconnection"]["import_limit_kw"] = 0.1 + 0.2
    stored["ups"][0]["battery"]["charge_efficiency"] = 0.96999999999999986
    stored["ups"][0]["battery"]["wear_cost_per_kwh"] = 5e-324
    stored["ups"][0]["unit_state_of_health"] = [0.1 + 0.2, 1.0]
    stored |= {"holidays": [[0.1 + 0.2, None, {"deep": 1e-320}]], "dispatch": None, "whole": 12345678901234567890}
    del stored["unprotected_load"]
    kept = copy.deepcopy(stored)
    for written in (written_of(stored), {**written_of(stored), "name": "Another"}):
        saved = json.loads(json.dumps(document_of(json.loads(json.dumps(stored)), written)))
        expected = {**kept, "name": written["name"]} if written["name"] else kept
        assert json.dumps(saved, sort_keys=True) == json.dumps(expected, sort_keys=True)

"""Telemetry: what is lost stays lost, what cannot be read is refused with every fault."""

from datetime import UTC, datetime

import pytest

from ridethrough.api.reading.telemetry import read_telemetry, telemetry_document
from ridethrough.domain import UnableToAccept, UpsMode

READING = {
    "measured_at": "2026-07-15T12:00:00+00:00",
    "grid_kw": 5400.5,
    "ups": {
        "pod-1": {
            "stored_kwh": 800.0,
            "load_kw": 4300,
            "mode": "normal",
            "charge_kw": 0.5,
            "discharge_kw": 0.0,
            "unit_modes": ["normal", "bypass"],
            "on_generator": True,
            "fault": "fan 3",
        },
        "pod-2": {"unit_stored_kwh": [1.0, None], "load_kw": None, "mode": None, "stored_kwh": None},
    },
}


def test_a_reading_comes_back_as_it_was_written() -> None:
    found = read_telemetry(READING, source="telemetry")
    assert found.measured_at == datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert found.ups["pod-1"].mode is UpsMode.NORMAL
    assert found.ups["pod-2"].unit_stored_kwh == (1.0, None)
    assert read_telemetry(telemetry_document(found), source="kept") == found


@pytest.mark.parametrize("lost", [None, float("nan"), float("inf"), -float("inf")])
def test_a_figure_that_is_no_number_is_a_lost_measurement(lost: float | None) -> None:
    found = read_telemetry({**READING, "grid_kw": lost}, source="telemetry")
    assert found.grid_kw is None


def test_every_fault_is_named_at_once() -> None:
    wrong = {"grid_kw": "5400", "ups": {"pod-1": {"mode": "on-line", "state": 3}}, "site": "x"}
    with pytest.raises(UnableToAccept) as refused:
        read_telemetry(wrong, source="telemetry")
    named = {fault.field for fault in refused.value.faults}
    assert named >= {"measured_at", "grid_kw", "ups.pod-1.mode", "ups.pod-1.state", "site"}


@pytest.mark.parametrize("when", ["2026-07-15T12:00:00", "0026-07-15T12:00:00+00:00", "noon", 1700000000])
def test_a_time_that_cannot_be_is_refused(when: object) -> None:
    with pytest.raises(UnableToAccept) as refused:
        read_telemetry({**READING, "measured_at": when}, source="telemetry")
    assert refused.value.faults[0].field == "measured_at"


@pytest.mark.parametrize("document", [None, [], "text", {"measured_at": None}, {"ups": []}])
def test_what_is_no_reading_is_refused(document: object) -> None:
    with pytest.raises(UnableToAccept):
        read_telemetry(document, source="telemetry")

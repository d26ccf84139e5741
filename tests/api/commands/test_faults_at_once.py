"""A site file with faults of every kind: one run of a command names all of them, each once, with its field."""

from pathlib import Path
from typing import Any

import pytest
from documents import DAY, refused, write_site

CHANGES: dict[str, Any] = {
    "dispatch": {"least_power_kw": -5, "least_dwell_minutes": "soon", "most_discharges_per_day": 0.5, "oops": 3},
    "gaps": {"fill": "magic", "at_most_minutes": -5},
    "csv_format": {"decimal": ";", "stamps": "middle", "unit": "GW"},
    "conditions": [
        {"from": "2026-07-20T16:00", "to": "2026-07-20T15:00", "kind": "hurricane", "hold_off_minutes": -1},
        {"from": "yesterday", "to": "2026-07-20T19:00", "kind": "storm"},
    ],
    "ups.0.bidirectional": "no",
    "ups.0.rectifier_efficiency": 97,
    "ups.0.capacitor": {"energy_kwh": -1, "power_kw": 5, "healthy": 1},
    "ups.0.battery.state_of_health": 92,
    "ups.0.battery.wear": {
        "chemistry": "unobtainium",
        "installed": "2026-13-01",
        "earliest_replacement": "2026-07-01T12:00",
        "lead_time_days": -3,
        "throughput_limit_kwh_per_year": -1,
    },
}
FIELDS = {
    "dispatch.least_power_kw", "dispatch.least_dwell_minutes", "dispatch.most_discharges_per_day", "dispatch.oops",
    "gaps.fill", "gaps.at_most_minutes", "csv_format.decimal", "csv_format.stamps", "csv_format.unit",
    "conditions.0.kind", "conditions.0.to", "conditions.0.hold_off_minutes", "conditions.1.from",
    "ups.pod.bidirectional", "ups.pod.rectifier_efficiency", "ups.pod.capacitor.energy_kwh",
    "ups.pod.capacitor.healthy", "ups.pod.battery.state_of_health", "ups.pod.battery.wear.chemistry",
    "ups.pod.battery.wear.installed", "ups.pod.battery.wear.earliest_replacement",
    "ups.pod.battery.wear.lead_time_days", "ups.pod.battery.wear.throughput_limit_kwh_per_year",
}  # fmt: skip
EQUIPMENT: dict[str, Any] = {
    "cycle_s": 0,
    "reading_max_age_s": "old",
    "reversal_s": -1,
    "meter": {"driver": "telepathy", "settings": {}},
    "ups": {
        "pod": {"driver": "mqtt", "settings": {"topic": "a/#"}, "take_part": "maybe"},
        "shed": {"driver": "opcua", "settings": {"url": "http://x", "security": "none", "points": {"load_kw": "x"}}},
    },
    "openadr": {"url": "ftp://x", "events": {"SIMPLE_2": "party"}, "when_silent": "sing"},
}
OF_EQUIPMENT = {"cycle_s", "reading_max_age_s", "reversal_s", "ups.pod.take_part", "ups.shed"}
OF_DEVICES = {
    "meter.driver", "ups.pod.settings.host", "ups.pod.settings.topic", "ups.shed.settings.url",
    "ups.shed.settings.points.load_kw", "openadr.url", "openadr.events.SIMPLE_2", "openadr.when_silent",
}  # fmt: skip


def named(lines: list[str]) -> list[str]:
    assert all(line.startswith("site.yaml: ") for line in lines), lines
    return [line.removeprefix("site.yaml: ").partition(" is ")[0] for line in lines]


@pytest.mark.parametrize("command", [("plan", "--date", DAY), ("check", "--equipment"), ("control", "--cycles", "1")])
def test_every_fault_of_a_site_file_is_named_once(command: tuple[str, ...], tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.id": "pod", **CHANGES, "equipment": EQUIPMENT})
    lines = refused(command[0], site, *command[1:])
    fields = named(lines)
    drives = command[0] != "plan"
    expected = FIELDS | {f"equipment.{each}" for each in OF_EQUIPMENT | (OF_DEVICES if drives else set())}
    assert set(fields) == expected
    assert len(fields) == len(expected)
    assert not any("Input should" in line for line in lines)


def test_faults_of_devices_of_a_good_site_name_the_file(tmp_path: Path) -> None:
    devices = {"meter": EQUIPMENT["meter"], "ups": {"pod-1": {"driver": "mqtt", "settings": {"topic": "a/#"}}}}
    site = write_site(tmp_path, {"equipment": {**devices, "publish": {"fax": {}}}})
    fields = {f"equipment.{each}" for each in ("meter.driver", "ups.pod-1.settings.host", "publish.fax")}
    for command in (("check", "--equipment"), ("control", "--cycles", "1")):
        assert set(named(refused(command[0], site, *command[1:]))) == fields | {"equipment.ups.pod-1.settings.topic"}
    assert named(refused("control", write_site(tmp_path), "--cycles", "1")) == ["equipment"]

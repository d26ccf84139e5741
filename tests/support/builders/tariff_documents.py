"""Tariffs and meter files as documents, for tests that go through the front door."""

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from documents import series_rows

TARIFF: dict[str, Any] = {
    "name": "A tariff of round figures",
    "utility": "Example Power",
    "effective_from": "2026-01-01",
    "schedules": {
        "hours": [{"period": "on-peak", "days": "weekday", "hours": "12-18"}, {"period": "off-peak"}],
    },
    "energy": {"schedule": "hours", "periods": {"on-peak": 0.2, "off-peak": 0.1}},
    "demand": [{"name": "facility", "rate_per_kw": 10}],
    "fixed": [{"name": "customer charge", "amount": 31}],
}

URDB: dict[str, Any] = {
    "label": "example",
    "name": "Large general service",
    "utility": "Example Power",
    "startdate": 1767225600,
    "energyratestructure": [[{"rate": 0.1, "unit": "kWh"}], [{"rate": 0.2, "unit": "kWh"}]],
    "energyweekdayschedule": [[0] * 12 + [1] * 6 + [0] * 6] * 12,
    "energyweekendschedule": [[0] * 24] * 12,
    "flatdemandstructure": [[{"rate": 10}]],
    "flatdemandmonths": [0] * 12,
    "lookbackPercent": 0.8,
    "lookbackMonths": [0] * 5 + [1] * 4 + [0] * 3,
    "fixedchargefirstmeter": 31,
    "fixedchargeunits": "$/month",
}


def write_tariff(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """Write the tariff of round figures, with some of its fields changed."""
    path = folder / "tariff.yaml"
    path.write_text(yaml.safe_dump({**copy.deepcopy(TARIFF), **(changes or {})}, sort_keys=False), encoding="utf-8")
    return path


def write_urdb(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """Write a rate of the Utility Rate Database with the same figures and a ratchet."""
    path = folder / "rate.json"
    path.write_text(json.dumps({**URDB, **(changes or {})}), encoding="utf-8")
    return path


def write_meter(folder: Path, start: str, values: Sequence[object], minutes: int = 60) -> Path:
    """Write a meter series."""
    path = folder / "load.csv"
    path.write_text("\n".join(["start,load_kw", *series_rows(start, values, minutes)]) + "\n", encoding="utf-8")
    return path

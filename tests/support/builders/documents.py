"""Site documents, CSV files and the command line, for tests that go through the front door."""

import contextlib
import copy
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from ridethrough.api.commands.cli import main

DAY = "2026-07-15"

_SITE: dict[str, Any] = {
    "id": "pod",
    "timezone": "America/New_York",
    "interval_minutes": 60,
    "interconnection": {"import_limit_kw": 6500},
    "prices": {
        "start": f"{DAY}T00:00-04:00",
        "values": [0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4,
    },
    "unprotected_load": {"constant_kw": 900},
    "ups": [
        {
            "id": "pod-1",
            "units": 5,
            "tolerated_failures": 1,
            "unit_output_limit_kw": 1200,
            "inverter_efficiency": 0.95,
            "load": {"constant_kw": 4300},
            "protected_load_kw": 4800,
            "battery": {"nominal_kwh": 200, "state_of_health": 0.92, "discharge_limit_kw": 1300},
            "reserve": {"ride_through_s": 300},
        }
    ],
}
REMOVED = "(removed)"


def site_document(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A pod on hourly prices; `changes` sets fields by dotted path (`ups.0.units`), or leaves them out (`REMOVED`)."""
    document = copy.deepcopy(_SITE)
    for path, value in (changes or {}).items():
        *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place: Any = document
        for step in parents:
            place = place[step]
        if value == REMOVED:
            del place[last]
        else:
            place[last] = value
    return document


def write_site(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """Write the pod's site file."""
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site_document(changes), sort_keys=False), encoding="utf-8")
    return path


def write_state(folder: Path, state: Mapping[str, Any]) -> Path:
    """Write a state file."""
    path = folder / "state.json"
    path.write_text(json.dumps(state))
    return path


def series_rows(start: str, values: Sequence[object], minutes: int = 60) -> list[str]:
    """CSV rows of a series in steps of elapsed time."""
    first, step = datetime.fromisoformat(start), timedelta(minutes=minutes)
    return [f"{(first + index * step).isoformat()},{value}" for index, value in enumerate(values)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.out)


def run(*arguments: object) -> CommandResult:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(each) for each in arguments])
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int | None)
    assert "Traceback" not in err.getvalue()
    return CommandResult(code=code or 0, out=out.getvalue(), err=err.getvalue())


def refused(*arguments: object) -> list[str]:
    """Run a command that must refuse its input; return its lines."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, ""), ran
    lines = ran.err.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return [line.removeprefix("error: ") for line in lines]

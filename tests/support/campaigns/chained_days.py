"""Days planned one after the other: the end of each, as its JSON states it, is the state that the next starts from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from documents import site_document

from ridethrough.api.answers.plan.plan_json import plan_document
from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.reading.site_file import read_site, read_state

FIRST = date(2026, 1, 1)
_START = "2026-01-01T00:00-05:00"
_DAYS = 367


@dataclass(slots=True, kw_only=True)
class Chain:
    """How the days of one site came out: plans by status, those not certified, and the reasons of those not optimal."""

    status: Counter[str] = field(default_factory=Counter)
    not_certified: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def sites() -> dict[str, dict[str, Any]]:
    """A calm pod, one with a storm a month, and one with standby loss, a taper, load swings and a ramp limit."""
    rng = np.random.default_rng(2026)
    prices = np.tile([0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4, _DAYS) * rng.uniform(0.7, 1.3, 24 * _DAYS)
    loads = 4300 + 250 * np.sin(np.arange(24 * _DAYS) / 24 * 2 * np.pi) + rng.uniform(-60, 60, 24 * _DAYS)
    usual = {
        "prices": {"start": _START, "values": prices.round(5).tolist()},
        "ups.0.load": {"start": _START, "values": loads.round(2).tolist()},
    }
    storms = [
        {"from": f"2026-{month:02}-14T17:00-04:00", "to": f"2026-{month:02}-15T03:00-04:00", "kind": "storm"}
        for month in range(1, 13)
    ]
    swinging = {
        "ups.0.swing": {"amplitude_kw": 400, "frequency_hz": 1},
        "ups.0.battery.standby_loss_per_h": 0.0002,
        "ups.0.battery.charge_taper_by_fraction": {0.8: 1.0, 1.0: 0.1},
        "interconnection.ramp_limit_kw_per_min": 20,
    }
    return {
        "calm": site_document(usual),
        "storms": site_document({**usual, "conditions": storms}),
        "swings and ramps": site_document({**usual, **swinging}),
    }


def chain(document: Mapping[str, Any], days: int) -> Chain:
    """Plan so many days of a site from full batteries on."""
    inputs = read_site(document, source="site", folder=None)
    found, state = Chain(), None
    for number in range(days):
        day = FIRST + timedelta(days=number)
        planned = plan_day(inputs, now=datetime(2026, 1, 1, tzinfo=UTC), day=day, state=state)
        answer = plan_document(planned)
        found.status[answer["status"]] += 1
        if not answer["certificate"]["certified"]:
            found.not_certified.append(f"{day}: {answer['certificate']['violations'][:1]}")
        if answer["status"] != "optimal":
            found.reasons.append(f"{day}: {answer['status']}: {answer['warnings'][:1]}")
        last = answer["intervals"][-1]["ups"]
        measured = {"ups": {each["id"]: {"stored_kwh": each["stored_kwh"]} for each in last}}
        state = read_state({**measured, "measured_at": answer["horizon"]["end"]}, source="state")
    return found

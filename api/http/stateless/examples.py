"""Requests that work as they stand, for the API's documentation."""

from typing import Any

_SITE: dict[str, Any] = {
    "id": "ashburn-pod-1",
    "timezone": "America/New_York",
    "interconnection": {"import_limit_kw": 6500},
    "prices": {
        "start": "2026-07-15T00:00-04:00",
        "interval_minutes": 60,
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


def _with_wear(**wear: Any) -> dict[str, Any]:  # noqa: ANN401 - figures and names
    ups = _SITE["ups"][0]
    return {**_SITE, "ups": [{**ups, "battery": {**ups["battery"], "state_of_health": 1.0, "wear": wear}}]}


PLAN_REQUEST: dict[str, Any] = {
    "pod": {
        "summary": "A 4.8 MW pod on hourly prices, batteries at 800 kWh",
        "value": {
            "site": _SITE,
            "date": "2026-07-15",
            "state": {"ups": {"pod-1": {"stored_kwh": 800}}},
            "look_ahead_h": 0,
        },
    }
}

TYPICAL_DAY: dict[str, Any] = {
    "site": {**{name: value for name, value in _SITE.items() if name != "prices"}, "interval_minutes": 15}
    | {"tariff": "dominion-gs-4"},
    "date": "2026-07-15",
}
"""A day at 15 minutes on a tariff with demand charges: what a service warms up on."""

RESERVE_REQUEST: dict[str, Any] = {"pod": {"summary": "A 4.8 MW pod", "value": {"site": _SITE}}}

LIFE_REQUEST: dict[str, Any] = {
    "pod": {
        "summary": "A 4.8 MW pod on NCA cells at 300 USD a kWh",
        "value": {"site": _with_wear(chemistry="nca", replacement_cost_per_kwh=300), "days": 1, "from": "2026-07-01"},
    }
}

BILL_REQUEST: dict[str, Any] = {
    "days": {
        "summary": "Two days of a 4.3 MW load on a tariff of the catalog",
        "value": {
            "tariff": "dominion-gs-4",
            "meter": {
                "start": "2022-07-14T00:00-04:00",
                "interval_minutes": 60,
                "values": ([4250.0] * 8 + [4400.0] * 12 + [4300.0] * 4) * 2,
            },
            "timezone": "America/New_York",
            "state": {"peaks_kw": {"on-peak demand": 4480}, "past_peaks_kw": {}},
        },
    }
}

"""What the conformance suite is told of simulated equipment, and how its faults come about, whatever it is read by."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from sites import START, site

from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.bms.simulated.site import SimulatedSite

UPS_ID, LOAD_KW = "pod-1", 4300.0
GRID_KW = 900.0 + LOAD_KW / 0.95 / 0.97
STORED_KWH, UNIT_KWH = 750.0, 150.0
Act = Callable[[], Awaitable[None]]


def simulated_site() -> SimulatedSite:
    return SimulatedSite(site(), now=START, loads_kw={UPS_ID: LOAD_KW}, unprotected_load_kw=900.0)


def faults_of(ups: SimulatedUps, **faults: Any) -> Act:  # noqa: ANN401
    """An act after which the system has these faults, and no other."""

    async def set_faults() -> None:
        ups.faults = replace(NO_FAULTS, **faults)

    return set_faults


def meter_faults_of(premises: SimulatedSite, **faults: Any) -> Act:  # noqa: ANN401
    """An act after which the meter has these faults, and no other."""

    async def set_faults() -> None:
        premises.meter_faults = replace(NO_FAULTS, **faults)

    return set_faults


def ups_told(premises: SimulatedSite) -> dict[str, Any]:
    """The parts of a bench that do not depend on how the system is read; its batteries are filled in part."""
    ups = premises.ups[UPS_ID]
    ups.state = replace(ups.state, units=tuple(replace(unit, stored_kwh=UNIT_KWH) for unit in ups.state.units))

    async def expire(seconds: float) -> None:
        premises.advance(seconds)

    async def discharging_kw() -> float | None:
        ordered = ups.state.ordered
        return None if ordered is None else ordered.discharge_kw - ordered.charge_kw

    return {
        "stored_kwh": STORED_KWH,
        "load_kw": LOAD_KW,
        "now": START,
        "discharging_kw": discharging_kw,
        "lie": faults_of(ups, wrong_read_back_kw=80.0),
        "refuse": faults_of(ups, refuses=True),
        "lose": faults_of(ups, lost=True),
        "expire": expire,
    }

"""Sites, systems and problems that tests start from; every figure may be changed by name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, SiteState, UpsSystem
from ridethrough.optimizer import DispatchProblem
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges

START = datetime(2026, 7, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)

BATTERY: Mapping[str, Any] = {
    "nominal_kwh": 200.0,
    "state_of_health": 0.92,
    "cutoff_fraction": 0.05,
    "charge_limit_kw": 240.0,
    "discharge_limit_kw": 1300.0,
    "charge_efficiency": 0.97,
    "discharge_efficiency": 0.98,
    "wear_cost_per_kwh": 0.01,
}
UPS: Mapping[str, Any] = {
    "id": "pod-1",
    "units": 5,
    "tolerated_failures": 1,
    "unit_output_limit_kw": 1200.0,
    "unit_input_limit_kw": 1500.0,
    "rectifier_efficiency": 0.97,
    "inverter_efficiency": 0.95,
    "protected_load_kw": 4800.0,
}


def ups_system(ride_through_s: float = 300.0, **changes: Any) -> UpsSystem:  # noqa: ANN401
    """A pod of five 1.2 MW units; fields of the battery and of the system may be changed alike."""
    battery = {**BATTERY, **{name: each for name, each in changes.items() if name in Battery.__dataclass_fields__}}
    ups = {**UPS, **{name: each for name, each in changes.items() if name not in Battery.__dataclass_fields__}}
    policy = ups.pop("reserve", ReservePolicy(ride_through_s=ride_through_s))
    return UpsSystem(battery=Battery(**battery), reserve=policy, **ups)


def site(*systems: UpsSystem, import_limit_kw: float = 6500.0, export_limit_kw: float = 0.0) -> Site:
    """A site of these systems (one pod without any)."""
    return Site(
        id="site",
        timezone="UTC",
        interconnection=Interconnection(import_limit_kw=import_limit_kw, export_limit_kw=export_limit_kw),
        ups=systems or (ups_system(),),
    )


def problem(
    *systems: UpsSystem,
    price: Sequence[float],
    load_kw: Sequence[float] | float = 4300.0,
    unprotected_kw: float = 900.0,
    demand_rate: float = 0.0,
    interval_minutes: int = 15,
    stored_kwh: Mapping[str, float] | None = None,
    peak_so_far_kw: float = 0.0,
    **limits: float,
) -> DispatchProblem:
    """A problem over as many intervals as there are prices; every system carries the same load."""
    premises = site(*systems, **limits)
    n = len(price)
    horizon = Horizon(start=START, interval_minutes=interval_minutes, intervals=n)
    loads = tuple(load_kw) if isinstance(load_kw, Sequence) else (float(load_kw),) * n
    demand = ()
    if demand_rate:
        steps = (DemandStep(up_to_kw=float("inf"), rate_per_kw=demand_rate),)
        demand = (
            DemandTerm(
                charge="facility",
                billing_period="2026-07",
                intervals=np.arange(n),
                steps=steps,
                peak_so_far_kw=peak_so_far_kw,
            ),
        )
    return DispatchProblem(
        site=premises,
        horizon=horizon,
        charges=HorizonCharges(horizon=horizon, energy_per_kwh=np.array(price, dtype=float), demand=demand),
        load_kw={ups.id: loads for ups in premises.ups},
        unprotected_load_kw=(unprotected_kw,) * n,
        state=SiteState(stored_kwh=stored_kwh or {}),
    )

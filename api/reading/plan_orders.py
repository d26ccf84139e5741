"""The orders of a plan as they are kept: a document that is read back to the digit."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ridethrough.domain import Horizon
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.live.plan_in_force import PlannedSystem, PlanOrders


def orders_document(orders: PlanOrders) -> dict[str, Any]:
    """The orders as plain values. No figure is rounded: JSON writes each so that the same number is read back."""
    horizon = orders.horizon
    return {
        "horizon": {
            "start": horizon.start.isoformat(),
            "interval_minutes": horizon.interval_minutes,
            "intervals": horizon.intervals,
            "timezone": horizon.timezone,
        },
        "systems": {ups_id: asdict(system) for ups_id, system in orders.systems.items()},
        "grid_target_kw": list(orders.grid_target_kw),
        "spare_below_kw": list(orders.spare_below_kw),
        "unprotected_load_kw": list(orders.unprotected_load_kw),
        "blind": orders.blind,
        "hours": [{**asdict(hour), "start": hour.start.isoformat()} for hour in orders.hours],
    }


def read_orders(document: Mapping[str, Any]) -> PlanOrders:
    """Read back what `orders_document` wrote."""
    horizon = document["horizon"]
    return PlanOrders(
        horizon=Horizon(**{**horizon, "start": datetime.fromisoformat(horizon["start"])}),
        systems={ups_id: _system(system) for ups_id, system in document["systems"].items()},
        grid_target_kw=tuple(document["grid_target_kw"]),
        spare_below_kw=tuple(document["spare_below_kw"]),
        unprotected_load_kw=tuple(document["unprotected_load_kw"]),
        blind=document["blind"],
        hours=tuple(
            HourPolicy(**{**hour, "start": datetime.fromisoformat(hour["start"])}) for hour in document["hours"]
        ),
    )


def _system(document: Mapping[str, Any]) -> PlannedSystem:
    return PlannedSystem(
        protected_load_kw=document["protected_load_kw"],
        load_kw=tuple(document["load_kw"]),
        charge_kw=tuple(document["charge_kw"]),
        discharge_kw=tuple(document["discharge_kw"]),
        stored_kwh=tuple(document["stored_kwh"]),
        reserve_kwh=tuple(document["reserve_kwh"]),
    )

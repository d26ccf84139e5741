"""A site with a plan in force and a reading, for tests of what its batteries do now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sites import START, site, ups_system

from ridethrough.domain import Horizon, Site, UpsMode
from ridethrough.domain.plan import PlanStatus
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.plan_in_force import PlanInForce, PlannedSystem, PlanOrders
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Setpoints, Situation

NOW = START + timedelta(hours=2, minutes=1)
INTERVALS = 16
POLICY = HourPolicy(
    start=START + timedelta(hours=2),
    ceiling_kw=5400.0,
    gives=False,
    takes=False,
    kept_kwh=0.0,
    capacity_kwh=300.0,
    charge_kw=500.0,
    discharge_kw=800.0,
    stored_per_drawn=0.94,
    stored_per_relieved=0.98,
)


def reading(*, stored_kwh: float | None = 900.0, load_kw: float | None = 4300.0, **more: Any) -> UpsReading:  # noqa: ANN401
    return UpsReading(**{"stored_kwh": stored_kwh, "load_kw": load_kw, "mode": UpsMode.NORMAL, **more})


def telemetry(
    ups: Mapping[str, UpsReading] | UpsReading | None = None,
    *,
    grid_kw: float | None = 5566.0,
    measured_at: datetime = NOW - timedelta(seconds=30),
) -> Telemetry:
    systems = {"pod-1": ups or reading()} if ups is None or isinstance(ups, UpsReading) else ups
    return Telemetry(measured_at=measured_at, grid_kw=grid_kw, ups=systems)


def plan(
    premises: Site,
    *,
    charge_kw: float = 0.0,
    discharge_kw: float = 300.0,
    reserve_kwh: float = 0.0,
    stored_kwh: float = 900.0,
    target_kw: float | None = None,
    hours: tuple[HourPolicy, ...] = (),
    unprotected_kw: float = 900.0,
    load_kw: float = 4300.0,
    **more: Any,  # noqa: ANN401
) -> PlanInForce:
    """A plan of four hours from `START`, the same in every interval."""
    system = PlannedSystem(
        protected_load_kw=4800.0,
        load_kw=(load_kw,) * INTERVALS,
        charge_kw=(charge_kw,) * INTERVALS,
        discharge_kw=(discharge_kw,) * INTERVALS,
        stored_kwh=(stored_kwh,) * (INTERVALS + 1),
        reserve_kwh=(reserve_kwh,) * (INTERVALS + 1),
    )
    horizon = Horizon(start=START, interval_minutes=15, intervals=INTERVALS, timezone=premises.timezone)
    orders = PlanOrders(
        horizon=horizon,
        systems={ups.id: system for ups in premises.ups},
        grid_target_kw=(target_kw or premises.interconnection.import_limit_kw,) * INTERVALS,
        spare_below_kw=(None,) * INTERVALS,
        unprotected_load_kw=(unprotected_kw,) * INTERVALS,
        hours=hours,
    )
    figures: dict[str, Any] = {
        "plan_id": "plan-7",
        "site_version": 3,
        "made_at": START - timedelta(minutes=5),
        "status": PlanStatus.OPTIMAL,
        "warnings": (),
        "expires_at": horizon.end,
        "orders": orders,
    }
    return PlanInForce(**{**figures, **more})


def situation(premises: Site | None = None, **more: Any) -> Situation:  # noqa: ANN401
    """All is well, unless told otherwise: a plan discharges 300 kW of every system."""
    premises = premises or site()
    figures: dict[str, Any] = {"site": premises, "site_version": 3, "now": NOW, "telemetry": telemetry()}
    if "plan" not in more:
        figures["plan"] = plan(premises)
    if "before" in more:
        figures["before"] = EnergyHistory.of(more.pop("before"))
    return Situation(**{**figures, **more})


def two_systems() -> Site:
    return site(ups_system(), ups_system(id="pod-2"), import_limit_kw=13_000.0)


def now(**more: Any) -> Setpoints:  # noqa: ANN401
    return setpoints_now(situation(**more))

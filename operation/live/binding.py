"""What keeps batteries from doing otherwise at a moment, in one plain sentence."""

from collections.abc import Iterator

from ridethrough.operation.live.situation import SetpointMode, Setpoints, Situation, SystemSetpoint

_SAME_KW = 0.5
_SAME_FRACTION = 0.005


def what_binds(situation: Situation, setpoints: Setpoints) -> str:
    """The constraint that binds, the one that matters most first."""
    if setpoints.mode is SetpointMode.HOLD:
        return f"Every battery holds, because {setpoints.why}."
    return next(_sentences(situation, setpoints))


def _sentences(situation: Situation, setpoints: Setpoints) -> Iterator[str]:
    for ups_id, each in setpoints.ups.items():
        if each.stored_kwh is not None and each.stored_kwh < each.reserve_kwh:
            yield (
                f"{ups_id} charges because it stores {each.stored_kwh:,.1f} kWh and its reserve is "
                f"{each.reserve_kwh:,.1f} kWh."
            )
    yield from _limits(situation, setpoints)
    telemetry = situation.telemetry
    grid_kw = None if telemetry is None else telemetry.grid_kw
    ceiling_kw, import_kw = setpoints.meter_ceiling_kw, situation.site.interconnection.import_limit_kw
    if grid_kw is not None and grid_kw >= ceiling_kw - max(_SAME_KW, _SAME_FRACTION * ceiling_kw):
        what = "the import limit" if ceiling_kw >= import_kw else "the ceiling of the plan"
        yield f"The meter is at {grid_kw:,.0f} kW, and {what} is {ceiling_kw:,.0f} kW."
    if any(each.discharge_kw > 0 for each in setpoints.ups.values()):
        yield f"Batteries discharge by the plan, above their reserves, with the meter under {ceiling_kw:,.0f} kW."
    if any(each.charge_kw > 0 for each in setpoints.ups.values()):
        yield f"Batteries charge by the plan, with the meter under {ceiling_kw:,.0f} kW."
    yield f"Nothing binds: the plan lets batteries rest, with the meter under {ceiling_kw:,.0f} kW."


def _limits(situation: Situation, setpoints: Setpoints) -> Iterator[str]:
    """A battery that has nothing above its reserve, or is at the limit of its power."""
    plan, site = situation.plan, situation.site
    for ups in site.ups:
        each = setpoints.ups[ups.id]
        index = None if plan is None else plan.orders.index_at(situation.now)
        ordered_kw = 0.0 if plan is None or index is None else plan.orders.systems[ups.id].discharge_kw[index]
        if _is_empty(each, ups.capacity_kwh) and ordered_kw > each.discharge_kw + _SAME_KW:
            yield (
                f"{ups.id} discharges {each.discharge_kw:,.0f} kW where {ordered_kw:,.0f} kW were planned, because "
                f"only {max(0.0, (each.stored_kwh or 0.0) - each.reserve_kwh):,.1f} kWh are above its reserve of "
                f"{each.reserve_kwh:,.1f} kWh."
            )
        if each.discharge_kw >= ups.discharge_limit_kw - _SAME_KW:
            yield f"{ups.id} discharges at the limit of its batteries, {ups.discharge_limit_kw:,.0f} kW."
        if each.charge_kw > 0 and each.charge_kw >= ups.charge_limit_kw - _SAME_KW:
            yield f"{ups.id} charges at the limit of its batteries, {ups.charge_limit_kw:,.0f} kW."


def _is_empty(setpoint: SystemSetpoint, capacity_kwh: float) -> bool:
    above_kwh = 0.0 if setpoint.stored_kwh is None else setpoint.stored_kwh - setpoint.reserve_kwh
    return above_kwh < 0.25 * capacity_kwh

"""How far batteries may go in each interval: what rectifier, battery, interconnection, swings and conditions leave."""

from dataclasses import dataclass

from domain import UpsSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerBounds:
    """How far the batteries of one system may charge, must and may discharge, and may feed back, per interval (kW)."""

    charge_ceiling_kw: tuple[float, ...]
    discharge_floor_kw: tuple[float, ...]
    discharge_ceiling_kw: tuple[float, ...]
    feed_back_ceiling_kw: tuple[float, ...]


def power_bounds_of(
    ups: UpsSystem,
    dc_load_kw: tuple[float, ...],
    may_export_kw: list[float] | None,
    *,
    locked: tuple[bool, ...],
    reserve_first: tuple[bool, ...] | None,
    emptiest_fraction: float,
) -> PowerBounds:
    """Turn the limits of rectifier, battery and interconnection into bounds; feeding back below price 0 only burns.

    Where a condition has `locked` the batteries, they discharge only what the rectifiers cannot carry. Load swings keep
    their power on both sides, and a downward one does not feed back; but the load is carried first, standing by is made
    up for, and so is the reserve (`reserve_first`). A battery whose power falls as it empties is held to what is left
    at `emptiest_fraction`, the lowest that the reserve lets it come to.
    """
    rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency
    export = may_export_kw if may_export_kw is not None else [0.0] * len(dc_load_kw)
    feed_back = tuple(0.0 if closed else kw for kw, closed in zip(export, locked, strict=True))
    discharge_floor = tuple(max(0.0, load - rectifier_kw) for load in dc_load_kw)
    calm_charge_kw = max(ups.charge_limit_kw - ups.swing_headroom_kw, ups.standby_charge_kw)
    discharge_limit_kw = ups.units_in_service * ups.battery.discharge_limit_at_kw(emptiest_fraction)
    calm_discharge_kw = discharge_limit_kw - ups.swing_headroom_kw
    swings_back_kw = 0.0 if ups.bidirectional else ups.swing_headroom_kw
    return PowerBounds(
        charge_ceiling_kw=tuple(
            min(ups.charge_limit_kw if first else calm_charge_kw, max(0.0, rectifier_kw - load))
            for load, first in zip(dc_load_kw, reserve_first or (False,) * len(dc_load_kw), strict=True)
        ),
        discharge_floor_kw=discharge_floor,
        discharge_ceiling_kw=tuple(
            max(
                min(discharge_limit_kw, least),
                min(calm_discharge_kw, least if closed else load - swings_back_kw + back / ups.rectifier_efficiency),
            )
            for load, back, least, closed in zip(dc_load_kw, feed_back, discharge_floor, locked, strict=True)
        ),
        feed_back_ceiling_kw=feed_back,
    )

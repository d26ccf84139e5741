"""The power limits of batteries in each interval, from rectifier, battery, interconnection, swings and conditions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerBounds:
    """The limits of one system in each interval (kW): required and possible charge and discharge, feed-back."""

    charge_floor_kw: tuple[float, ...]
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
    relief_kw: NDArray[np.float64] | float = 0.0,
    needed_kw: tuple[float, ...] | None,
    emptiest_fraction: float,
) -> PowerBounds:
    """Turn the limits of rectifier, battery and interconnection into bounds; at a price below 0 nothing is fed back.

    While a condition has `locked` the batteries, they discharge only the load that rectifiers cannot carry, and the
    `relief_kw` that the meter's limit asks for before the condition starts. Batteries
    keep power for load swings in both directions, and a downward swing must not feed back. Three things have priority
    over that: the load, the standby charge, and charging for a reserve in time (`needed_kw`). A battery whose power
    falls as it empties is limited to the power at `emptiest_fraction`, the lowest fraction that the reserve allows.
    """
    load_kw, closed = np.array(dc_load_kw, dtype=float), np.array(locked, dtype=bool)
    rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency
    feed_back_kw = np.where(closed, 0.0, 0.0 if may_export_kw is None else may_export_kw)
    least_kw = np.maximum(0.0, load_kw - rectifier_kw)
    calm_charge_kw = max(ups.charge_limit_kw - ups.swing_headroom_kw, ups.standby_charge_kw)
    charger_kw = np.maximum(calm_charge_kw, 0.0 if needed_kw is None else np.array(needed_kw))
    discharge_limit_kw = ups.units_in_service * ups.battery.discharge_limit_at_kw(emptiest_fraction)
    calm_discharge_kw = discharge_limit_kw - ups.swing_headroom_kw
    swings_back_kw = 0.0 if ups.bidirectional else ups.swing_headroom_kw
    most_kw = np.where(closed, least_kw + relief_kw, load_kw - swings_back_kw + feed_back_kw / ups.rectifier_efficiency)
    discharge_ceiling_kw = np.maximum(np.minimum(discharge_limit_kw, least_kw), np.minimum(calm_discharge_kw, most_kw))
    return PowerBounds(
        charge_floor_kw=(0.0,) * len(dc_load_kw),
        charge_ceiling_kw=_each(np.minimum(charger_kw, np.maximum(0.0, rectifier_kw - load_kw))),
        discharge_floor_kw=_each(least_kw),
        discharge_ceiling_kw=_each(discharge_ceiling_kw),
        feed_back_ceiling_kw=_each(feed_back_kw),
    )


def _each(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(values.tolist())

"""Whether a plan leaves load swings their power and keeps the ramp limit: a part of the certificate.

Written apart from `domain.equipment.swing` and `formulation.physics.ramp`. Charging for a reserve that is not there
yet comes before both. Which that is a plan says itself: from its start until the last boundary whose reserve is above
what is stored at the start.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, UpsSystem
from ridethrough.domain.plan import UpsTrajectory

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

_TOLERANCE_KW = 1e-3
_ROUNDING = 1e-6
_SECONDS_PER_HOUR = 3600


def swing_violations(
    ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory, load_dc_kw: FloatArray
) -> tuple[str, ...]:
    """Say where a plan takes power that the batteries need for load swings, the first moment of each fault."""
    left_kw = _left_for_the_battery_kw(ups)
    if left_kw <= 0:
        return ()
    charge, discharge = np.array(trajectory.charge_kw), np.array(trajectory.discharge_kw)
    must_kw = np.maximum(0.0, load_dc_kw - ups.input_limit_kw * ups.rectifier_efficiency)
    most_charge_kw = max(ups.charge_limit_kw - left_kw, _standing_by_kw(ups))
    most_discharge_kw = np.maximum(must_kw, ups.discharge_limit_kw - left_kw)
    lowest_load_kw = np.maximum(must_kw, load_dc_kw + charge - left_kw)
    broken = {
        f"charge leaves less than {left_kw:.1f} kW for load swings": (
            _above(charge, most_charge_kw) & ~_reserve_first(trajectory)
        ),
        f"discharge leaves less than {left_kw:.1f} kW for load swings": _above(discharge, most_discharge_kw),
        "a downward load swing would feed back into the grid": (
            _above(discharge, lowest_load_kw) & (discharge > _TOLERANCE_KW) & (not ups.bidirectional)
        ),
    }
    return tuple(f"{ups.id}: {what} at {_first(horizon, where)}" for what, where in broken.items() if where.any())


def ramp_violations(  # noqa: PLR0917 - a meter, and what is behind it
    site: Site,
    horizon: Horizon,
    which: str,
    grid: FloatArray,
    batteries_kw: FloatArray,
    trajectories: Sequence[UpsTrajectory],
) -> tuple[str, ...]:
    """Say where a meter series changes faster than the interconnection allows, and than its loads alone do.

    `batteries_kw` is what the batteries add to the meter. What it was before the first interval is not known.
    """
    per_min = site.interconnection.ramp_limit_kw_per_min
    if per_min is None:
        return ()
    loads_ramp_kw = np.abs(np.diff(grid - batteries_kw, prepend=np.nan))
    allowed_kw = np.fmax(per_min * horizon.interval_minutes, loads_ramp_kw)
    free = np.any([_reserve_first(each) for each in trajectories], axis=0)
    free |= np.concatenate([[False], free[:-1]])
    broken = _above(np.abs(np.diff(grid, prepend=grid[0])), allowed_kw) & ~free
    if not broken.any():
        return ()
    return (f"{which}: ramps faster than {per_min:g} kW/min, and than its loads alone, at {_first(horizon, broken)}",)


def _left_for_the_battery_kw(ups: UpsSystem) -> float:
    """Half the swing, less what the capacitor takes of it for all of half a period, at the battery's terminals."""
    if ups.swing is None:
        return 0.0
    half_kw, half_period_s = ups.swing.amplitude_kw / 2, 1 / ups.swing.frequency_hz / 2
    taken_kw = 0.0
    if ups.capacitor is not None and ups.capacitor.healthy:
        lasting_kw = ups.capacitor.energy_kwh * _SECONDS_PER_HOUR / half_period_s
        taken_kw = min(half_kw, ups.capacitor.power_kw, lasting_kw)
    worst_efficiency = min([*ups.inverter_efficiency_by_load_fraction.values()] or [ups.inverter_efficiency])
    return (half_kw - taken_kw) / worst_efficiency


def _standing_by_kw(ups: UpsSystem) -> float:
    """The charge that makes up for what full batteries lose."""
    lost_kw = -float(np.log1p(-ups.battery.standby_loss_per_h)) * ups.max_stored_kwh
    return min(ups.charge_limit_kw, lost_kw / ups.battery.charge_efficiency)


def _reserve_first(trajectory: UpsTrajectory) -> Mask:
    """The intervals before the last boundary whose reserve is above what is stored at the start."""
    reserve_kwh = np.array(trajectory.reserve_kwh)
    lacking = np.flatnonzero(reserve_kwh > trajectory.stored_kwh[0] * (1 + _ROUNDING))
    return np.arange(len(reserve_kwh) - 1) < (lacking[-1] if len(lacking) else 0)


def _above(power_kw: FloatArray, limit_kw: FloatArray | float) -> Mask:
    return power_kw > limit_kw + _TOLERANCE_KW


def _first(horizon: Horizon, where: Mask) -> str:
    return horizon.start_of(int(np.argmax(where))).isoformat()

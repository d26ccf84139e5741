"""The physical limits of one UPS system and of the meter, and the first moment at which a plan breaks each."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLERANCE_KW = 1e-3
"""Power beyond a limit by at most this is rounding."""
TOLERANCE_FRACTION = 1e-5
"""Stored energy beyond full or below nothing that is still rounding, as a fraction of capacity."""


def moment(horizon: Horizon, index: int) -> str:
    """The start of an interval, for a message."""
    return horizon.start_of(index).isoformat()


def first_of(horizon: Horizon, broken: Mapping[str, Mask]) -> list[str]:
    """Each broken limit, with its first moment."""
    return [f"{what} at {moment(horizon, int(np.argmax(where)))}" for what, where in broken.items() if where.any()]


def system_violations(system: SystemReplay) -> list[str]:
    """List the limits that one system's setpoints break."""
    ups, charge, discharge = system.ups, system.charge_kw, system.discharge_kw
    rectifier_dc_kw = system.load_dc_kw + charge - discharge
    feeds_back = np.zeros(len(charge), bool) if ups.bidirectional else rectifier_dc_kw < -TOLERANCE_KW
    broken = {
        **_stored_violations(system),
        f"charge is outside 0 to {ups.charge_limit_kw:.1f} kW": _outside(charge, ups.charge_limit_kw),
        f"discharge is outside 0 to {ups.discharge_limit_kw:.1f} kW": _outside(discharge, ups.discharge_limit_kw),
        "the load is below 0 kW": system.load_kw < -TOLERANCE_KW,
        "charges and discharges at once": np.minimum(charge, discharge) > TOLERANCE_KW,
        "discharges more than the load, back into the grid": feeds_back,
        f"rectifier input is above {ups.input_limit_kw:.1f} kW": (
            rectifier_dc_kw / ups.rectifier_efficiency > ups.input_limit_kw + TOLERANCE_KW
        ),
    }
    found = first_of(system.horizon, broken)
    return [f"{ups.id}: {each}" for each in (*found, *_discharged_in_a_lock(system))]


def _stored_violations(system: SystemReplay) -> dict[str, Mask]:
    """The bounds of stored energy, and the powers that follow it."""
    ups, charge, discharge = system.ups, system.charge_kw, system.discharge_kw
    slack_kwh = TOLERANCE_FRACTION * ups.capacity_kwh
    lowest, highest = system.stored_kwh, np.maximum(system.claimed_kwh, system.followed_kwh)
    fraction = system.claimed_kwh[1:] / ups.capacity_kwh
    stops_kwh = ups.battery.cutoff_fraction * ups.capacity_kwh
    limit_kw = partial(limit_at_kw, fraction=fraction)
    return {
        "stored energy is below nothing": lowest[1:] < -slack_kwh,
        f"discharges below the {stops_kwh:.1f} kWh at which the batteries stop": (
            (discharge > TOLERANCE_KW) & (lowest[1:] < stops_kwh - slack_kwh)
        ),
        f"stored energy is above the {ups.max_stored_kwh:.1f} kWh allowed": (
            np.maximum(highest[1:], highest[:-1]) > ups.max_stored_kwh + slack_kwh
        ),
        "charge is above the taper near full": (
            charge > limit_kw(ups.charge_limit_kw, ups.battery.charge_taper_by_fraction) + TOLERANCE_KW
        ),
        "discharge is above what is left of the power as the battery empties": (
            discharge > limit_kw(ups.discharge_limit_kw, ups.battery.power_by_fraction) + TOLERANCE_KW
        ),
    }


def limit_at_kw(limit_kw: float, table: Mapping[float, float], *, fraction: FloatArray) -> FloatArray:
    """A limit from a maker's table, by the stored fraction; no limit without a table."""
    if not table:
        return np.full(len(fraction), np.inf)
    points = sorted(table)
    return limit_kw * np.interp(fraction, points, [table[point] for point in points])


def _outside(power_kw: FloatArray, limit_kw: float) -> Mask:
    return (power_kw < -TOLERANCE_KW) | (power_kw > limit_kw + TOLERANCE_KW)


def _discharged_in_a_lock(system: SystemReplay) -> list[str]:
    """Name the first interval in which a plan discharges although a condition or the state of the units forbids it.

    Discharging the load that rectifiers cannot carry is not trading, and is allowed.
    """
    trades = system.discharge_kw > system.forced_kw + TOLERANCE_KW
    if not trades.any():
        return []
    held = system.conditions.intervals
    for index in np.flatnonzero(trades).tolist():
        reason = f"{held[index][0].kind.value} holds" if held[index] else system.ups.lock
        if reason:
            return [f"discharges while {reason} at {moment(system.horizon, index)}"]
    return []


def meter_violations(
    site: Site, horizon: Horizon, which: str, grid_kw: FloatArray, resting_kw: FloatArray
) -> list[str]:
    """List the limits of the interconnection that a meter series breaks.

    Where the loads alone are beyond a limit, batteries that do not add to it break nothing (`loads_beyond_limits`).
    """
    limits = site.interconnection
    most_kw = np.maximum(limits.import_limit_kw, resting_kw) + TOLERANCE_KW
    least_kw = np.minimum(-limits.export_limit_kw, resting_kw) - TOLERANCE_KW
    broken = {
        f"{which}: import is above {limits.import_limit_kw:.1f} kW": grid_kw > most_kw,
        f"{which}: export is above {limits.export_limit_kw:.1f} kW": grid_kw < least_kw,
    }
    return first_of(horizon, broken)


def loads_beyond_limits(site: Site, horizon: Horizon, grid_kw: FloatArray, resting_kw: FloatArray) -> list[str]:
    """Note where the loads alone take the meter beyond a limit, and batteries do not prevent it."""
    limits = site.interconnection
    import_kw, export_kw = limits.import_limit_kw, limits.export_limit_kw
    above = np.minimum(grid_kw, resting_kw) > import_kw + TOLERANCE_KW
    below = np.minimum(-grid_kw, -resting_kw) > export_kw + TOLERANCE_KW
    broken = {
        f"the loads alone import up to {resting_kw.max():.1f} kW, above the limit of {import_kw:.1f} kW, first": above,
        f"the loads alone export up to {-resting_kw.min():.1f} kW, above the limit of {export_kw:.1f} kW, first": below,
    }
    return [f"meter: {each}" for each in first_of(horizon, broken)]

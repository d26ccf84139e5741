"""The certificate: outages replayed against a plan, by code that does not know how the plan was made.

From every interval boundary and for every tolerated failure an outage starts with the planned stored energy and is
replayed second by second (`outage`). The plan itself is checked too: stored energy must follow from its
setpoints, and no limit may be broken. Nothing here reads the reserve formula; only the physics of `docs/reserve.md` is
shared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, UpsSystem
from ridethrough.domain.certificate import Certificate, Outage
from ridethrough.domain.conditions import conditions_on
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.certificate.outage import inverter_input_kw, ride_through_s
from ridethrough.optimizer.certificate.swings import ramp_violations, swing_violations

FloatArray = NDArray[np.float64]

_TOLERANCE_S = 1e-3
_TOLERANCE_KW = 1e-3
_TOLERANCE_FRACTION = 1e-5
"""Energy mismatch that is still rounding, as a fraction of capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replay:
    """Ride-through of one UPS system: seconds per boundary (rows) and number of failed units (columns)."""

    ups: UpsSystem
    seconds: FloatArray
    violations: tuple[str, ...]


def certify(
    site: Site,
    horizon: Horizon,
    trajectories: tuple[UpsTrajectory, ...],
    grid_kw: tuple[float, ...],
    unprotected_load_kw: tuple[float, ...] | None = None,
) -> Certificate:
    """Replay every tolerated outage from every boundary of a plan.

    `trajectories` are the plan's UPS systems, `grid_kw` its own word on the meter per interval. With what else is
    behind the meter (`unprotected_load_kw`), the meter is worked out from the setpoints too, and both must keep its
    limits.
    """
    malformed = _malformed(horizon, trajectories, grid_kw, unprotected_load_kw)
    if malformed:
        return _nothing_proven(site, horizon, malformed)
    replays = [_replay(site, site.ups_system(trajectory.ups_id), horizon, trajectory) for trajectory in trajectories]
    required = {replay.ups.id: replay.ups.reserve.duty.duration_s for replay in replays}
    short = [replay.seconds < required[replay.ups.id] - _TOLERANCE_S for replay in replays]
    violations = [violation for replay in replays for violation in replay.violations]
    inputs_kw = sum((_input_kw(site.ups_system(each.ups_id), each) for each in trajectories), np.zeros(len(grid_kw)))
    violations += _meter_violations(site, horizon, "meter", np.array(grid_kw))
    rest_kw = sum((_resting_kw(site.ups_system(each.ups_id), each) for each in trajectories), np.zeros(len(grid_kw)))
    batteries_kw = inputs_kw - rest_kw
    violations += ramp_violations(site, horizon, "meter", np.array(grid_kw), batteries_kw, trajectories)
    if unprotected_load_kw is not None:
        worked_out_kw = inputs_kw + np.array(unprotected_load_kw)
        worked_out = "meter worked out from loads and setpoints"
        violations += _meter_violations(site, horizon, worked_out, worked_out_kw)
        violations += ramp_violations(site, horizon, worked_out, worked_out_kw, batteries_kw, trajectories)
    missing = {ups.id for ups in site.ups} - required.keys()
    violations += [f"{ups_id}: the plan does not say what this system does" for ups_id in sorted(missing)]
    return Certificate(
        outages_replayed=sum(replay.seconds.size for replay in replays),
        failures=sum(int(np.count_nonzero(lost)) for lost in short),
        worst=min((_worst_outage(horizon, replay) for replay in replays), key=lambda outage: outage.margin_s),
        violations=tuple(violations),
        ride_through_s={replay.ups.id: tuple(replay.seconds.min(axis=1).tolist()) for replay in replays},
        required_s=required,
    )


def _malformed(
    horizon: Horizon,
    trajectories: tuple[UpsTrajectory, ...],
    grid_kw: tuple[float, ...],
    unprotected_load_kw: tuple[float, ...] | None,
) -> list[str]:
    """List the series that do not fit the horizon or hold something that is no number: nothing can be replayed then."""
    series = {"meter: grid_kw": (grid_kw, horizon.intervals)}
    if unprotected_load_kw is not None:
        series["meter: unprotected_load_kw"] = (unprotected_load_kw, horizon.intervals)
    for each in trajectories:
        series |= {
            f"{each.ups_id}: load_kw": (each.load_kw, horizon.intervals),
            f"{each.ups_id}: charge_kw": (each.charge_kw, horizon.intervals),
            f"{each.ups_id}: discharge_kw": (each.discharge_kw, horizon.intervals),
            f"{each.ups_id}: stored_kwh": (each.stored_kwh, horizon.intervals + 1),
        }
    faults = [] if trajectories else ["the plan says of no UPS system what it does"]
    faults += [
        f"{name} has {len(values)} values, not {expected}"
        for name, (values, expected) in series.items()
        if len(values) != expected
    ]
    return faults + [
        f"{name} holds something that is no number"
        for name, (values, _) in series.items()
        if not np.isfinite(values).all()
    ]


def _nothing_proven(site: Site, horizon: Horizon, reasons: list[str]) -> Certificate:
    """The certificate of a plan that cannot be replayed."""
    ups = site.ups[0]
    required_s = ups.reserve.duty.duration_s
    worst = Outage(
        ups_id=ups.id,
        start=horizon.start_of(0),
        failed_units=ups.failures_left,
        ride_through_s=0.0,
        required_s=required_s,
    )
    nothing = (0.0,) * (horizon.intervals + 1)
    return Certificate(
        outages_replayed=0,
        failures=0,
        worst=worst,
        violations=tuple(reasons),
        ride_through_s={each.id: nothing for each in site.ups},
        required_s={each.id: each.reserve.duty.duration_s for each in site.ups},
    )


def _lock_violations(site: Site, ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory) -> list[str]:
    """Name the first interval in which a condition or the state of the units forbids the discharge of a plan.

    What the rectifiers cannot carry is no trade, and allowed.
    """
    forced_kw = np.maximum(0.0, _load_dc_kw(ups, trajectory) - ups.input_limit_kw * ups.rectifier_efficiency)
    trades = np.array(trajectory.discharge_kw) > forced_kw + _TOLERANCE_KW
    if not trades.any():
        return []
    held = conditions_on(horizon, site.conditions, ups_id=ups.id, timezone=site.timezone).intervals
    for index in np.flatnonzero(trades).tolist():
        reason = f"{held[index][0].kind.value} holds" if held[index] else ups.lock
        if reason:
            return [f"{ups.id}: discharges while {reason} at {_moment(horizon, index)}"]
    return []


def _replay(site: Site, ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory) -> _Replay:
    claimed_kwh = np.array(trajectory.stored_kwh)
    followed_kwh = _stored_from_setpoints(ups, horizon.interval_h, trajectory)
    stored_kwh = np.minimum(claimed_kwh, followed_kwh)
    load_kw = np.full(len(stored_kwh), max(ups.protected_load_kw, *trajectory.load_kw))
    seconds = ride_through_s(ups, stored_kwh, load_kw)
    violations = _trajectory_violations(ups, horizon, trajectory, claimed_kwh, followed_kwh)
    violations += _lock_violations(site, ups, horizon, trajectory)
    violations += swing_violations(ups, horizon, trajectory, _load_dc_kw(ups, trajectory))
    return _Replay(ups=ups, seconds=seconds, violations=tuple(violations))


def _stored_from_setpoints(ups: UpsSystem, interval_h: float, trajectory: UpsTrajectory) -> FloatArray:
    """Follow stored energy from the plan's first boundary through its charge and discharge, in kWh."""
    battery = ups.battery
    kept = (1 - battery.standby_loss_per_h) ** interval_h
    charge = np.array(trajectory.charge_kw) * battery.charge_efficiency
    discharge = np.array(trajectory.discharge_kw) / battery.discharge_efficiency
    stored = np.empty(len(trajectory.stored_kwh))
    stored[0] = trajectory.stored_kwh[0]
    for index, gain_kwh in enumerate((charge - discharge) * interval_h):
        stored[index + 1] = stored[index] * kept + gain_kwh
    return stored


def _worst_outage(horizon: Horizon, replay: _Replay) -> Outage:
    boundary, case = np.unravel_index(int(np.argmin(replay.seconds)), replay.seconds.shape)
    return Outage(
        ups_id=replay.ups.id,
        start=horizon.start_of(int(boundary)),
        failed_units=int(case),
        ride_through_s=float(replay.seconds[boundary, case]),
        required_s=replay.ups.reserve.duty.duration_s,
    )


def _trajectory_violations(
    ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory, claimed_kwh: FloatArray, followed_kwh: FloatArray
) -> list[str]:
    """List the limits and balances that the trajectory breaks, the first moment of each."""
    charge, discharge = np.array(trajectory.charge_kw), np.array(trajectory.discharge_kw)
    load_dc_kw = _load_dc_kw(ups, trajectory)
    rectifier_dc_kw = load_dc_kw + charge - discharge
    slack_kwh = _TOLERANCE_FRACTION * ups.capacity_kwh
    fraction = claimed_kwh[1:] / ups.capacity_kwh
    feeds_back = np.zeros(len(charge), bool) if ups.bidirectional else rectifier_dc_kw < -_TOLERANCE_KW
    broken = {
        "stored energy does not follow from charge and discharge": np.abs(claimed_kwh - followed_kwh) > slack_kwh,
        f"stored energy is above the {ups.max_stored_kwh:.1f} kWh allowed": claimed_kwh
        > ups.max_stored_kwh + slack_kwh,
        f"charge is outside 0 to {ups.charge_limit_kw:.1f} kW": _outside(charge, ups.charge_limit_kw),
        "charge is above the taper near full": charge
        > _limit_kw(ups.charge_limit_kw, ups.battery.charge_taper_by_fraction, fraction) + _TOLERANCE_KW,
        "discharge is above what is left of the power as the battery empties": (
            discharge > _limit_kw(ups.discharge_limit_kw, ups.battery.power_by_fraction, fraction) + _TOLERANCE_KW
        ),
        f"discharge is outside 0 to {ups.discharge_limit_kw:.1f} kW": _outside(discharge, ups.discharge_limit_kw),
        "the load is below 0 kW": np.array(trajectory.load_kw) < -_TOLERANCE_KW,
        "charges and discharges at once": np.minimum(charge, discharge) > _TOLERANCE_KW,
        "discharges more than the load, back into the grid": feeds_back,
        f"rectifier input is above {ups.input_limit_kw:.1f} kW": (
            rectifier_dc_kw / ups.rectifier_efficiency > ups.input_limit_kw + _TOLERANCE_KW
        ),
    }
    return [
        f"{ups.id}: {what} at {_moment(horizon, int(np.argmax(where)))}"
        for what, where in broken.items()
        if where.any()
    ]


def _limit_kw(limit_kw: float, table: Mapping[float, float], fraction: FloatArray) -> FloatArray:
    """A limit that follows a maker's table by the fraction stored; none without a table."""
    if not table:
        return np.full(len(fraction), np.inf)
    points = sorted(table)
    return limit_kw * np.interp(fraction, points, [table[point] for point in points])


def _load_dc_kw(ups: UpsSystem, trajectory: UpsTrajectory) -> FloatArray:
    """What all inverters in service draw from DC to carry the plan's loads."""
    units = ups.units_in_service
    return inverter_input_kw(ups, np.array(trajectory.load_kw) / units) * units


def _outside(power_kw: FloatArray, limit_kw: float) -> NDArray[np.bool_]:
    return (power_kw < -_TOLERANCE_KW) | (power_kw > limit_kw + _TOLERANCE_KW)


def _input_kw(ups: UpsSystem, trajectory: UpsTrajectory) -> FloatArray:
    """What a system draws at its input; feeding back loses in the rectifier as drawing does."""
    dc_kw = _load_dc_kw(ups, trajectory) + np.array(trajectory.charge_kw) - np.array(trajectory.discharge_kw)
    return np.where(dc_kw >= 0, dc_kw / ups.rectifier_efficiency, dc_kw * ups.rectifier_efficiency)


def _resting_kw(ups: UpsSystem, trajectory: UpsTrajectory) -> FloatArray:
    """What a system would draw at its input with its batteries at rest."""
    return _load_dc_kw(ups, trajectory) / ups.rectifier_efficiency


def _meter_violations(site: Site, horizon: Horizon, which: str, grid: FloatArray) -> list[str]:
    limits = site.interconnection
    broken = {
        f"{which}: import is above {limits.import_limit_kw:.1f} kW": grid > limits.import_limit_kw + _TOLERANCE_KW,
        f"{which}: export is above {limits.export_limit_kw:.1f} kW": grid < -limits.export_limit_kw - _TOLERANCE_KW,
    }
    return [f"{what} at {_moment(horizon, int(np.argmax(where)))}" for what, where in broken.items() if where.any()]


def _moment(horizon: Horizon, index: int) -> str:
    return horizon.start_of(index).isoformat()

"""The certificate: outages replayed against a plan, by code that does not know how the plan was made.

From every interval boundary and for every tolerated number of failed units, an outage starts with the planned stored
energy. The surviving units carry the protected load second by second, drawing on their batteries at the rate the load
demands, until the first of them is empty. The plan itself is checked too: stored energy must follow from its
setpoints, and no limit may be broken. Nothing here reads the reserve formula; only the physics of `docs/reserve.md` is
shared.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain import Horizon, Site, UpsSystem
from domain.certificate import Certificate, Outage
from domain.plan import UpsTrajectory

FloatArray = NDArray[np.float64]

_TOLERANCE_S = 1e-3
_TOLERANCE_KW = 1e-3
_TOLERANCE_FRACTION = 1e-5
"""Energy mismatch that is still rounding, as a fraction of capacity."""
_FINE_STEP_S = 1.0
_COARSE_STEP_S = 30.0
_LONGEST_REPLAY_S = 24 * 3600.0
_SECONDS_PER_HOUR = 3600.0


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
    replays = [_replay(site.ups_system(trajectory.ups_id), horizon, trajectory) for trajectory in trajectories]
    required = {replay.ups.id: replay.ups.reserve.ride_through_s for replay in replays}
    short = [replay.seconds < required[replay.ups.id] - _TOLERANCE_S for replay in replays]
    violations = [violation for replay in replays for violation in replay.violations]
    inputs_kw = sum((_input_kw(site.ups_system(each.ups_id), each) for each in trajectories), np.zeros(len(grid_kw)))
    violations += _meter_violations(site, horizon, "meter", np.array(grid_kw))
    if unprotected_load_kw is not None:
        worked_out_kw = inputs_kw + np.array(unprotected_load_kw)
        violations += _meter_violations(site, horizon, "meter worked out from loads and setpoints", worked_out_kw)
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


def _replay(ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory) -> _Replay:
    claimed_kwh = np.array(trajectory.stored_kwh)
    followed_kwh = _stored_from_setpoints(ups, horizon.interval_h, trajectory)
    stored_kwh = np.minimum(claimed_kwh, followed_kwh)
    load_kw = np.maximum(ups.protected_load_kw, _load_at_boundaries(trajectory))
    seconds = np.column_stack(
        [_ride_through_s(ups, stored_kwh, load_kw, failed) for failed in range(ups.tolerated_failures + 1)]
    )
    violations = _trajectory_violations(ups, horizon, trajectory, claimed_kwh, followed_kwh)
    return _Replay(ups=ups, seconds=seconds, violations=tuple(violations))


def _load_at_boundaries(trajectory: UpsTrajectory) -> FloatArray:
    """The higher of the loads before and after each boundary."""
    load = np.array(trajectory.load_kw)
    return np.maximum(np.append(load, load[-1]), np.insert(load, 0, load[0]))


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


def _ride_through_s(ups: UpsSystem, stored_kwh: FloatArray, load_kw: FloatArray, failed: int) -> FloatArray:
    """Run one outage from each boundary with `failed` units lost; return the seconds until the load drops."""
    seconds = np.zeros(len(stored_kwh))
    empty_kwh = (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * ups.battery.capacity_kwh
    left_kwh = np.maximum(stored_kwh / ups.units - empty_kwh, 0.0)
    for load in np.unique(load_kw):
        here = load_kw == load
        seconds[here] = _seconds_until_empty(ups, float(load), ups.units - failed, left_kwh[here])
    return seconds


def _seconds_until_empty(ups: UpsSystem, load_kw: float, survivors: int, left_kwh: FloatArray) -> FloatArray:
    """Let the survivors carry a load second by second, from what each unit has left above its cutoff.

    All outages of one load draw alike, so one curve of energy drawn over time serves them all; each ends where the
    curve passes what it had left.
    """
    drain_kw = _unit_drain_kw(ups, load_kw, survivors)
    if drain_kw is None:
        return np.zeros(len(left_kwh))
    fine_s = 2 * ups.reserve.ride_through_s
    coarse_s = min(float(left_kwh.max()) / drain_kw * _SECONDS_PER_HOUR + _COARSE_STEP_S, _LONGEST_REPLAY_S)
    step_ends_s = np.concatenate(
        [
            np.arange(0.0, fine_s, _FINE_STEP_S),
            np.arange(fine_s, max(fine_s, coarse_s) + _COARSE_STEP_S, _COARSE_STEP_S),
        ]
    )
    drawn_kwh = np.concatenate([[0.0], np.cumsum(np.diff(step_ends_s) * (drain_kw / _SECONDS_PER_HOUR))])
    return np.interp(left_kwh, drawn_kwh, step_ends_s)


def _unit_drain_kw(ups: UpsSystem, load_kw: float, survivors: int) -> float | None:
    """The stored power that one surviving unit loses while it carries its share; None where it cannot carry it."""
    battery = ups.battery
    unit_dc_kw = load_kw / survivors / ups.inverter_efficiency
    rate = unit_dc_kw / battery.capacity_kwh
    holds_power = (
        load_kw / survivors <= ups.unit_output_limit_kw + _TOLERANCE_KW
        and unit_dc_kw <= battery.discharge_limit_kw + _TOLERANCE_KW
        and rate <= battery.max_c_rate
    )
    if not holds_power:
        return None
    usable = battery.usable_fraction(rate) * battery.temperature_factor
    return unit_dc_kw / (usable if battery.usable_fraction_includes_loss else usable * battery.discharge_efficiency)


def _worst_outage(horizon: Horizon, replay: _Replay) -> Outage:
    boundary, failed = np.unravel_index(int(np.argmin(replay.seconds)), replay.seconds.shape)
    return Outage(
        ups_id=replay.ups.id,
        start=horizon.start_of(int(boundary)),
        failed_units=int(failed),
        ride_through_s=float(replay.seconds[boundary, failed]),
        required_s=replay.ups.reserve.ride_through_s,
    )


def _trajectory_violations(
    ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory, claimed_kwh: FloatArray, followed_kwh: FloatArray
) -> list[str]:
    """List the limits and balances that the trajectory breaks, the first moment of each."""
    charge, discharge = np.array(trajectory.charge_kw), np.array(trajectory.discharge_kw)
    load_dc_kw = np.array(trajectory.load_kw) / ups.inverter_efficiency
    rectifier_dc_kw = load_dc_kw + charge - discharge
    slack_kwh = _TOLERANCE_FRACTION * ups.capacity_kwh
    feeds_back = np.zeros(len(charge), bool) if ups.bidirectional else rectifier_dc_kw < -_TOLERANCE_KW
    broken = {
        "stored energy does not follow from charge and discharge": np.abs(claimed_kwh - followed_kwh) > slack_kwh,
        f"stored energy is above the {ups.max_stored_kwh:.1f} kWh allowed": claimed_kwh
        > ups.max_stored_kwh + slack_kwh,
        f"charge is outside 0 to {ups.charge_limit_kw:.1f} kW": _outside(charge, ups.charge_limit_kw),
        f"discharge is outside 0 to {ups.discharge_limit_kw:.1f} kW": _outside(discharge, ups.discharge_limit_kw),
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


def _outside(power_kw: FloatArray, limit_kw: float) -> NDArray[np.bool_]:
    return (power_kw < -_TOLERANCE_KW) | (power_kw > limit_kw + _TOLERANCE_KW)


def _input_kw(ups: UpsSystem, trajectory: UpsTrajectory) -> FloatArray:
    """What a system draws at its input; feeding back loses in the rectifier as drawing does."""
    dc_kw = np.array(trajectory.load_kw) / ups.inverter_efficiency
    dc_kw = dc_kw + np.array(trajectory.charge_kw) - np.array(trajectory.discharge_kw)
    return np.where(dc_kw >= 0, dc_kw / ups.rectifier_efficiency, dc_kw * ups.rectifier_efficiency)


def _meter_violations(site: Site, horizon: Horizon, which: str, grid: FloatArray) -> list[str]:
    limits = site.interconnection
    broken = {
        f"{which}: import is above {limits.import_limit_kw:.1f} kW": grid > limits.import_limit_kw + _TOLERANCE_KW,
        f"{which}: export is above {limits.export_limit_kw:.1f} kW": grid < -limits.export_limit_kw - _TOLERANCE_KW,
    }
    return [f"{what} at {_moment(horizon, int(np.argmax(where)))}" for what, where in broken.items() if where.any()]


def _moment(horizon: Horizon, index: int) -> str:
    return horizon.start_of(index).isoformat()

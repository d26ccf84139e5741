"""Plans that trade too close to a storm: in the hold-off before it, or with a step at once after it."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from forgery import Forgery, Kind, Place

from ridethrough.domain import ReserveCondition, SiteState
from ridethrough.domain.conditions import ConditionKind

_LONGEST_MINUTES = 7 * 24 * 60


def discharges_in_the_hold_off(place: Place) -> Forgery | None:
    """The plan as it is, where a storm comes within the hour after it trades."""
    resting_kw, traded_kw = _resting_kw(place), _traded_kw(place)
    within = resting_kw < place.evidence.site.interconnection.import_limit_kw
    trades = np.flatnonzero((traded_kw > 0.01) & within)
    if not len(trades):
        return None
    starts = place.plan.horizon.start_of(int(trades[-1]) + 1) + timedelta(minutes=place.interval % 4 * 15)
    return _with(place, "held off before storm", starts, starts + timedelta(hours=1), hold_off_minutes=None)


def steps_at_once_after_a_storm(place: Place) -> Forgery | None:
    """The plan as it is, where a storm ends just before its steepest discharge, and allows half of that step."""
    horizon, grid_kw, resting_kw = place.plan.horizon, np.array(place.plan.grid_kw), _resting_kw(place)
    calm = np.max([each.charge_kw for each in place.plan.ups], axis=0) < 0.01
    down_kw = grid_kw[:-1] - grid_kw[1:]
    alone_kw = np.abs(np.diff(resting_kw))
    down_kw[~calm[:-1] | (alone_kw > 0.4 * down_kw)] = 0.0
    if not len(down_kw) or down_kw.max() < 1:
        return None
    at = int(np.argmax(down_kw)) + 1
    power_kw = sum(ups.discharge_limit_kw for ups in place.evidence.site.ups)
    minutes = power_kw * horizon.interval_minutes / (0.5 * float(down_kw.max()))
    forced = any(each.discharge_kw[at - 1] > 0.01 for each in place.plan.ups)
    if minutes > _LONGEST_MINUTES or minutes < horizon.interval_minutes or forced:
        return None
    ends = horizon.start_of(at)
    return _with(place, "in the return from a storm", ends - horizon.step, ends, ramp_minutes=minutes)


def _with(place: Place, reason: str, start: datetime, end: datetime, **about: float | None) -> Forgery:
    storm = ReserveCondition(start=start, end=end, kind=ConditionKind.STORM, **about)
    state = replace(place.evidence.state or SiteState(), conditions=(storm,))
    return place.judged_by(reason, replace(place.evidence, state=state))


def _resting_kw(place: Place) -> np.ndarray:
    """The meter of the plan without its batteries; of systems that do not feed back."""
    batteries = np.zeros(place.plan.horizon.intervals)
    for each in place.plan.ups:
        ups = place.evidence.site.ups_system(each.ups_id)
        batteries += (np.array(each.charge_kw) - np.array(each.discharge_kw)) / ups.rectifier_efficiency
    return np.array(place.plan.grid_kw) - batteries


def _traded_kw(place: Place) -> np.ndarray:
    """What the system discharges beyond what its rectifiers cannot carry."""
    forced = np.array([place.ups.dc_load_kw(load) for load in place.trajectory.load_kw])
    forced -= place.ups.input_limit_kw * place.ups.rectifier_efficiency
    return np.array(place.trajectory.discharge_kw) - np.maximum(forced, 0)


STORMS: tuple[Kind, ...] = (discharges_in_the_hold_off, steps_at_once_after_a_storm)

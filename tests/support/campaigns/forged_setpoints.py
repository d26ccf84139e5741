"""Plans whose setpoints break what equipment or site ask for, each kind with the words that it is refused for."""

from dataclasses import replace

import numpy as np
from forgery import Forgery, Kind, Place

from ridethrough.domain import LoadSwing
from ridethrough.domain.conditions import ConditionKind


def discharges_in_secret(place: Place) -> Forgery | None:
    more_kw = place.size * place.ups.capacity_kwh / place.plan.horizon.interval_h
    secret = place.trajectory.discharge_kw[place.interval] + more_kw
    return place.with_one("does not follow from charge and discharge", "discharge_kw", secret)


def claims_a_charge_that_was_not(place: Place) -> Forgery | None:
    charge = place.trajectory.charge_kw[place.interval]
    if charge * place.plan.horizon.interval_h < 1e-3 * place.ups.capacity_kwh:
        return None
    return place.with_one("does not follow from charge and discharge", "charge_kw", 0.0)


def claims_more_stored(place: Place) -> Forgery | None:
    stored = place.trajectory.stored_kwh[place.interval + 1]
    more = stored + place.size * place.ups.capacity_kwh
    return place.with_one("does not follow from charge and discharge", "stored_kwh", more, at=place.interval + 1)


def stores_less_than_nothing(place: Place) -> Forgery | None:
    kwh = place.trajectory.stored_kwh[place.interval] + place.size * place.ups.capacity_kwh
    discharge = kwh * place.ups.battery.discharge_efficiency / place.plan.horizon.interval_h
    return place.following("stored energy is below nothing", charge_kw=0.0, discharge_kw=discharge)


def stores_more_than_full(place: Place) -> Forgery | None:
    room = place.ups.max_stored_kwh - place.trajectory.stored_kwh[place.interval] + place.size * place.ups.capacity_kwh
    charge = room / place.ups.battery.charge_efficiency / place.plan.horizon.interval_h
    return place.following("stored energy is above", charge_kw=charge, discharge_kw=0.0)


def sells_the_reserve(place: Place) -> Forgery | None:
    """Down to less than what one outage takes, with all that follows from it; not where a condition asks more."""
    if place.evidence.conditions:
        return None
    floor = min(place.trajectory.reserve_kwh) - place.size * place.ups.capacity_kwh
    kwh = place.trajectory.stored_kwh[place.interval] - floor
    discharge = kwh * place.ups.battery.discharge_efficiency / place.plan.horizon.interval_h
    return place.following("outages lose the load", charge_kw=0.0, discharge_kw=discharge)


def charges_faster_than_it_can(place: Place) -> Forgery | None:
    limit = place.ups.charge_limit_kw
    return place.following("charge is outside", charge_kw=limit * (1 + place.size), discharge_kw=0.0)


def discharges_faster_than_it_can(place: Place) -> Forgery | None:
    limit = place.ups.discharge_limit_kw
    return place.following("discharge is outside", charge_kw=0.0, discharge_kw=limit * (1 + place.size))


def charges_and_discharges_at_once(place: Place) -> Forgery | None:
    both = 0.5 * min(place.ups.charge_limit_kw, place.ups.discharge_limit_kw)
    return place.following("charges and discharges at once", charge_kw=both, discharge_kw=both)


def hides_a_discharge_behind_a_sign(place: Place) -> Forgery | None:
    less = -place.size * place.ups.charge_limit_kw
    return place.following("charge is outside", charge_kw=less, discharge_kw=0.0)


def feeds_back(place: Place) -> Forgery | None:
    if place.ups.bidirectional:
        return None
    dc_kw = place.ups.dc_load_kw(place.trajectory.load_kw[place.interval])
    discharge = dc_kw + place.size * place.ups.discharge_limit_kw
    return place.following("back into the grid", charge_kw=0.0, discharge_kw=discharge)


def discharges_in_a_storm(place: Place) -> Forgery | None:
    gives = np.array(place.trajectory.discharge_kw)
    forced = np.array([place.ups.dc_load_kw(load) for load in place.trajectory.load_kw])
    forced -= place.ups.input_limit_kw * place.ups.rectifier_efficiency
    trades = np.flatnonzero(gives > np.maximum(forced, 0) + 0.01)
    return place.during("discharges while storm holds", int(trades[0]), ConditionKind.STORM) if len(trades) else None


def rests_part_full_in_a_storm(place: Place) -> Forgery | None:
    missing = place.ups.max_stored_kwh - np.array(place.trajectory.stored_kwh)
    lower = np.flatnonzero(missing > 0.01 * place.ups.capacity_kwh)
    idle = (
        np.array(place.trajectory.charge_kw) + np.array(place.trajectory.discharge_kw) < 0.2 * place.ups.charge_limit_kw
    )
    late = [b for b in lower.tolist() if 0 < b < len(missing) - 1 and idle[:b].any()]
    reason = "storm asks for full batteries"
    return place.during(reason, late[-1], ConditionKind.STORM) if late and not _is_tight(place) else None


def _is_tight(place: Place) -> bool:
    """Whether meter or rectifiers may have stood in the way of charging: then to be short is excused."""
    ups = place.ups
    left_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(max(place.trajectory.load_kw))
    meter = max(place.plan.grid_kw) > 0.8 * place.evidence.site.interconnection.import_limit_kw
    return meter or left_kw < 0.5 * ups.charge_limit_kw


def lasts_no_longer_without_a_generator(place: Place) -> Forgery | None:
    """The generator is out, and the battery rests where it could be charged for the longer ride-through."""
    trajectory, ups = place.trajectory, place.ups
    missing = ups.max_stored_kwh - np.array(trajectory.stored_kwh)
    lower = np.flatnonzero(missing > 0.02 * ups.capacity_kwh)
    idle = np.array(trajectory.charge_kw) < 0.2 * ups.charge_limit_kw
    late = [b for b in lower.tolist() if 0 < b < len(missing) - 1 and idle[:b].any()]
    if not late or _is_tight(place):
        return None
    asked_s = 50 * ups.reserve.ride_through_s
    return place.during("generator_unavailable asks for", late[-1], ConditionKind.GENERATOR_UNAVAILABLE, asked_s)


def a_battery_that_aged(place: Place) -> Forgery | None:
    if place.ups.unit_state_of_health:
        return None
    battery = replace(place.ups.battery, state_of_health=place.ups.battery.state_of_health * 0.3)
    return place.on_another_system("stored energy is above", battery=battery)


def ramps_where_the_site_forbids_it(place: Place) -> Forgery | None:
    """The plan as it is, at a site with a ramp limit below its steepest step that no load makes."""
    batteries = np.zeros(place.plan.horizon.intervals)
    for each in place.plan.ups:
        ups = place.evidence.site.ups_system(each.ups_id)
        batteries += (np.array(each.charge_kw) - np.array(each.discharge_kw)) / ups.rectifier_efficiency
    grid = np.array(place.plan.grid_kw)
    beyond = np.abs(np.diff(grid)) - np.abs(np.diff(grid - batteries))
    feeds = any(place.evidence.site.ups_system(each.ups_id).bidirectional for each in place.plan.ups)
    lacks = any(each.reserve_kwh[0] > each.stored_kwh[0] for each in place.plan.ups)
    steepest = float(beyond.max()) if len(beyond) else 0.0
    if steepest < 1 or feeds or lacks or place.evidence.conditions:
        return None
    per_min = 0.5 * float(np.abs(np.diff(grid))[int(np.argmax(beyond))]) / place.plan.horizon.interval_minutes
    limits = replace(place.evidence.site.interconnection, ramp_limit_kw_per_min=per_min)
    site = replace(place.evidence.site, interconnection=limits)
    return place.judged_by("ramps faster than", replace(place.evidence, site=site))


def takes_what_load_swings_need(place: Place) -> Forgery | None:
    """The plan as it is, where the load swings and no capacitor takes it."""
    trajectory, ups = place.trajectory, place.ups
    most_kw = max(trajectory.charge_kw)
    needs = any(r > trajectory.stored_kwh[0] for r in trajectory.reserve_kwh) or place.evidence.conditions
    if most_kw < 0.1 * ups.charge_limit_kw or most_kw < 1.5 * ups.standby_charge_kw or needs:
        return None
    amplitude_kw = 2 * (ups.charge_limit_kw - 0.9 * most_kw) * ups.inverter_efficiency
    if amplitude_kw > 2 * ups.protected_load_kw:
        return None
    swing = LoadSwing(amplitude_kw=amplitude_kw, frequency_hz=1.0)
    return place.on_another_system("for load swings", swing=swing, capacitor=None)


SETPOINTS: tuple[Kind, ...] = (
    discharges_in_secret,
    claims_a_charge_that_was_not,
    claims_more_stored,
    stores_less_than_nothing,
    stores_more_than_full,
    sells_the_reserve,
    charges_faster_than_it_can,
    discharges_faster_than_it_can,
    charges_and_discharges_at_once,
    hides_a_discharge_behind_a_sign,
    feeds_back,
    discharges_in_a_storm,
    rests_part_full_in_a_storm,
    lasts_no_longer_without_a_generator,
    a_battery_that_aged,
    ramps_where_the_site_forbids_it,
    takes_what_load_swings_need,
)

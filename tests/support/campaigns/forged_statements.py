"""Plans that state something false of themselves, each kind with the words that it is refused for."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from forgery import Forgery, Kind, Place

from ridethrough.domain import Horizon, SiteState
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.evidence import KnownLoad


def loads_halved(place: Place) -> Forgery | None:
    return place.changed("states a load of", load_kw=_scaled(place.trajectory.load_kw, 0.5))


def loads_zeroed(place: Place) -> Forgery | None:
    return place.changed("states a load of", load_kw=_scaled(place.trajectory.load_kw, 0.0))


def loads_raised(place: Place) -> Forgery | None:
    return place.changed("states a load of", load_kw=_scaled(place.trajectory.load_kw, 1 + place.size))


def one_load_lowered(place: Place) -> Forgery | None:
    load = place.trajectory.load_kw[place.interval]
    return place.with_one("states a load of", "load_kw", load * (1 - place.size))


def meter_halved(place: Place) -> Forgery | None:
    return _with_meter(place, _scaled(place.plan.grid_kw, 0.5))


def meter_raised_once(place: Place) -> Forgery | None:
    grid = list(place.plan.grid_kw)
    grid[place.interval] += 1 + place.size * abs(grid[place.interval])
    return _with_meter(place, tuple(grid))


def meter_of_a_calm_day(place: Place) -> Forgery | None:
    mean = float(np.mean(place.plan.grid_kw))
    return _with_meter(place, (mean,) * len(place.plan.grid_kw)) if np.ptp(place.plan.grid_kw) > 1 else None


def _with_meter(place: Place, grid_kw: tuple[float, ...]) -> Forgery:
    plan = replace(place.plan, grid_kw=grid_kw)
    return Forgery(plan=plan, evidence=place.evidence, reason="meter: the plan states")


def reserve_of_nothing(place: Place) -> Forgery | None:
    return place.changed("states a reserve of", reserve_kwh=(0.0,) * len(place.trajectory.reserve_kwh))


def reserve_below_nothing(place: Place) -> Forgery | None:
    return place.changed("states a reserve of", reserve_kwh=(-5.0,) * len(place.trajectory.reserve_kwh))


def reserve_without_end(place: Place) -> Forgery | None:
    return place.changed("states a reserve of", reserve_kwh=(1e9,) * len(place.trajectory.reserve_kwh))


def reserve_lowered_once(place: Place) -> Forgery | None:
    at = place.interval + 1
    lowered = place.trajectory.reserve_kwh[at] - place.size * place.ups.capacity_kwh
    return place.with_one("states a reserve of", "reserve_kwh", lowered, at=at)


def moved_a_year(place: Place) -> Forgery | None:
    return _moved(place, timedelta(days=365))


def moved_a_day_back(place: Place) -> Forgery | None:
    return _moved(place, timedelta(days=-1))


def moved_one_interval(place: Place) -> Forgery | None:
    return _moved(place, place.plan.horizon.step)


def _moved(place: Place, by: timedelta) -> Forgery:
    old = place.plan.horizon
    horizon = Horizon(
        start=old.start + by, interval_minutes=old.interval_minutes, intervals=old.intervals, timezone=old.timezone
    )
    ends = place.plan.horizon.end

    def cut(load: KnownLoad | float) -> KnownLoad | float:
        """What is known ends with the plan, so that no time before or after it is covered."""
        if not isinstance(load, KnownLoad):
            return KnownLoad(source="load", start=old.start, step=old.step, values_kw=(load,) * old.intervals)
        return replace(load, values_kw=load.values_kw[: (ends - load.start) // load.step])

    evidence = replace(
        place.evidence,
        load_kw={ups_id: cut(load) for ups_id, load in place.evidence.load_kw.items()},
        unprotected_load_kw=cut(place.evidence.unprotected_load_kw),
    )
    return Forgery(plan=replace(place.plan, horizon=horizon), evidence=evidence, reason="is known from")


def ids_swapped(place: Place) -> Forgery | None:
    if len(place.plan.ups) < 2:
        return None
    first, second, *others = place.plan.ups
    swapped = (replace(first, ups_id=second.ups_id), replace(second, ups_id=first.ups_id), *others)
    return Forgery(plan=replace(place.plan, ups=swapped), evidence=place.evidence, reason="states a load of")


def a_system_left_out(place: Place) -> Forgery | None:
    others = tuple(each for each in place.plan.ups if each is not place.trajectory)
    if not others:
        return None
    reason = "the plan has no setpoints of this system"
    return Forgery(plan=replace(place.plan, ups=others), evidence=place.evidence, reason=reason)


def a_system_stated_twice(place: Place) -> Forgery | None:
    ups = (*place.plan.ups, place.trajectory)
    return Forgery(plan=replace(place.plan, ups=ups), evidence=place.evidence, reason="stated twice")


def a_system_of_another_site(place: Place) -> Forgery | None:
    ups = tuple(replace(each, ups_id=f"{each.ups_id}-2") for each in place.plan.ups)
    return Forgery(plan=replace(place.plan, ups=ups), evidence=place.evidence, reason="the site has no such system")


def an_interval_without_a_word(place: Place) -> Forgery | None:
    return place.changed("values, not", charge_kw=place.trajectory.charge_kw[:-1])


def a_power_that_is_no_number(place: Place) -> Forgery | None:
    return place.with_one("not a number", "discharge_kw", float("nan"))


def starts_with_more_than_measured(place: Place) -> Forgery | None:
    return _started(place, place.size)


def starts_with_less_than_measured(place: Place) -> Forgery | None:
    return _started(place, -place.size)


def _started(place: Place, part: float) -> Forgery | None:
    """The same day, from another start; the state says what was measured."""
    by = part * place.ups.capacity_kwh
    kept = (1 - place.ups.battery.standby_loss_per_h) ** place.plan.horizon.interval_h
    stored = tuple(each + by * kept**b for b, each in enumerate(place.trajectory.stored_kwh))
    measured = {each.ups_id: each.stored_kwh[0] for each in place.plan.ups}
    state = SiteState(stored_kwh=measured, conditions=(place.evidence.state or SiteState()).conditions)
    evidence = replace(place.evidence, state=state)
    forged = place.changed("the state says", stored_kwh=stored)
    return replace(forged, evidence=evidence)


def states_more_seconds(place: Place) -> Forgery | None:
    found = certify(place.evidence, place.plan)
    seconds = {ups_id: tuple(each + 5 + place.size * each for each in s) for ups_id, s in found.ride_through_s.items()}
    plan = replace(place.plan, ride_through_s=seconds)
    return Forgery(plan=plan, evidence=place.evidence, reason="states a ride-through of")


def a_certificate_of_other_setpoints(place: Place) -> Forgery | None:
    return _with_certificate(place, "the setpoints changed", plan_sha256="0" * 64)


def a_certificate_of_another_site(place: Place) -> Forgery | None:
    return _with_certificate(place, "the site file or one of its series changed", site_sha256="0" * 64)


def a_certificate_of_another_state(place: Place) -> Forgery | None:
    return _with_certificate(place, "the state changed", state_sha256="0" * 64)


def a_certificate_of_more_outages(place: Place) -> Forgery | None:
    replayed = certify(place.evidence, place.plan).outages_replayed
    return _with_certificate(place, "outages_replayed is stated as", outages_replayed=10 * replayed)


def a_certificate_of_more_seconds(place: Place) -> Forgery | None:
    seconds = certify(place.evidence, place.plan).worst_ride_through_s
    return _with_certificate(place, "worst_ride_through_s is stated as", worst_ride_through_s=2 * seconds + 1)


def a_certificate_that_does_not_expire(place: Place) -> Forgery | None:
    later = place.plan.horizon.end + timedelta(days=365)
    return _with_certificate(place, "it is stated to expire", expires_at=later)


def _with_certificate(place: Place, reason: str, **figures: object) -> Forgery:
    return Forgery(plan=replace(place.plan, certificate=figures), evidence=place.evidence, reason=reason)


def _scaled(values: tuple[float, ...], by: float) -> tuple[float, ...]:
    return tuple(value * by for value in values)


STATEMENTS: tuple[Kind, ...] = (
    loads_halved,
    loads_zeroed,
    loads_raised,
    one_load_lowered,
    meter_halved,
    meter_raised_once,
    meter_of_a_calm_day,
    reserve_of_nothing,
    reserve_below_nothing,
    reserve_without_end,
    reserve_lowered_once,
    moved_a_year,
    moved_a_day_back,
    moved_one_interval,
    ids_swapped,
    a_system_left_out,
    a_system_stated_twice,
    a_system_of_another_site,
    an_interval_without_a_word,
    a_power_that_is_no_number,
    starts_with_more_than_measured,
    starts_with_less_than_measured,
    states_more_seconds,
    a_certificate_of_other_setpoints,
    a_certificate_of_another_site,
    a_certificate_of_another_state,
    a_certificate_of_more_outages,
    a_certificate_of_more_seconds,
    a_certificate_that_does_not_expire,
)

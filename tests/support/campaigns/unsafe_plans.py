"""Certified plans with one value nudged below safety; the simulation and the equipment decide what is unsafe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from outage_simulation import needed_kwh, stored_at, worst_carried_s

from ridethrough.domain import Horizon, Site, UnableToAccept, UpsSystem
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in

LOST_S = 0.01
BEYOND_KW = 5e-3
BEYOND_FRACTION = 5e-5
"""What counts as lost, as beyond a limit (kW), and as more than full (of capacity)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a certificate is asked about."""

    site: Site
    horizon: Horizon
    trajectories: tuple[UpsTrajectory, ...]
    grid_kw: tuple[float, ...]
    unprotected_kw: tuple[float, ...]
    evidence: Evidence

    @classmethod
    def of(cls, problem: DispatchProblem, plan: DispatchPlan) -> "Plan":
        """The plan as it was certified."""
        return cls(
            site=problem.site,
            horizon=plan.horizon,
            trajectories=plan.ups,
            grid_kw=plan.grid_kw,
            unprotected_kw=problem.unprotected_load_kw[: plan.horizon.intervals],
            evidence=evidence_in(problem, plan.horizon.intervals),
        )

    def with_trajectory(self, trajectory: UpsTrajectory) -> "Plan":
        """The plan with another trajectory of the same system."""
        changed = [trajectory if each.ups_id == trajectory.ups_id else each for each in self.trajectories]
        return replace(self, trajectories=tuple(changed))

    def is_certified(self) -> bool:
        """Ask the certificate; to accept no answer as one is a refusal too."""
        try:
            stated = StatedPlan(horizon=self.horizon, ups=self.trajectories, grid_kw=self.grid_kw)
            return certify(self.evidence, stated).certified
        except UnableToAccept:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a plan is nudged: one system, one interval; `margin_kwh[b]` is what boundary `b` holds beyond its need."""

    plan: Plan
    ups: UpsSystem
    trajectory: UpsTrajectory
    interval: int
    draw: int
    margin_kwh: tuple[float, ...]

    @classmethod
    def at_random(cls, rng: np.random.Generator, plan: Plan, *, with_margin: bool) -> "Place":
        """Any system and interval of a plan; the margin takes time to find."""
        trajectory = plan.trajectories[rng.integers(len(plan.trajectories))]
        ups = plan.site.ups_system(trajectory.ups_id)
        need_kwh = needed_kwh(ups, max(ups.protected_load_kw, *trajectory.load_kw)) if with_margin else 0.0
        return cls(
            plan=plan,
            ups=ups,
            trajectory=trajectory,
            interval=int(rng.integers(plan.horizon.intervals)),
            draw=int(rng.integers(1 << 30)),
            margin_kwh=tuple(stored - need_kwh for stored in trajectory.stored_kwh),
        )

    def kept(self, intervals: int) -> float:
        """The part of stored energy that standing by for some intervals leaves."""
        return float((1 - self.ups.battery.standby_loss_per_h) ** (self.plan.horizon.interval_h * intervals))

    def missing_kwh(self, nudge_kwh: float) -> float:
        """Energy to take in the interval so that the lowest boundary after it lacks `nudge_kwh`."""
        after = range(self.interval + 1, len(self.margin_kwh))
        return min((self.margin_kwh[b] + nudge_kwh) / self.kept(b - self.interval - 1) for b in after)

    def changed(self, *, follow: bool = False, **values: float) -> Plan:
        """The plan with other powers in this interval; with `follow`, stored energy follows from them."""
        fields = {}
        for name, value in values.items():
            powers = list(getattr(self.trajectory, name))
            powers[self.interval] = value
            fields[name] = tuple(powers)
        trajectory = replace(self.trajectory, **fields)
        if follow:
            trajectory = replace(trajectory, stored_kwh=tuple(followed_kwh(self.ups, self.plan.horizon, trajectory)))
        return self.plan.with_trajectory(trajectory)

    def with_stored(self, boundary: int, stored_kwh: float) -> Plan:
        """The plan with another claim of stored energy at one boundary."""
        stored = list(self.trajectory.stored_kwh)
        stored[boundary] = stored_kwh
        return self.plan.with_trajectory(replace(self.trajectory, stored_kwh=tuple(stored)))

    @property
    def charge_kw(self) -> float:
        """Charge in this interval."""
        return self.trajectory.charge_kw[self.interval]

    @property
    def discharge_kw(self) -> float:
        """Discharge in this interval."""
        return self.trajectory.discharge_kw[self.interval]

    @property
    def load_dc_kw(self) -> float:
        """What the inverters draw in this interval."""
        return self.trajectory.load_kw[self.interval] / self.ups.inverter_efficiency


def followed_kwh(ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory) -> list[float]:
    """Stored energy at every boundary, if equipment follows the setpoints from the first."""
    start = trajectory.stored_kwh[0]
    return [
        stored_at(ups, horizon, trajectory, boundary * horizon.interval_h, stored_at_start_kwh=start)
        for boundary in range(len(trajectory.stored_kwh))
    ]


def starts_lower(place: Place, kwh: float) -> Plan | None:
    """The day starts lower, and everything follows: some boundary lacks energy."""
    lower = min((margin + kwh) / place.kept(b) for b, margin in enumerate(place.margin_kwh))
    stored = [each - lower * place.kept(b) for b, each in enumerate(place.trajectory.stored_kwh)]
    return place.plan.with_trajectory(replace(place.trajectory, stored_kwh=tuple(stored)))


def stores_less(place: Place, kwh: float) -> Plan | None:
    """One boundary holds less than the outage needs."""
    boundary = place.draw % len(place.margin_kwh)
    return place.with_stored(boundary, place.trajectory.stored_kwh[boundary] - place.margin_kwh[boundary] - kwh)


def discharges_more_and_does_not_say(place: Place, kwh: float) -> Plan | None:
    """One discharge is higher, and stored energy is claimed as before."""
    more_kw = place.missing_kwh(kwh) * place.ups.battery.discharge_efficiency / place.plan.horizon.interval_h
    return place.changed(discharge_kw=place.discharge_kw + more_kw)


def discharges_more(place: Place, kwh: float) -> Plan | None:
    """One discharge is higher, and stored energy follows: the reserve is sold."""
    more_kw = place.missing_kwh(kwh) * place.ups.battery.discharge_efficiency / place.plan.horizon.interval_h
    return place.changed(follow=True, discharge_kw=place.discharge_kw + more_kw)


def charges_less_and_does_not_say(place: Place, kwh: float) -> Plan | None:
    """One charge is lower, and stored energy is claimed as before."""
    less_kw = place.missing_kwh(kwh) / place.ups.battery.charge_efficiency / place.plan.horizon.interval_h
    return None if less_kw > place.charge_kw else place.changed(charge_kw=place.charge_kw - less_kw)


def is_fuller_than_full(place: Place, kwh: float) -> Plan | None:
    """One boundary holds more than the batteries may."""
    return place.with_stored(place.draw % len(place.margin_kwh), place.ups.max_stored_kwh + kwh)


def charges_past_full(place: Place, kwh: float) -> Plan | None:
    """One charge is higher, and stored energy follows past full."""
    after = range(place.interval + 1, len(place.margin_kwh))
    rooms = [(place.ups.max_stored_kwh - place.trajectory.stored_kwh[b]) / place.kept(b) for b in after]
    more_kw = (min(rooms) + kwh) / place.ups.battery.charge_efficiency / place.plan.horizon.interval_h
    return place.changed(follow=True, charge_kw=place.charge_kw + more_kw)


def charges_beyond_the_charger(place: Place, kw: float) -> Plan | None:
    """More charge than the batteries take."""
    limit_kw = place.ups.units * place.ups.battery.charge_limit_kw
    return place.changed(follow=True, discharge_kw=0.0, charge_kw=limit_kw + kw)


def charges_beyond_the_rectifier(place: Place, kw: float) -> Plan | None:
    """More charge than the rectifiers have left beside the load."""
    ups = place.ups
    room_kw = ups.units * ups.unit_input_limit_kw * ups.rectifier_efficiency - place.load_dc_kw
    return place.changed(follow=True, discharge_kw=0.0, charge_kw=max(room_kw, 0.0) + kw)


def charges_beyond_the_meter(place: Place, kw: float) -> Plan | None:
    """More charge than the import limit leaves, and the meter is claimed as before."""
    room_kw = (place.plan.site.interconnection.import_limit_kw - metered_kw(place.plan)[place.interval]) + kw
    return place.changed(follow=True, charge_kw=place.charge_kw + room_kw * place.ups.rectifier_efficiency)


def discharges_beyond_the_battery(place: Place, kw: float) -> Plan | None:
    """More discharge than the batteries give."""
    limit_kw = place.ups.units * place.ups.battery.discharge_limit_kw
    return place.changed(follow=True, charge_kw=0.0, discharge_kw=limit_kw + kw)


def feeds_back(place: Place, kw: float) -> Plan | None:
    """A unit that may not feed back discharges more than its load."""
    if place.ups.bidirectional:
        return None
    return place.changed(follow=True, charge_kw=0.0, discharge_kw=place.load_dc_kw + kw)


def carries_more_than_it_can(place: Place, kw: float) -> Plan | None:
    """The load is planned higher than the units left after the tolerated failures, or the stored energy, can carry.

    The load is raised until the simulation loses it, then by `kw`.
    """
    low, high = place.ups.protected_load_kw, 2 * place.ups.protected_load_kw
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if loses_load(place.changed(load_kw=middle)) else (middle, high)
    return place.changed(load_kw=high + kw)


def imports_beyond_the_limit(place: Place, kw: float) -> Plan | None:
    """The meter is planned above the import limit."""
    return _metering(place, place.plan.site.interconnection.import_limit_kw + kw)


def exports_beyond_the_limit(place: Place, kw: float) -> Plan | None:
    """The meter is planned below the export limit."""
    return _metering(place, -place.plan.site.interconnection.export_limit_kw - kw)


def _metering(place: Place, kw: float) -> Plan:
    grid = list(place.plan.grid_kw)
    grid[place.interval] = kw
    return replace(place.plan, grid_kw=tuple(grid))


def charges_while_discharging(place: Place, kw: float) -> Plan | None:
    """One battery does both."""
    both = max(place.charge_kw, place.discharge_kw, kw)
    charges = place.draw % 2 == 0
    return place.changed(follow=True, charge_kw=both if charges else kw, discharge_kw=kw if charges else both)


def hides_behind_a_sign(place: Place, kw: float) -> Plan | None:
    """A power below zero: a discharge called charge, or the reverse."""
    return place.changed(follow=True, **{("charge_kw", "discharge_kw")[place.draw % 2]: -kw})


def is_not_a_number(place: Place, kw: float) -> Plan | None:
    """One value is no number, or without end."""
    value = (np.nan, np.inf, -np.inf)[place.draw % 3] * np.sign(kw)
    name = ("stored_kwh", "charge_kw", "discharge_kw", "load_kw", "grid_kw")[place.draw // 3 % 5]
    if name == "grid_kw":
        return _metering(place, float(value))
    if name == "stored_kwh":
        return place.with_stored(place.draw // 15 % len(place.margin_kwh), float(value))
    return place.changed(**{name: float(value)})


def leaves_a_system_out(place: Place, kw: float) -> Plan | None:
    """The plan does not say what one system does."""
    others = tuple(each for each in place.plan.trajectories if each is not place.trajectory)
    return replace(place.plan, trajectories=others) if others and kw > 0 else None


def ends_early(place: Place, kw: float) -> Plan | None:
    """The plan is silent about the end of its horizon."""
    n = place.interval
    shorter = tuple(each.first(n) for each in place.plan.trajectories)
    silent = replace(place.plan, trajectories=shorter, grid_kw=place.plan.grid_kw[:n])
    return replace(silent, unprotected_kw=place.plan.unprotected_kw[:n]) if n > 0 and kw > 0 else None


Kind = Callable[[Place, float], Plan | None]
"""Nudges a plan at a place by so many kWh or kW; None where there is no way."""

BY_ENERGY: tuple[Kind, ...] = (
    starts_lower,
    stores_less,
    discharges_more_and_does_not_say,
    discharges_more,
    charges_less_and_does_not_say,
    is_fuller_than_full,
    charges_past_full,
)
BY_POWER: tuple[Kind, ...] = (
    charges_beyond_the_charger,
    charges_beyond_the_rectifier,
    charges_beyond_the_meter,
    discharges_beyond_the_battery,
    feeds_back,
    carries_more_than_it_can,
    imports_beyond_the_limit,
    exports_beyond_the_limit,
    charges_while_discharging,
    hides_behind_a_sign,
)
WITHOUT_SIZE: tuple[Kind, ...] = (is_not_a_number, leaves_a_system_out, ends_early)
KINDS = BY_ENERGY + BY_POWER + WITHOUT_SIZE


def metered_kw(plan: Plan) -> list[float]:
    """What the meter really shows in every interval, positive for import (kW)."""
    total = list(plan.unprotected_kw)
    for trajectory in plan.trajectories:
        for t, kw in enumerate(rectifier_dc_kw(plan.site.ups_system(trajectory.ups_id), trajectory)):
            efficiency = plan.site.ups_system(trajectory.ups_id).rectifier_efficiency
            total[t] += kw / efficiency if kw >= 0 else kw * efficiency
    return total


def rectifier_dc_kw(ups: UpsSystem, trajectory: UpsTrajectory) -> list[float]:
    """What the rectifiers give to the DC bus in every interval; below zero they feed back."""
    return [
        load / ups.inverter_efficiency + charge - discharge
        for load, charge, discharge in zip(
            trajectory.load_kw, trajectory.charge_kw, trajectory.discharge_kw, strict=True
        )
    ]


def loses_load(plan: Plan) -> bool:
    """Whether some tolerated outage from a boundary loses the load, with the lower of claimed and real energy."""
    for trajectory in plan.trajectories:
        ups = plan.site.ups_system(trajectory.ups_id)
        followed = followed_kwh(ups, plan.horizon, trajectory)
        lower = [min(pair) for pair in zip(trajectory.stored_kwh, followed, strict=True)]
        carried = worst_carried_s(ups, plan.horizon, trajectory.load_kw, lower)
        if carried.min() < ups.reserve.ride_through_s - LOST_S:
            return True
    return False


def why_unsafe(plan: Plan) -> str:
    """What really goes wrong with a plan, found without the certificate; empty where nothing does."""
    if {each.ups_id for each in plan.trajectories} != {ups.id for ups in plan.site.ups}:
        return "a system is left alone"
    if any(len(each.charge_kw) < plan.horizon.intervals for each in plan.trajectories):
        return "an interval is left alone"
    powers = [each for t in plan.trajectories for each in (*t.load_kw, *t.charge_kw, *t.discharge_kw, *t.stored_kwh)]
    if not np.all(np.isfinite([*powers, *plan.grid_kw])):
        return "no setpoint at all"
    limits = plan.site.interconnection
    meter = [*metered_kw(plan), *plan.grid_kw]
    if max(meter) > limits.import_limit_kw + BEYOND_KW or min(meter) < -limits.export_limit_kw - BEYOND_KW:
        return "beyond a limit of the interconnection"
    for trajectory in plan.trajectories:
        broken = _overruns(plan.site.ups_system(trajectory.ups_id), plan.horizon, trajectory)
        if broken:
            return broken
    return "the load is lost" if loses_load(plan) else ""


def _overruns(ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory) -> str:
    """The first thing that equipment cannot do."""
    battery = ups.battery
    dc_kw = rectifier_dc_kw(ups, trajectory)
    both = list(zip(trajectory.charge_kw, trajectory.discharge_kw, strict=True))
    fullest = max(*trajectory.stored_kwh, *followed_kwh(ups, horizon, trajectory))
    capacity_kwh = ups.units * battery.nominal_kwh * battery.state_of_health
    found = {
        "a power below zero": min(min(pair) for pair in both) < -BEYOND_KW,
        "beyond the charger": max(trajectory.charge_kw) > ups.units * battery.charge_limit_kw + BEYOND_KW,
        "beyond the battery": max(trajectory.discharge_kw) > ups.units * battery.discharge_limit_kw + BEYOND_KW,
        "charge and discharge at once": max(min(pair) for pair in both) > BEYOND_KW,
        "beyond the rectifier": max(dc_kw) / ups.rectifier_efficiency > ups.units * ups.unit_input_limit_kw + BEYOND_KW,
        "back-feed": not ups.bidirectional and min(dc_kw) < -BEYOND_KW,
        "more than full": fullest > battery.max_fraction * capacity_kwh + BEYOND_FRACTION * capacity_kwh,
    }
    return next((name for name, broken in found.items() if broken), "")

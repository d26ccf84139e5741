"""The statements of a plan about itself, and their disagreements with what the certificate works out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.certificate.limits import TOLERANCE_FRACTION, first_of
from ridethrough.optimizer.certificate.needed import Needed
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]

AGREES_KW = 1e-2
"""The tolerance between a stated and a computed load or meter."""
AGREES_S = 0.05
AGREES_PART = 1e-4
"""How far stated seconds may be from those replayed: so many seconds, and so much of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPlan:
    """A plan as given: setpoints, and statements about itself.

    A reserve that is not a number is not stated. `ride_through_s` holds a value per boundary where the plan states
    one; `certificate` the figures of a certificate that came with it.
    """

    horizon: Horizon
    ups: tuple[UpsTrajectory, ...]
    grid_kw: tuple[float, ...]
    ride_through_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    certificate: Mapping[str, object] = field(default_factory=dict)


def malformed(evidence: Evidence, plan: StatedPlan) -> list[str]:
    """List what prevents a replay: series with a wrong length or a value that is not a number."""
    n = plan.horizon.intervals
    series = {"meter: grid_kw": (plan.grid_kw, n)}
    for each in plan.ups:
        series |= {
            f"{each.ups_id}: load_kw": (each.load_kw, n),
            f"{each.ups_id}: charge_kw": (each.charge_kw, n),
            f"{each.ups_id}: discharge_kw": (each.discharge_kw, n),
            f"{each.ups_id}: stored_kwh": (each.stored_kwh, n + 1),
        }
    faults = [] if plan.ups else ["the plan has no setpoints of any UPS system"]
    faults += [
        f"{each.ups_id}: reserve_kwh has {len(each.reserve_kwh)} values, not {n + 1}"
        for each in plan.ups
        if len(each.reserve_kwh) != n + 1
    ]
    faults += [
        f"{name} has {len(values)} values, not {expected}"
        for name, (values, expected) in series.items()
        if len(values) != expected
    ]
    faults += [
        f"{name} holds a value that is not a number"
        for name, (values, _) in series.items()
        if not np.isfinite(values).all()
    ]
    known = [ups.id for ups in evidence.site.ups]
    given = [each.ups_id for each in plan.ups]
    faults += [f"{ups_id}: the site has no such system" for ups_id in given if ups_id not in known]
    return faults + [f"{ups_id}: stated twice" for ups_id in sorted({each for each in given if given.count(each) > 1})]


def load_disagreements(system: SystemReplay) -> list[str]:
    """List where a stated load differs from the site's own."""
    stated, known = np.array(system.stated.load_kw), system.known_kw
    differs = np.abs(stated - known) > AGREES_KW
    if not differs.any():
        return []
    at = int(np.argmax(differs))
    what = f"{system.ups.id}: the plan states a load of {stated[at]:.2f} kW, the site's own is {known[at]:.2f} kW,"
    return first_of(system.horizon, {what: differs})


def stored_disagreements(system: SystemReplay) -> list[str]:
    """List where stated energy does not follow from the setpoints, and where the start differs from the state."""
    ups_id, slack_kwh = system.ups.id, TOLERANCE_FRACTION * system.ups.capacity_kwh
    differs = np.abs(system.claimed_kwh - system.followed_kwh) > slack_kwh
    broken = {f"{ups_id}: stored energy does not follow from charge and discharge": differs[1:]}
    found = first_of(system.horizon, broken)
    state = system.evidence.state
    if state is None or not (ups_id in state.stored_kwh or ups_id in state.unit_stored_kwh):
        return found
    measured_kwh, stated_kwh = system.evidence.stored_at_start_kwh(system.ups), system.claimed_kwh[0]
    if abs(measured_kwh - stated_kwh) > system.slack_kwh[0]:
        stated = f"the plan starts with {stated_kwh:.3f} kWh stored"
        found.append(f"{ups_id}: {stated}, the state says {measured_kwh:.3f} kWh")
    return found


def reserve_disagreements(system: SystemReplay, needed: Needed) -> list[str]:
    """List where a stated reserve differs from the site's reserve, or from the part that charging surely reaches."""
    stated = np.array(system.stated.reserve_kwh, dtype=float)
    reached = np.minimum(system.asked_kwh, np.maximum(needed.reached_kwh, system.usual_kwh))
    slack_kwh = TOLERANCE_FRACTION * system.ups.capacity_kwh + system.slack_kwh
    off = (stated > system.asked_kwh + slack_kwh) | (stated < reached - slack_kwh)
    differs = off[1:] & ~np.isnan(stated[1:])
    if not differs.any():
        return []
    at = int(np.argmax(differs)) + 1
    what = (
        f"{system.ups.id}: the plan states a reserve of {stated[at]:.2f} kWh, the site asks for "
        f"{system.asked_kwh[at]:.2f} kWh, at the end of the interval"
    )
    return first_of(system.horizon, {what: differs})


def meter_disagreements(plan: StatedPlan, worked_out_kw: FloatArray) -> list[str]:
    """List where the stated meter does not follow from loads and setpoints."""
    stated = np.array(plan.grid_kw)
    differs = np.abs(stated - worked_out_kw) > AGREES_KW
    if not differs.any():
        return []
    at = int(np.argmax(differs))
    what = f"meter: the plan states {stated[at]:.2f} kW, loads and setpoints make {worked_out_kw[at]:.2f} kW,"
    return first_of(plan.horizon, {what: differs})


def ride_through_disagreements(plan: StatedPlan, systems: list[SystemReplay]) -> Iterator[str]:
    """List where stated seconds differ from those of the replay."""
    for system in systems:
        stated = np.array(plan.ride_through_s.get(system.ups.id, ()), dtype=float)
        if len(stated) == 0:
            continue
        replayed = system.policy.seconds.min(axis=1)
        differs = (np.abs(stated - replayed) > AGREES_S + AGREES_PART * replayed)[1:]
        if differs.any():
            at = int(np.argmax(differs)) + 1
            what = (
                f"{system.ups.id}: the plan states a ride-through of {stated[at]:.2f} s, the replay finds "
                f"{replayed[at]:.2f} s, at the end of the interval"
            )
            yield from first_of(plan.horizon, {what: differs})


def certificate_disagreements(given: Mapping[str, object], found: Certificate) -> Iterator[str]:
    """List the figures of a plan's own certificate that differ from the new ones."""
    words = {
        "site_sha256": "the site file or one of its series",
        "state_sha256": "the state",
        "plan_sha256": "the setpoints",
    }
    for name, what in words.items():
        stated, worked_out = given.get(name), getattr(found, name)
        if stated is not None and worked_out is not None and stated != worked_out:
            hashes = f"{name} is {str(stated)[:12]}, now {worked_out[:12]}"
            yield f"certificate: {what} changed since it was issued ({hashes})"
    for name in ("outages_replayed", "failures"):
        stated, counted = given.get(name), getattr(found, name)
        if stated is not None and stated != counted:
            yield f"certificate: {name} is stated as {stated}, the replay finds {counted}"
    yield from _worst_disagreement(given, found)
    expires = given.get("expires_at")
    if expires is not None and expires != found.expires_at:
        yield f"certificate: it is stated to expire at {expires}, the plan ends at {found.expires_at.isoformat()}"


def _worst_disagreement(given: Mapping[str, object], found: Certificate) -> Iterator[str]:
    """Compare the margin of the worst outage: of several with the same, rounding decides which one is named."""
    seconds, required = given.get("worst_ride_through_s"), given.get("required_s")
    worst = found.worst
    if seconds is None and required is None:
        return
    stated_s = worst.ride_through_s if seconds is None else seconds
    required_s = worst.required_s if required is None else required
    if not (_is_number(stated_s) and _is_number(required_s)):
        yield f"certificate: worst_ride_through_s and required_s are stated as {stated_s!r} and {required_s!r}"
        return
    margin_s = float(stated_s) - float(required_s)  # type: ignore[arg-type]
    if abs(margin_s - worst.margin_s) > AGREES_S + AGREES_PART * abs(worst.ride_through_s):
        yield (
            f"certificate: worst_ride_through_s is stated as {stated_s} of {required_s} s, the replay finds "
            f"{worst.ride_through_s:g} of {worst.required_s:g} s"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

"""The assumptions of a certificate, and the checks that were impossible."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from ridethrough.domain import Horizon, SiteState
from ridethrough.domain.horizon import zone
from ridethrough.optimizer.certificate.evidence import Evidence, KnownLoad, Load
from ridethrough.optimizer.certificate.system import SystemReplay

NO_STATE = "no state given"
"""How a note begins that takes batteries as full."""


def assumptions(evidence: Evidence, systems: Sequence[SystemReplay]) -> Iterator[str]:
    """List the assumptions about the state, and about loads after the plan."""
    yield from _state_assumptions(evidence, systems)
    yield from _forecast_assumptions(evidence, systems)
    for each in systems:
        load, horizon = evidence.load_kw[each.ups.id], each.horizon
        longest = timedelta(seconds=max(duty.duration_s for duty in each.ups.reserve.duties))
        if isinstance(load, KnownLoad) and load.end < horizon.end + longest and not np.isnan(each.known_kw[-1]):
            since = load.end.astimezone(zone(horizon.timezone)).isoformat()
            yield (
                f"{each.ups.id}: the load after {since} is not known and taken as at most the protected load of "
                f"{each.ups.protected_load_kw:g} kW"
            )


def _state_assumptions(evidence: Evidence, systems: Sequence[SystemReplay]) -> Iterator[str]:
    state = evidence.state or SiteState()
    measured_ids = state.stored_kwh.keys() | state.unit_stored_kwh.keys()
    for each in systems:
        if each.ups.id in measured_ids:
            continue
        start_kwh, full_kwh = each.claimed_kwh[0], each.ups.max_stored_kwh
        kept = "" if start_kwh >= full_kwh - each.slack_kwh[0] else f"; the plan counts on {start_kwh:.1f} kWh of them"
        yield f"{each.ups.id}: {NO_STATE}, batteries are assumed full ({full_kwh:.1f} kWh) at the start{kept}"
    if measured_ids and systems:
        yield from _time_of_state(evidence, state, systems[0].horizon)


def _forecast_assumptions(evidence: Evidence, systems: Sequence[SystemReplay]) -> Iterator[str]:
    """Note what hangs on a forecast of the loads, and what does not."""
    if evidence.forecast_from is None or not systems:
        return
    since = evidence.forecast_from.astimezone(zone(systems[0].horizon.timezone)).isoformat()
    yield (
        f"loads from {since} on are forecast: the limits of the meter, of ramps, load swings and back-feed are kept if "
        "loads come as forecast; outages are carried at any load up to the protected or the forecast one, if higher"
    )


def _time_of_state(evidence: Evidence, state: SiteState, horizon: Horizon) -> Iterator[str]:
    """Note if a state is not from the plan's start."""
    start = horizon.start_of(0)
    if state.measured_at is None:
        yield f"the state says no time (measured_at) and is taken as that at the plan's start, {start.isoformat()}"
        return
    measured = state.measured_at.astimezone(zone(horizon.timezone)).isoformat()
    age_s = (horizon.start - state.measured_at).total_seconds()
    limit_s = evidence.site.telemetry_max_age_s
    if age_s < 0:
        yield f"the state was measured at {measured}, after the plan's start at {start.isoformat()}"
    elif age_s > limit_s:
        yield (
            f"the state was measured at {measured}, {age_s:,.0f} s before the plan's start (telemetry_max_age_s is "
            f"{limit_s:g}), and is taken as that at the start"
        )


def not_checked(evidence: Evidence, horizon: Horizon, systems: Sequence[SystemReplay]) -> Iterator[str]:
    """List the series that do not cover the plan's time, so that nothing could be checked against them."""
    loads: dict[str, Load] = {each.ups.id: evidence.load_kw[each.ups.id] for each in systems}
    for name, load in {**loads, "unprotected load": evidence.unprotected_load_kw}.items():
        if not isinstance(load, KnownLoad):
            continue
        if not load.fits(horizon):
            minutes = load.step / timedelta(minutes=1)
            yield (
                f"{name}: the plan's intervals of {horizon.interval_minutes} minutes do not lie inside the steps of "
                f"{minutes:g} minutes of {load.source}"
            )
        elif load.start > horizon.start or load.end < horizon.end:
            yield f"{name}: {load.source} is known {_stretch(horizon, load.start, load.end)}"
    prices = evidence.prices_known
    if prices is not None and (prices.start > horizon.start or prices.end < horizon.end):
        yield f"prices: they are known {_stretch(horizon, prices.start, prices.end)}"


def _stretch(horizon: Horizon, start: datetime, end: datetime) -> str:
    """The known time of a series, and the time of the plan."""
    local = zone(horizon.timezone)
    known = " to ".join(each.astimezone(local).isoformat() for each in (start, end))
    planned = f"{horizon.start_of(0).isoformat()} to {horizon.end.astimezone(local).isoformat()}"
    return f"from {known}, the plan is for {planned}"

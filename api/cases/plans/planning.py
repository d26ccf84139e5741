"""From a site's inputs to the plan of one local day, with what it assumes."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ridethrough.api.cases.plans.day_problem import LONGEST_LOOK_AHEAD_H, check_state, problem_of_day
from ridethrough.api.cases.plans.evidence import evidence_of
from ridethrough.api.cases.plans.plan_notes import loads_assumptions, state_assumptions, swing_notes, tariff_notes
from ridethrough.api.cases.plans.planning_ahead import MonthSoFar, plan_from_past
from ridethrough.api.cases.plausibility import doubts_before, doubts_on, no_trading_because
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import (
    Fault,
    Horizon,
    ReserveRequirement,
    SiteState,
    UnableToAccept,
)
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import DispatchPlan
from ridethrough.operation.ahead import Ahead
from ridethrough.optimizer import plan_dispatch
from ridethrough.optimizer.problem.limits.reserves import reserves_asked

_DISPATCH = "dispatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """A plan, its inputs, the assumptions, and the charges that its tariff leaves out."""

    plan: DispatchPlan
    inputs: SiteInputs
    requirements: tuple[ReserveRequirement, ...]
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]
    month_to_date: MonthSoFar
    ahead: Ahead | None = None
    """The forecast and the ceilings, where the load to come is not in the site's files."""
    look_ahead_h: float = 0.0
    """The hours past the end of the plan that were planned with it, and are not part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked of a plan besides its time: see `plan_day`; `at_once` is a plan from now."""

    now: datetime
    state: SiteState | None
    state_source: str
    look_ahead_h: float | None
    time_limit_s: float
    at_once: bool
    hold_because: tuple[str, ...]


def plan_day(
    inputs: SiteInputs,
    *,
    now: datetime,
    day: date | None = None,
    from_now: bool = False,
    with_interval_under_way: bool = False,
    state: SiteState | None = None,
    state_source: str = "state",
    look_ahead_h: float | None = None,
    time_limit_s: float = 30.0,
    hold_because: tuple[str, ...] = (),
) -> PlannedDay:
    """Plan one local day of a site, or from `now` to the end of the next local day (`from_now`).

    A plan from now begins with the next interval; `with_interval_under_way` it begins with the interval of now, as if
    the state were that at its start: the certificate says so.

    Without `day` it is tomorrow. Where the site's loads end before the end of the day, or with `from_now`, the load is
    forecast from what was known; else the loads of the files are taken for those to come, and the answer says so.
    Without `look_ahead_h` a plan from files looks a day past its end, as far as the series reach. `state_source` names
    the state in what is said of it. `hold_because` says why a plan from now trades nothing, where the caller knows.

    Raises `UnableToAccept` where too little is known, or the state does not fit the site.
    """
    assumptions: list[str] = []
    _check_asked(day, look_ahead_h)
    local, block, known_at = _asked_block(inputs, now, day, assumptions, from_now=from_now)
    if with_interval_under_way and block.start > now:
        block = replace(block, start=block.start - block.step, intervals=block.intervals + 1)
    asked = _Asked(
        now=now,
        state=state,
        state_source=state_source,
        look_ahead_h=look_ahead_h,
        time_limit_s=time_limit_s,
        at_once=from_now,
        hold_because=hold_because,
    )
    if from_now or ends_before(inputs, block):
        return _day_ahead(inputs, block, known_at, assumptions, asked)
    return _day_of_files(inputs, local, assumptions, asked)


def _day_of_files(inputs: SiteInputs, local: date, assumptions: list[str], asked: _Asked) -> PlannedDay:
    """Plan with the loads of the site's files."""
    state, state_source = asked.state, asked.state_source
    problem = problem_of_day(
        inputs, local, assumptions, state=state, state_source=state_source, look_ahead_h=asked.look_ahead_h
    )
    evidence = evidence_of(inputs, state)
    if state is not None:
        inputs = replace(inputs, provenance=inputs.provenance.and_state(state, state_source))
    assumptions += loads_assumptions(inputs, local)
    assumptions += state_assumptions(inputs, problem.charges, problem.state)
    unverified = no_trading_because(inputs, problem.horizon)
    plan = plan_dispatch(
        problem,
        issued_at=asked.now,
        time_limit_s=asked.time_limit_s,
        evidence=evidence,
        no_trading_because=unverified,
        without_small_blocks=True,
    )
    return PlannedDay(
        plan=plan,
        inputs=inputs,
        requirements=tuple(reserves_asked(problem).requirement.values()),
        assumptions=tuple(assumptions),
        notes=(
            *problem.charges.warnings,
            *tariff_notes(inputs, local),
            *swing_notes(inputs),
            *plan.certificate.assumes,
            *doubts_on(inputs, problem.horizon),
        ),
        month_to_date=MonthSoFar(
            peaks_kw=dict(problem.state.peaks_kw),
            source=state_source if problem.state.peaks_kw else "not given: planned as if nothing were billed yet",
        ),
        look_ahead_h=(problem.horizon.end - plan.horizon.end) / timedelta(hours=1),
    )


def _asked_block(
    inputs: SiteInputs, now: datetime, day: date | None, assumptions: list[str], *, from_now: bool
) -> tuple[date, Horizon, datetime]:
    """The first local day planned, the intervals to plan, and the moment from which on nothing is known."""
    site = inputs.site
    if from_now:
        today = now.astimezone(zone(site.timezone)).date()
        whole = Horizon.of_local_day(today, site.timezone, site.interval_minutes)
        end = Horizon.of_local_day(today + timedelta(days=1), site.timezone, site.interval_minutes).end
        start = whole.start + -((whole.start - now) // whole.step) * whole.step
        return today, replace(whole, start=start, intervals=(end - start) // whole.step), now
    local = day or now.astimezone(zone(site.timezone)).date() + timedelta(days=1)
    if day is None:
        assumptions.append(f"no date given: {local} is tomorrow at the site")
    block = Horizon.of_local_day(local, site.timezone, site.interval_minutes)
    return local, block, block.start if day is not None else now


def ends_before(inputs: SiteInputs, block: Horizon) -> bool:
    """Whether a load series begins before the block, and ends before the end of it."""
    loads = [each for each in (*inputs.loads.values(), inputs.unprotected_load) if isinstance(each, TimeSeries)]
    return any(load.start < block.start and load.end < block.end for load in loads)


def _day_ahead(
    inputs: SiteInputs, block: Horizon, known_at: datetime, assumptions: list[str], asked: _Asked
) -> PlannedDay:
    """Plan from the past alone."""
    if asked.state is not None:
        check_state(inputs, block, asked.state, asked.state_source)
        inputs = replace(inputs, provenance=inputs.provenance.and_state(asked.state, asked.state_source))
    made = plan_from_past(
        inputs,
        block,
        now=known_at,
        state=asked.state,
        state_source=asked.state_source,
        time_limit_s=asked.time_limit_s,
        at_once=asked.at_once,
        hold_because=asked.hold_because,
    )
    local = block.start_of(0).date()
    return PlannedDay(
        plan=replace(made.plan, issued_at=asked.now),
        inputs=_without_dispatch_defaults(inputs),
        requirements=tuple(reserves_asked(made.problem).requirement.values()),
        assumptions=(*assumptions, *made.assumptions, *_dispatch_assumptions(inputs)),
        notes=(
            *made.problem.charges.warnings,
            *tariff_notes(inputs, local),
            *swing_notes(inputs),
            *made.plan.certificate.assumes,
            *doubts_before(inputs, block, known_at),
        ),
        month_to_date=made.month_to_date,
        ahead=made.ahead,
    )


def _without_dispatch_defaults(inputs: SiteInputs) -> SiteInputs:
    """The inputs without the default of `dispatch`: a plan from a forecast follows the meter, and does not use it."""
    used = {name: value for name, value in inputs.provenance.defaulted.items() if name.split(".")[0] != _DISPATCH}
    return replace(inputs, provenance=replace(inputs.provenance, defaulted=used))


def _dispatch_assumptions(inputs: SiteInputs) -> tuple[str, ...]:
    least = replace(inputs.site.dispatch, most_discharges_per_day=None)
    if least == DispatchLimits():
        return ()
    return (f"dispatch ({least}) is not applied: a plan from a forecast follows the meter",)


def _check_asked(day: date | None, look_ahead_h: float | None) -> None:
    """Refuse a day or a look-ahead for which no plan can be made."""
    faults = []
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        faults.append(Fault(field="date", value=str(day), allowed=f"in the years {FIRST_YEAR} to {LAST_YEAR}"))
    if look_ahead_h is not None and not 0 <= look_ahead_h <= LONGEST_LOOK_AHEAD_H:
        allowed = f"from 0 to {LONGEST_LOOK_AHEAD_H:g} hours"
        faults.append(Fault(field="look_ahead_h", value=look_ahead_h, allowed=allowed))
    if faults:
        raise UnableToAccept(faults)

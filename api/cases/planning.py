"""From a site's inputs to the optimizer's problem for one local day, and to the plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil, isinf

import numpy as np

from ridethrough.api.cases.evidence import evidence_of
from ridethrough.api.cases.planning_ahead import MonthSoFar, plan_from_past
from ridethrough.api.cases.plausibility import doubts_before, doubts_on, no_trading_because, refuse_impossible_prices
from ridethrough.api.reading.series.resampling import covering, minutes, prices_over
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.api.reading.tariff_file import unpriced
from ridethrough.domain import (
    Binding,
    Fault,
    Horizon,
    PriceSeries,
    ReserveRequirement,
    SiteState,
    UnableToAccept,
    UpsSystem,
    reserve_requirement,
)
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import DispatchPlan
from ridethrough.operation.ahead import Ahead
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.limits.reserves import reserves_asked
from ridethrough.optimizer.reserve_price import ReservePrice, price_reserve
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.inputs import check_inputs
from ridethrough.tariffs.not_priced import UnableToPrice

DEFAULT_LOOK_AHEAD_H = 24.0
LONGEST_LOOK_AHEAD_H = 31 * 24.0
MOST_INTERVALS = 10_000


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


def plan_day(
    inputs: SiteInputs,
    *,
    now: datetime,
    day: date | None = None,
    from_now: bool = False,
    state: SiteState | None = None,
    state_source: str = "state",
    look_ahead_h: float | None = None,
    time_limit_s: float = 30.0,
) -> PlannedDay:
    """Plan one local day of a site, or from `now` to the end of the next local day (`from_now`).

    Without `day` it is tomorrow. Where the site's loads end before the end of the day, or with `from_now`, the load is
    forecast from what was known; else the loads of the files are taken for those to come, and the answer says so.
    Without `look_ahead_h` a plan from files looks a day past its end, as far as the series reach. `state_source` names
    the state in what is said of it.

    Raises `UnableToAccept` where too little is known, or the state does not fit the site.
    """
    assumptions: list[str] = []
    _check_asked(day, look_ahead_h)
    local, block, known_at = _asked_block(inputs, now, day, assumptions, from_now=from_now)
    if from_now or ends_before(inputs, block):
        return _day_ahead(
            inputs,
            block,
            known_at,
            assumptions,
            issued_at=now,
            state=state,
            state_source=state_source,
            time_limit_s=time_limit_s,
            at_once=from_now,
        )
    problem = _problem_of_day(
        inputs, local, assumptions, state=state, state_source=state_source, look_ahead_h=look_ahead_h
    )
    evidence = evidence_of(inputs, state)
    if state is not None:
        inputs = replace(inputs, provenance=inputs.provenance.and_state(state, state_source))
    assumptions += _loads_assumptions(inputs, local)
    assumptions += _state_assumptions(inputs, problem.charges, problem.state)
    unverified = no_trading_because(inputs, problem.horizon)
    plan = plan_dispatch(
        problem,
        issued_at=now,
        time_limit_s=time_limit_s,
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
            *_tariff_notes(inputs, local),
            *_swing_notes(inputs),
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
    inputs: SiteInputs,
    block: Horizon,
    known_at: datetime,
    assumptions: list[str],
    *,
    issued_at: datetime,
    state: SiteState | None,
    state_source: str,
    time_limit_s: float,
    at_once: bool,
) -> PlannedDay:
    """Plan from the past alone."""
    if state is not None:
        check_state(inputs, block, state, state_source)
        inputs = replace(inputs, provenance=inputs.provenance.and_state(state, state_source))
    made = plan_from_past(
        inputs, block, now=known_at, state=state, state_source=state_source, time_limit_s=time_limit_s, at_once=at_once
    )
    local = block.start_of(0).date()
    return PlannedDay(
        plan=replace(made.plan, issued_at=issued_at),
        inputs=inputs,
        requirements=tuple(reserves_asked(made.problem).requirement.values()),
        assumptions=(*assumptions, *made.assumptions),
        notes=(
            *made.problem.charges.warnings,
            *_tariff_notes(inputs, local),
            *_swing_notes(inputs),
            *made.plan.certificate.assumes,
            *doubts_before(inputs, block),
        ),
        month_to_date=made.month_to_date,
        ahead=made.ahead,
    )


def _loads_assumptions(inputs: SiteInputs, day: date) -> Iterator[str]:
    """Say that the loads of files are taken for those to come."""
    named = [load.source for load in inputs.loads.values() if isinstance(load, TimeSeries)]
    if named:
        yield f"the loads of {day} are those of {', '.join(dict.fromkeys(named))}, as if they were known"


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


def check_state(inputs: SiteInputs, horizon: Horizon, state: SiteState, source: str) -> None:
    """Refuse a state that is impossible for the site or its tariff."""
    faults: list[Fault] = []
    for check in (state.check_against, state.check_complete):
        try:
            check(inputs.site)
        except UnableToAccept as error:
            faults += error.faults
    if inputs.tariff is not None:
        try:
            check_inputs(inputs.tariff, horizon, prices=None, state=state, events=(), power_factor=None)
        except UnableToAccept as error:
            faults += error.faults
    else:
        for name in (*state.peaks_kw, *state.past_peaks_kw):
            faults.append(Fault(field=f"peaks_kw.{name}", value=name, allowed="left out: the site has no tariff"))
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)


def price_of_reserve(
    inputs: SiteInputs, *, now: datetime, day: date | None = None, state: SiteState | None = None
) -> tuple[date, tuple[ReservePrice, ...]]:
    """The saving of one local day that extra minutes of ride-through cost, and the day.

    Raises `UnableToAccept` as `plan_day` does.
    """
    local = day or _default_day(inputs, now, [])
    problem = _problem_of_day(inputs, local, [], state=state)
    refuse_impossible_prices(inputs, problem.horizon)
    return local, price_reserve(problem, issued_at=now)


def _problem_of_day(
    inputs: SiteInputs,
    day: date,
    assumptions: list[str],
    *,
    state: SiteState | None,
    state_source: str = "state",
    look_ahead_h: float | None = None,
) -> DispatchProblem:
    planned = Horizon.of_local_day(day, inputs.site.timezone, inputs.site.interval_minutes)
    horizon = _horizon(inputs, planned, look_ahead_h, assumptions)
    if state is not None:
        check_state(inputs, horizon, state, state_source)
    return _problem(inputs, planned.intervals, horizon, state or SiteState())


def reserves_of(inputs: SiteInputs) -> tuple[ReserveRequirement, ...]:
    """The reserve of every UPS system at its protected load, with the meter's headroom for recharging.

    A reserve that is never restored after an outage is not feasible, whatever the policy allows.
    """
    site = inputs.site
    protected = {ups.id: max(ups.protected_load_kw, _peak_kw(inputs.loads[ups.id])) for ups in site.ups}
    drawn_kw = sum(ups.input_kw(protected[ups.id]) for ups in site.ups)
    headroom_kw = max(0.0, site.interconnection.import_limit_kw - _peak_kw(inputs.unprotected_load) - drawn_kw)
    requirements = (
        reserve_requirement(ups, protected_load_kw=protected[ups.id], meter_headroom_kw=headroom_kw) for ups in site.ups
    )
    return tuple(
        replace(each, feasible=False, binding=Binding.RECHARGE) if each.feasible and isinf(each.recharge_h) else each
        for each in requirements
    )


def _peak_kw(load: TimeSeries | float) -> float:
    return max(load.values) if isinstance(load, TimeSeries) else load


def _all_series(inputs: SiteInputs) -> Iterator[TimeSeries]:
    for load in (*inputs.loads.values(), inputs.unprotected_load, inputs.prices):
        if isinstance(load, TimeSeries):
            yield load


def _default_day(inputs: SiteInputs, now: datetime, assumptions: list[str]) -> date:
    """Tomorrow if every series covers it, otherwise the last whole local day that all series cover."""
    local = zone(inputs.site.timezone)
    day = now.astimezone(local).date() + timedelta(days=1)
    ends = [series.end for series in _all_series(inputs)]
    if ends and min(ends) < _midnight_after(inputs, day):
        last = min(ends).astimezone(local).date()
        while _midnight_after(inputs, last) > min(ends):
            last -= timedelta(days=1)
        assumptions.append(f"no date given: {last} is the last day that every series covers")
        return last
    assumptions.append(f"no date given: {day} is tomorrow at the site")
    return day


def _midnight_after(inputs: SiteInputs, day: date) -> datetime:
    return Horizon.of_local_day(day, inputs.site.timezone, inputs.site.interval_minutes).end


def _problem(inputs: SiteInputs, plan_intervals: int, horizon: Horizon, state: SiteState) -> DispatchProblem:
    site = inputs.site
    conditions = (*site.conditions, *state.conditions)

    def longest_s(ups: UpsSystem) -> float:
        """The longest ride-through that any condition or policy of a system requires."""
        asked = (each.ride_through_s or 0.0 for each in conditions)
        once_s = max(ups.reserve.ride_through_s, *(duty.duration_s for duty in ups.reserve.duties), *asked)
        return once_s * ups.reserve.outages_before_recharge

    faults: list[Fault] = []
    loads = {ups.id: _values(inputs.loads[ups.id], horizon, faults) for ups in site.ups}
    others = _values(inputs.unprotected_load, horizon, faults)
    prices = prices_over(inputs.prices, horizon, faults)
    if faults:
        raise UnableToAccept(fault for index, fault in enumerate(faults) if fault not in faults[:index])
    return DispatchProblem(
        site=site,
        horizon=horizon,
        charges=_charges(inputs, horizon, prices, state),
        load_kw=loads,
        unprotected_load_kw=others,
        state=state,
        plan_intervals=plan_intervals,
        load_after_kw={ups.id: _load_after(inputs.loads[ups.id], horizon, longest_s(ups)) for ups in site.ups},
    )


def _load_after(load: TimeSeries | float, horizon: Horizon, seconds: float) -> tuple[float, ...]:
    """The known load after a horizon, for the length of an outage that starts at its end."""
    if not isinstance(load, TimeSeries):
        return ()
    first = (horizon.end - load.start) // horizon.step
    return tuple(load.values[first : first + ceil(seconds / horizon.step.total_seconds())])


def _horizon(inputs: SiteInputs, planned: Horizon, look_ahead_h: float | None, assumptions: list[str]) -> Horizon:
    """The planned day and its look-ahead; a default look-ahead ends where the series end."""
    wanted_h = DEFAULT_LOOK_AHEAD_H if look_ahead_h is None else look_ahead_h
    if look_ahead_h is None:
        reach = min((series.end for series in _all_series(inputs)), default=planned.end + timedelta(hours=wanted_h))
        wanted_h = max(0.0, min(wanted_h, (reach - planned.end) / timedelta(hours=1)))
        assumptions.append(f"look-ahead: {wanted_h:g} h past the end of the day")
    intervals = planned.intervals + int(wanted_h / planned.interval_h + 1e-9)
    if intervals > MOST_INTERVALS:
        value = f"{intervals} intervals of {planned.interval_minutes} minutes"
        raise UnableToAccept([Fault(field="look_ahead_h", value=value, allowed=f"at most {MOST_INTERVALS} intervals")])
    return planned.first(intervals)


def _values(load: TimeSeries | float, horizon: Horizon, faults: list[Fault]) -> tuple[float, ...]:
    """The load in each interval of the horizon; a series must have exactly the horizon's step."""
    if not isinstance(load, TimeSeries):
        return (load,) * horizon.intervals
    if load.step != horizon.step:
        allowed = f"{horizon.interval_minutes} minutes, the site's interval_minutes"
        faults.append(Fault(field="step", source=load.source, value=minutes(load.step), allowed=allowed))
        return ()
    return covering(load, horizon, faults)


def _state_assumptions(inputs: SiteInputs, charges: HorizonCharges, state: SiteState) -> Iterator[str]:
    """Note the assumptions for everything that the state does not contain."""
    known = state.stored_kwh.keys() | state.unit_stored_kwh.keys()
    full = [ups.id for ups in inputs.site.ups if ups.id not in known]
    if full:
        yield f"stored energy not given: {', '.join(full)} taken as full"
    if inputs.site.interconnection.export_limit_kw > 0 and not charges.export_per_kwh.any():
        yield "exported energy earns nothing: the tariff has no price for it"
    unknown = sorted({term.charge for term in charges.held} - state.peaks_kw.keys())
    if unknown:
        yield f"month-to-date peaks not given: planned as if nothing were billed yet for {', '.join(unknown)}"
    if charges.tiers and not state.energy_kwh:
        yield "month-to-date energy not given: energy tiers start from 0 kWh"


def _tariff_notes(inputs: SiteInputs, day: date) -> Iterator[str]:
    """Note if a tariff's figures are not valid on the planned day, or if energy has no price."""
    tariff = inputs.tariff
    if tariff is None:
        return
    since, until = tariff.effective_from, tariff.effective_until
    if (until is not None and day >= until) or (since is not None and day < since):
        held = f"from {since or 'ever'} to {until or 'now'}"
        yield f"{tariff.name}: these figures are valid {held}; {day} is priced with them anyway"
    if tariff.energy is None and inputs.prices is None:
        yield f"{tariff.name} has no energy charge and no prices are given: energy is planned as if it were free"


def _swing_notes(inputs: SiteInputs) -> Iterator[str]:
    """Note the part of load swings that batteries absorb, its wear, and the part beyond the batteries."""
    for ups in inputs.site.ups:
        headroom_kw = ups.swing_headroom_kw
        if ups.swing is None or headroom_kw <= 0:
            continue
        most_kw = min(ups.charge_limit_kw, ups.discharge_limit_kw)
        cycled_kw = min(headroom_kw, most_kw) / 2
        swing = f"swings of {ups.swing.amplitude_kw:,.0f} kW at {ups.swing.frequency_hz:g} Hz"
        wear = cycled_kw * ups.battery.wear_cost_per_kwh
        yield (
            f"{ups.id}: {headroom_kw:,.0f} kW of battery power is kept for {swing} that the capacitor does not take; "
            f"they wear at most {wear:,.2f} {inputs.site.currency} an hour, which is in no cost here"
        )
        if headroom_kw > most_kw:
            yield f"{ups.id}: of these swings {headroom_kw - most_kw:,.0f} kW are beyond the batteries too"


def _charges(inputs: SiteInputs, horizon: Horizon, prices: PriceSeries | None, state: SiteState) -> HorizonCharges:
    if inputs.tariff is None:
        return HorizonCharges(horizon=horizon, energy_per_kwh=np.array(prices.price_per_kwh if prices else ()))
    try:
        return charges_over(inputs.tariff, horizon, prices=prices, state=state)
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, f"tariff {inputs.tariff.name}")) from error

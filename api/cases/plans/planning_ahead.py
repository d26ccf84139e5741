"""From a site's past to a plan of the coming time: what is known now, the forecast, and the plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial

import numpy as np

from ridethrough.api.cases.plans.known_past import known_past, protected_site, published_prices
from ridethrough.api.cases.plausibility import no_trading_because
from ridethrough.api.reading.series.resampling import values_over
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.api.reading.tariff_file import unpriced
from ridethrough.domain import Horizon, Site, SiteState, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.operation.ahead import Ahead, BillingSpan, ceilings_kw, expected_course, plan_ahead
from ridethrough.operation.ceilings.hours import net_load_kw
from ridethrough.operation.ceilings.period import prices_ahead
from ridethrough.operation.guard import GuardedPlanner, reason_against
from ridethrough.operation.known.published import published_until
from ridethrough.operation.known.so_far import state_so_far
from ridethrough.operation.planner import Known
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.dispatch import assess, evidence_in
from ridethrough.optimizer.problem.plan_basis import PlanBasis, basis_of
from ridethrough.optimizer.problem.recovery import reserve_alarms
from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.resolution import calendar_of_plans
from ridethrough.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSoFar:
    """The peak of each charge so far in the billing period (kW), and where it is from."""

    peaks_kw: dict[str, float]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedAhead:
    """A plan made from the past alone, the problem it answers, what it is judged by, and what is said of both."""

    plan: DispatchPlan
    problem: DispatchProblem
    evidence: Evidence
    basis: PlanBasis
    ahead: Ahead
    month_to_date: MonthSoFar
    assumptions: tuple[str, ...]


def plan_from_past(
    inputs: SiteInputs,
    block: Horizon,
    *,
    now: datetime,
    state: SiteState | None,
    state_source: str,
    time_limit_s: float,
    at_once: bool = False,
    hold_because: tuple[str, ...] = (),
) -> PlannedAhead:
    """Plan a block from what was known at `now`: series values before it, and prices published by then.

    A plan that begins `at_once` holds where the state is too old, of the future, or has no time, and where the price of
    now is not known; any plan holds for what `hold_because` says.

    Raises `UnableToAccept` with every fault: series of another step, or no past to forecast from.
    """
    past, given = known_past(inputs, block, now), state or SiteState()
    tariff = inputs.tariff or Tariff(name="market prices", currency=inputs.site.currency)
    billing = _billing_span(tariff, block)
    known, so_far = _known(inputs, block, now, past=past, given=given, tariff=tariff, billing=billing)
    try:
        ahead = plan_ahead(known, billing, so_far.peaks_kw)
        assert ahead is not None  # noqa: S101 - enough is known
        problem = _problem(known, ahead)
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, f"tariff {tariff.name}")) from error
    basis, evidence = basis_of(problem), replace(evidence_in(problem), forecast_from=past.end)
    against = reason_against(GuardedPlanner().last_periods(known), tariff.currency)
    hold = [*hold_because, *unverified_prices(inputs, block, now, at_once=at_once), *([against] if against else [])]
    if at_once and state is not None:
        hold += _outdated(state, inputs.site, now, state_source)
    plan, notes = _plan(basis, evidence, ahead, now, time_limit_s, hold)
    return PlannedAhead(
        plan=plan,
        problem=problem,
        evidence=evidence,
        basis=basis,
        ahead=ahead,
        month_to_date=_month_so_far(so_far, given, past, state_source),
        assumptions=(*_assumptions(known, past), *notes),
    )


def _known(
    inputs: SiteInputs,
    block: Horizon,
    now: datetime,
    *,
    past: Horizon,
    given: SiteState,
    tariff: Tariff,
    billing: BillingSpan,
) -> tuple[Known, SiteState]:
    """What is known at `now`, and the state that the series of the past say."""
    site = protected_site(inputs, past)
    loads = np.array([values_over(inputs.loads[ups.id], past) for ups in site.ups])
    others = values_over(inputs.unprotected_load, past)
    so_far = state_so_far(tariff, past, net_load_kw(site, loads, others), block.start)
    known = Known(
        issued_at=now,
        site=site,
        tariff=tariff,
        block=block,
        latest=billing.next_end,
        period_end=billing.end,
        study_end=billing.next_end,
        state=_merged(so_far, given),
        past=past,
        load_kw=loads,
        unprotected_load_kw=others,
        price_per_kwh=published_prices(inputs, past, now),
    )
    return known, so_far


def _merged(so_far: SiteState, given: SiteState) -> SiteState:
    """A measured state goes before what the series say."""
    past = {name: {**months, **given.past_peaks_kw.get(name, {})} for name, months in so_far.past_peaks_kw.items()}
    return replace(
        given,
        peaks_kw={**so_far.peaks_kw, **given.peaks_kw},
        past_peaks_kw={**given.past_peaks_kw, **past},
        energy_kwh=given.energy_kwh or so_far.energy_kwh,
        period_energy_kwh={**so_far.period_energy_kwh, **given.period_energy_kwh},
        day_peaks_kw={**so_far.day_peaks_kw, **given.day_peaks_kw},
    )


def _billing_span(tariff: Tariff, block: Horizon) -> BillingSpan:
    whole = replace(block, intervals=1)
    first = calendar_of_plans(tariff, whole).periods[0]
    end = _midnight(first.end, block)
    later = replace(block, start=end, intervals=1)
    after: BillingPeriod | None = None
    if block.end > end:
        after = calendar_of_plans(tariff, later).periods[0]
    return BillingSpan(
        start=_midnight(first.start, block), end=end, next_end=_midnight(after.end, block) if after else end
    )


def _midnight(day: date, block: Horizon) -> datetime:
    return datetime.combine(day, time(), zone(block.timezone)).astimezone(block.start.tzinfo)


def _problem(known: Known, ahead: Ahead) -> DispatchProblem:
    forecast = ahead.forecast
    return DispatchProblem(
        site=known.site,
        horizon=known.block,
        charges=known.charges(known.block, prices_ahead(known, known.block)),
        load_kw={ups.id: tuple(row) for ups, row in zip(known.site.ups, forecast.load_kw.tolist(), strict=True)},
        unprotected_load_kw=tuple(forecast.unprotected_load_kw.tolist()),
        state=known.state,
    )


def unverified_prices(inputs: SiteInputs, block: Horizon, now: datetime, *, at_once: bool) -> list[str]:
    """Why the prices that were published at `now` for the block are not traded on.

    A plan that begins `at_once` must know the price that it begins with: else the feed has ended.
    """
    prices = inputs.prices
    if prices is None:
        return []
    if at_once and prices.end <= block.start:
        end = prices.end.astimezone(zone(block.timezone)).isoformat()
        return [f"prices: none are known from {end} on, and every battery holds until the feed tells that of now"]
    published = max(0, (published_until(now, block.timezone) - prices.start) // prices.step)
    return no_trading_because(replace(inputs, prices=replace(prices, values=prices.values[:published])), block)


def _outdated(state: SiteState, site: Site, now: datetime, source: str) -> list[str]:
    """Why a measured state is not one to trade from now on."""
    if state.measured_at is None:
        return [f"{source} says no time (measured_at): every battery holds"]
    age_s = (now - state.measured_at).total_seconds()
    if age_s < 0:
        return [f"{source} is measured {-age_s:,.0f} s after now: every battery holds"]
    if age_s > site.telemetry_max_age_s:
        limit = f"telemetry_max_age_s is {site.telemetry_max_age_s:,.0f}"
        return [f"{source} is {age_s:,.0f} s old ({limit}): every battery holds"]
    return []


def _plan(  # noqa: PLR0917 - a plan, and what it hangs on
    basis: PlanBasis, evidence: Evidence, ahead: Ahead, now: datetime, time_limit_s: float, hold_because: list[str]
) -> tuple[DispatchPlan, tuple[str, ...]]:
    """The course that is expected under the ceilings; recovery first, and the optimizer's where a law is not held."""
    problem = basis.problem
    by_optimizer = partial(plan_dispatch, problem, issued_at=now, time_limit_s=time_limit_s, evidence=evidence)
    if reserve_alarms(basis) or hold_because:
        return by_optimizer(no_trading_because=hold_because), ()
    floors = np.array([basis.floors.floor_kwh[ups.id] for ups in problem.site.ups])
    course = expected_course(ahead, problem.site, problem.state, floors)
    trajectories = tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=problem.load_kw[ups.id],
            charge_kw=tuple(course.charge_kw[row].tolist()),
            discharge_kw=tuple(course.discharge_kw[row].tolist()),
            stored_kwh=tuple(course.stored_kwh[row].tolist()),
            reserve_kwh=tuple(basis.floors.floor_kwh[ups.id]),
        )
        for row, ups in enumerate(problem.site.ups)
    )
    plan = assess(basis, trajectories, target_kw=ceilings_kw(ahead), issued_at=now, evidence=evidence)
    if not plan.certificate.plan_is_at_fault and problem.site.interconnection.ramp_limit_kw_per_min is None:
        return plan, ()
    note = "the expected course of the load is planned by the optimizer: the control law alone would break a limit"
    return by_optimizer(), (note,)


def _month_so_far(so_far: SiteState, given: SiteState, past: Horizon, state_source: str) -> MonthSoFar:
    known = f"load series from {past.start_of(0).isoformat()} to {past.start_of(past.intervals).isoformat()}"
    sources = [f"{known}, batteries at rest"]
    if given.peaks_kw:
        sources.append(f"{', '.join(given.peaks_kw)} from {state_source}")
    return MonthSoFar(peaks_kw={**so_far.peaks_kw, **given.peaks_kw}, source="; ".join(sources))


def _assumptions(known: Known, past: Horizon) -> Iterator[str]:
    local = zone(past.timezone)
    yield f"loads after {past.end.astimezone(local).isoformat()} are forecast: no later ones are read"
    full = [
        ups.id
        for ups in known.site.ups
        if ups.id not in known.state.stored_kwh.keys() | known.state.unit_stored_kwh.keys()
    ]
    if full:
        yield f"stored energy not given: {', '.join(full)} taken as full"
    if known.price_per_kwh is not None:
        end = past.start + len(known.price_per_kwh) * past.step
        if end < known.block.end:
            yield f"prices after {end.astimezone(local).isoformat()} are taken as the mean of the week before"

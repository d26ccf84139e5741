"""A plan of one or two days ahead, from what is known now, with the same ceilings as a study and their result.

The coming load is forecast from the meter's own past. The plan shows what the batteries do if the load is as expected.
The response is binding: the meter power to hold at each load.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState
from ridethrough.operation.ceilings.expected import ExpectedChange, changes_of_plan, changes_to_period_end
from ridethrough.operation.ceilings.futures import learn
from ridethrough.operation.ceilings.planner import RESTING_HOURS, CeilingPlanner
from ridethrough.operation.ceilings.policy import CeilingPlan, HourPolicy
from ridethrough.operation.control.control_law import ControlOutcome, apply_control_law
from ridethrough.operation.control.discharge_starts import starts_left
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.control.steps import MeterBefore
from ridethrough.operation.known.published import too_few_prices
from ridethrough.operation.planner import Known
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]

LEAST_KNOWN = timedelta(hours=RESTING_HOURS + 1)
"""A past of this length is enough to plan from: it holds the whole hours of the clock that the ceilings need."""
LEVELS = (0.1, 0.5, 0.9)
MEDIAN = 0.5
FUTURES = 48
METHOD = (
    f"{FUTURES} futures, each put together from what followed similar moments of the site's own past; the mean is what "
    "is expected"
)
_MINUTES_PER_HOUR = 60
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSpan:
    """The billing period that a plan begins in, and the end of the one after it."""

    start: datetime
    end: datetime
    next_end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendedPeak:
    """The level below which a plan holds the meter for a charge, the peak so far, and the cost of one more kW."""

    charge: str
    ceiling_kw: float
    peak_so_far_kw: float
    cost_per_kw: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """The load to come in each interval (kW): expected, by UPS system (rows) and besides; and quantiles of the meter.

    `net_load_kw` has a row for each of `LEVELS`: the meter with every battery at rest. `known` is the past it is made
    from.
    """

    horizon: Horizon
    load_kw: FloatArray
    unprotected_load_kw: FloatArray
    net_load_kw: FloatArray
    known: Horizon


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The ceilings of the intervals of a plan that lie in one billing period."""

    plan: CeilingPlan
    block: Horizon


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """Ceilings over a block, by billing period; the forecast; and what is expected to change on the bill.

    `change` is what the block itself changes, `change_to_period_end` what its ceilings change if they are held to the
    end of the billing period.
    """

    parts: tuple[Part, ...]
    forecast: Forecast
    peaks: tuple[DefendedPeak, ...]
    change: ExpectedChange
    change_to_period_end: ExpectedChange


def is_enough(past: Horizon) -> bool:
    """Whether a past holds the whole hours of the clock that the ceilings need, after which studies act too."""
    per_hour = _MINUTES_PER_HOUR // past.interval_minutes
    first = -(-(-past.start_of(0).minute % _MINUTES_PER_HOUR) // past.interval_minutes)
    return (past.intervals - first) // per_hour >= RESTING_HOURS


def plan_ahead(known: Known, billing: BillingSpan, resting_peaks_kw: Mapping[str, float]) -> Ahead | None:
    """Plan the block of what is known; None where a study rests too: in the first hours on record of loads or prices.

    `resting_peaks_kw` are the peaks so far of the billing period, had every battery rested since it began.
    """
    past = known.past
    if past is None or too_few_prices(known.price_per_kwh, known.block.step):
        return None
    parts, changes = [], []
    for piece, start in _pieces(known, billing):
        plan = CeilingPlanner().ceilings(piece)
        if plan is None:
            return None
        hours = -((plan.simulation.rest.start - piece.block.end) // _HOUR)
        parts.append(Part(plan=plan, block=piece.block))
        resting_kw = np.array([resting_peaks_kw.get(each.name, 0.0) for each in plan.simulation.rest.charges])
        if start != billing.start:
            resting_kw = np.zeros_like(resting_kw)
        changes.append(changes_of_plan(plan, hours, (piece.period_end - start) // _HOUR, resting_kw))
    return Ahead(
        parts=tuple(parts),
        forecast=_forecast(known, past, parts),
        peaks=tuple(_peaks(parts[0].plan)),
        change=ExpectedChange.of(np.sum(changes, axis=0)),
        change_to_period_end=ExpectedChange.of(changes_to_period_end(parts[0].plan)),
    )


def _pieces(known: Known, billing: BillingSpan) -> Iterator[tuple[Known, datetime]]:
    """What is known for each billing period of the block, and the start of that period."""
    block = known.block
    inside = min(block.intervals, (billing.end - block.start) // block.step)
    yield replace(known, block=block.first(inside), period_end=billing.end), billing.start
    if inside < block.intervals:
        after = replace(block, start=billing.end, intervals=block.intervals - inside)
        state = replace(known.state, peaks_kw={}, energy_kwh=0.0, period_energy_kwh={}, day_peaks_kw={})
        yield replace(known, block=after, period_end=billing.next_end, state=state), billing.end


def _peaks(plan: CeilingPlan) -> Iterator[DefendedPeak]:
    simulation = plan.simulation
    held = zip(simulation.rest.charges, plan.ceilings.kw.tolist(), simulation.peak_so_far_kw.tolist(), strict=True)
    for charge, kw, so_far_kw in held:
        yield DefendedPeak(
            charge=charge.name,
            ceiling_kw=max(kw, so_far_kw),
            peak_so_far_kw=so_far_kw,
            cost_per_kw=charge.rate_per_kw,
        )


def _forecast(known: Known, past: Horizon, parts: list[Part]) -> Forecast:
    """Quantiles of the meter from the futures that the ceilings were searched over, and each load by itself."""
    net_kw = np.hstack([_by_interval(part.plan.simulation.futures.mean_kw, part) for part in parts])
    series = [*known.load_kw, known.unprotected_load_kw]
    expected = np.array([_expected_kw(each, past, known.block, known.tariff.holidays) for each in series])
    return Forecast(
        horizon=known.block,
        load_kw=expected[:-1],
        unprotected_load_kw=expected[-1],
        net_load_kw=np.quantile(net_kw, LEVELS, axis=0),
        known=past,
    )


def _by_interval(hourly_kw: FloatArray, part: Part) -> FloatArray:
    """Values of the hours of a rest (columns), laid over the intervals of a part."""
    block = part.block
    first = (block.start - part.plan.simulation.rest.start) // block.step
    per_hour = _MINUTES_PER_HOUR // block.interval_minutes
    return np.asarray(hourly_kw[:, (first + np.arange(block.intervals)) // per_hour])


def _expected_kw(load_kw: FloatArray, past: Horizon, block: Horizon, holidays: HolidayCalendar | None) -> FloatArray:
    """The mean of the futures of one load; a constant one stays what it is."""
    if np.ptp(load_kw) == 0:
        return np.full(block.intervals, float(load_kw[-1]))
    per_hour = _MINUTES_PER_HOUR // past.interval_minutes
    first = -past.start_of(0).minute % _MINUTES_PER_HOUR // past.interval_minutes
    hours = (past.intervals - first) // per_hour
    by_hour = load_kw[first : first + hours * per_hour].reshape(hours, per_hour)
    hourly = Horizon(start=past.start + first * past.step, interval_minutes=60, intervals=hours, timezone=past.timezone)
    ahead = -((hourly.end - block.end) // _HOUR)
    horizon = replace(hourly, start=hourly.end, intervals=ahead)
    hourly_kw = by_hour.mean(axis=1)
    model = learn(hourly, hourly_kw, by_hour.max(axis=1), holidays)
    mean_kw = model.draw(hourly_kw, horizon, FUTURES, seed=0).mean_kw.mean(axis=0)
    hour_of = ((block.start - hourly.end) // block.step + np.arange(block.intervals)) // per_hour
    return np.asarray(mean_kw[hour_of])


def expected_course(ahead: Ahead, site: Site, state: SiteState, floor_kwh: FloatArray) -> ControlOutcome:
    """The result of the control law hour by hour if the load is as expected; the floors are at boundaries."""
    forecast, block = ahead.forecast, ahead.forecast.horizon
    loads = measured_loads(site, block, forecast.load_kw, forecast.unprotected_load_kw, state.conditions)
    full_kwh = sum(ups.max_stored_kwh for ups in site.ups)
    stored_kwh = [state.stored_in(site, ups.id) for ups in site.ups]
    done: list[ControlOutcome] = []
    before: MeterBefore | None = _at_rest(loads)
    given_kw = np.zeros((len(site.ups), block.intervals))
    for part, hour, first, last in _hours(ahead.parts):
        capacity_kwh = part.plan.simulation.store.capacity_kwh
        above_kwh = min(capacity_kwh, max(0.0, capacity_kwh - full_kwh + sum(stored_kwh)))
        count = last - first
        nothing = np.zeros((len(site.ups), count))
        orders = Orders(
            charge_kw=nothing,
            discharge_kw=nothing,
            grid_target_kw=np.full(count, part.plan.ceiling_kw(hour)),
            floor_kwh=floor_kwh[:, first : last + 1],
            responses=(part.plan.response(hour, above_kwh),) * count,
            starts=starts_left(site, block, range(first, last), given_kw, state.discharges_today),
        )
        outcome = apply_control_law(site, block.interval_h, loads.part(first, last), orders, stored_kwh, before)
        before = outcome.last
        given_kw[:, first:last] = outcome.discharge_kw - loads.discharge_floor_kw[:, first:last]
        stored_kwh = outcome.stored_kwh[:, -1].tolist()
        done.append(outcome)
    return ControlOutcome(
        charge_kw=np.hstack([each.charge_kw for each in done]),
        discharge_kw=np.hstack([each.discharge_kw for each in done]),
        stored_kwh=np.hstack([done[0].stored_kwh[:, :1], *(each.stored_kwh[:, 1:] for each in done)]),
        grid_kw=np.concatenate([each.grid_kw for each in done]),
        last=before,
    )


def _at_rest(loads: MeasuredLoads) -> MeterBefore:
    """Before a plan the batteries are taken to rest under the load of its first interval."""
    net_kw, carried_kw = float(loads.net_load_kw[0]), float(loads.carried_kw[0])
    return MeterBefore(grid_kw=carried_kw, net_load_kw=net_kw, carried_kw=carried_kw)


def ceilings_kw(ahead: Ahead) -> tuple[float, ...]:
    """The level that the meter must stay below in each interval of the block."""
    return tuple(
        part.plan.ceiling_kw(hour) for part, hour, first, last in _hours(ahead.parts) for _ in range(first, last)
    )


def hour_policies(ahead: Ahead) -> tuple[HourPolicy, ...]:
    """The policy of every hour that the block touches, in order."""
    return tuple(policy for part in ahead.parts for policy in part.plan.hours(part.block))


def _hours(parts: tuple[Part, ...]) -> Iterator[tuple[Part, int, int, int]]:
    """Every hour of the block: its part, its place in the part's rest, and its intervals in the block."""
    done = 0
    for part in parts:
        block = part.block
        offset = (block.start - part.plan.simulation.rest.start) // block.step
        per_hour = _MINUTES_PER_HOUR // block.interval_minutes
        index = 0
        while index < block.intervals:
            hour = (offset + index) // per_hour
            until = min(block.intervals, (hour + 1) * per_hour - offset)
            yield part, hour, done + index, done + until
            index = until
        done += block.intervals

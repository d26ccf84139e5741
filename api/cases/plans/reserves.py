"""The reserve of a site, and what extra minutes of ride-through cost on one day."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isinf

from ridethrough.api.cases.plans.day_problem import all_series, problem_of_day
from ridethrough.api.cases.plausibility import refuse_impossible_prices
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import (
    Binding,
    Horizon,
    ReserveRequirement,
    SiteState,
    reserve_requirement,
)
from ridethrough.domain.horizon import zone
from ridethrough.optimizer.reserve_price import ReservePrice, price_reserve


def price_of_reserve(
    inputs: SiteInputs, *, now: datetime, day: date | None = None, state: SiteState | None = None
) -> tuple[date, tuple[ReservePrice, ...]]:
    """The saving of one local day that extra minutes of ride-through cost, and the day.

    Raises `UnableToAccept` as `plan_day` does.
    """
    local = day or _default_day(inputs, now, [])
    problem = problem_of_day(inputs, local, [], state=state)
    refuse_impossible_prices(inputs, problem.horizon)
    return local, price_reserve(problem, issued_at=now)


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


def _default_day(inputs: SiteInputs, now: datetime, assumptions: list[str]) -> date:
    """Tomorrow if every series covers it, otherwise the last whole local day that all series cover."""
    local = zone(inputs.site.timezone)
    day = now.astimezone(local).date() + timedelta(days=1)
    ends = [series.end for series in all_series(inputs)]
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

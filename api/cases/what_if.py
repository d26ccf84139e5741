"""The plan of the latest day that a site's series cover, as the site is and as it might be.

The day is planned alone: it ends with as much stored energy as it began with, so that such days could
follow each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ridethrough.api.cases.plans.planning import PlannedDay, plan_day
from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, ReserveRequirement, UnableToAccept, UpsSystem
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import PlanCost

DAYS_A_YEAR, PEAKS_A_YEAR = 365, 12
_DAY = timedelta(days=1)
_LEAST_PERCENT, _MOST_PERCENT = -90.0, 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different: None leaves a quantity as it is. Systems all get the same; prices change by a percentage."""

    ride_through_s: float | None = None
    tolerated_failures: int | None = None
    state_of_health: float | None = None
    market_prices_percent: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything is different."""
        return self != Changes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a plan saves on its day, and in a year of such days: energy 365 times, peaks 12 times, wear 365 times.

    A year of such days is no study: every day would have this day's load and prices, and every peak would be held all
    month.
    """

    energy: float
    peaks: float
    wear: float

    @property
    def of_such_a_year(self) -> float:
        """A year in which every day were like this one."""
        return DAYS_A_YEAR * (self.energy - self.wear) + PEAKS_A_YEAR * self.peaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A site's reserve, the plan of the day, and what it is worth."""

    planned: PlannedDay
    requirements: tuple[ReserveRequirement, ...]
    worth: Worth

    @property
    def tradable_kwh(self) -> float:
        """The energy above the reserve of all systems; a system whose reserve is infeasible has none."""
        return sum(max(0.0, each.tradable_kwh) for each in self.requirements if each.feasible)


_KEPT: dict[tuple[str, date], Outcome] = {}
_MOST_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The same day twice: as the site is, and with the changes."""

    day: date
    as_it_is: Outcome
    changed: Outcome


def what_if(inputs: SiteInputs, changes: Changes, now: datetime) -> WhatIf:
    """Plan the latest day that the series cover as the site is, and with changes.

    The plan of a site as it is is kept for the next question about the same inputs.

    Raises `UnableToAccept` with every fault of the changes, or where the series do not cover one day.
    """
    other = changed_inputs(inputs, changes)
    day = latest_day(inputs, now)
    as_it_is = _kept_outcome(inputs, day, now)
    return WhatIf(day=day, as_it_is=as_it_is, changed=_outcome(other, day, now) if changes.any else as_it_is)


def changed_inputs(inputs: SiteInputs, changes: Changes) -> SiteInputs:
    """The inputs of a site with changes.

    Raises `UnableToAccept` with every fault.
    """
    faults = list(_price_faults(inputs, changes))
    systems = []
    for ups in inputs.site.ups:
        try:
            systems.append(_changed(ups, changes))
        except UnableToAccept as error:
            faults += error.faults
    if faults:
        once: Mapping[str, Fault] = {str(fault): fault for fault in faults}
        raise UnableToAccept(list(once.values()))
    factor = 1 + changes.market_prices_percent / 100
    prices = inputs.prices
    if prices is not None and changes.market_prices_percent:
        prices = replace(prices, values=tuple(value * factor for value in prices.values))
    return replace(inputs, site=replace(inputs.site, ups=tuple(systems)), prices=prices)


def latest_day(inputs: SiteInputs, now: datetime) -> date:
    """The latest local day that every series covers; tomorrow where loads and prices are constant."""
    series = [
        each
        for each in (*inputs.loads.values(), inputs.unprotected_load, inputs.prices)
        if isinstance(each, TimeSeries)
    ]
    local = zone(inputs.site.timezone)
    if not series:
        return now.astimezone(local).date() + _DAY
    end = min(each.end for each in series).astimezone(local)
    start = max(each.start for each in series).astimezone(local)
    day = end.date() - _DAY
    if start > datetime(day.year, day.month, day.day, tzinfo=local):
        allowed = "a local day that all of them cover from midnight to midnight"
        value = f"from {start.isoformat()} to {end.isoformat()}"
        raise UnableToAccept([Fault(field="series", source="site", value=value, allowed=allowed)])
    return day


def _price_faults(inputs: SiteInputs, changes: Changes) -> tuple[Fault, ...]:
    percent = changes.market_prices_percent
    if not _LEAST_PERCENT <= percent <= _MOST_PERCENT:
        allowed = f"from {_LEAST_PERCENT:g} to {_MOST_PERCENT:g} %"
        return (Fault(field="market_prices_percent", value=percent, allowed=allowed),)
    if percent and inputs.prices is None:
        allowed = "left at 0: the site's energy has no market price"
        return (Fault(field="market_prices_percent", value=percent, allowed=allowed),)
    return ()


def _changed(ups: UpsSystem, changes: Changes) -> UpsSystem:
    if changes.tolerated_failures is not None:
        ups = replace(ups, tolerated_failures=changes.tolerated_failures)
    if changes.state_of_health is not None:
        battery = replace(ups.battery, state_of_health=changes.state_of_health)
        ups = replace(ups, battery=battery, unit_state_of_health=())
    if changes.ride_through_s is not None:
        policy = replace(
            ups.reserve,
            ride_through_s=changes.ride_through_s,
            generator_sequence=None,
            generator_starts=None,
            clean_shutdown=None,
            combine=None,
        )
        ups = replace(ups, reserve=policy)
    return ups


def _kept_outcome(inputs: SiteInputs, day: date, now: datetime) -> Outcome:
    """The outcome for the site as it is, from the last questions where one had the same inputs."""
    key = (inputs.provenance.sha256, day)
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = _outcome(inputs, day, now)
    return _KEPT[key]


def _outcome(inputs: SiteInputs, day: date, now: datetime) -> Outcome:
    planned = plan_day(inputs, now=now, day=day, look_ahead_h=0)
    cost, baseline = planned.plan.cost, planned.plan.baseline_cost
    energy = _energy(baseline) - _energy(cost)
    wear = cost.wear - baseline.wear
    peaks = baseline.total - cost.total - energy + wear
    return Outcome(
        planned=planned,
        requirements=reserves_of(inputs),
        worth=Worth(energy=energy, peaks=peaks, wear=wear),
    )


def _energy(cost: PlanCost) -> float:
    return cost.of("energy", "export")

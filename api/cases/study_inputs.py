"""From a site's inputs to the case of a savings study: its series as one record, and the days to study."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from ridethrough.api.cases.plans.known_past import hourly_faults
from ridethrough.api.cases.plausibility import refuse_impossible_prices
from ridethrough.api.reading.series.resampling import covering, minutes, prices_over, values_over
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.api.reading.tariff_file import unpriced
from ridethrough.domain import Fault, Horizon, Site, UnableToAccept, reserve_requirement
from ridethrough.domain.horizon import zone
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint import Checkpoints
from ridethrough.finance.study.closed_loop import Progress
from ridethrough.finance.study.study import Study
from ridethrough.operation.ceilings.planner import RESTING_HOURS
from ridethrough.operation.guard import GuardedPlanner
from ridethrough.operation.known.record import Record
from ridethrough.operation.planner import Information, Planner
from ridethrough.operation.yardsticks import PerfectPlanner, PersistencePlanner
from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.tariff import Tariff

_RESTING = timedelta(hours=RESTING_HOURS)
_LEAST_PROTECTED_KW = 1e-3
_HISTORY = timedelta(days=8)
_LOOK_AHEAD = timedelta(days=2)
"""The time around the studied days for which constant loads count as recorded."""

_MOST_INTERVALS = 1_100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """The local days to study (both included), the knowledge of plans, and how often they are made."""

    first: date
    last: date
    information: Information
    replanned_every_h: float | None = None

    @property
    def every_h(self) -> float:
        """Hours between plans; rolling plans over scenarios are made every hour, others every day."""
        if self.replanned_every_h is not None:
            return self.replanned_every_h
        return 1.0 if self.information is Information.DAY_AHEAD else 24.0


def study_case(inputs: SiteInputs, asked: StudyRequest) -> StudyCase:
    """Make the record of a study.

    Raises `UnableToAccept` with every fault, such as days that the series do not cover, or series of another step.
    """
    faults = list(_faults_asked(asked))
    if asked.information is Information.DAY_AHEAD:
        faults += hourly_faults(inputs)
    if faults:
        raise UnableToAccept(faults)
    horizon = _studied(inputs, asked)
    refuse_impossible_prices(inputs, horizon)
    faults += _step_faults(inputs)
    if not faults:
        for series in _all_series(inputs):
            covering(_fine(series, horizon), horizon, faults)
    if faults:
        raise UnableToAccept(fault for index, fault in enumerate(faults) if fault not in faults[:index])
    on_record = _on_record(inputs, horizon)
    prices = prices_over(inputs.prices, on_record, faults)
    record = Record(
        horizon=on_record,
        load_kw=np.array([values_over(inputs.loads[ups.id], on_record) for ups in inputs.site.ups]),
        unprotected_load_kw=values_over(inputs.unprotected_load, on_record),
        price_per_kwh=np.array(prices.price_per_kwh) if prices is not None else None,
    )
    return StudyCase(
        site=_site_known_before(inputs, record, horizon),
        tariff=inputs.tariff or Tariff(name="market prices", currency=inputs.site.currency),
        record=record,
        horizon=horizon,
        replanned_every_h=asked.every_h,
    )


def _site_known_before(inputs: SiteInputs, record: Record, horizon: Horizon) -> Site:
    """The site, with every imputed protected load taken from what was on record before the studied days.

    Without a record before them it is the highest load of the first hours, in which batteries rest; what is metered
    later counts from then on.
    """
    first = record.index_of(horizon)
    known = first or min(horizon.intervals, _RESTING // horizon.step)
    systems = tuple(
        replace(ups, protected_load_kw=max(float(kw[:known].max()), _LEAST_PROTECTED_KW))
        if f"ups.{ups.id}.protected_load_kw" in inputs.provenance.imputed
        else ups
        for ups, kw in zip(inputs.site.ups, record.load_kw, strict=True)
    )
    return replace(inputs.site, ups=systems)


def planner_of(information: Information, case: StudyCase) -> Planner:
    """The planner for this kind of information."""
    if information is Information.PERFECT:
        return PerfectPlanner(record=case.record)
    return PersistencePlanner() if information is Information.PERSISTENCE else GuardedPlanner()


def infeasible(case: StudyCase) -> list[str]:
    """Name the UPS systems that cannot hold the reserve of a studied load; there is nothing to study."""
    requirements = (reserve_requirement(ups) for ups in case.site_known(case.horizon.intervals).ups)
    return [f"{each.ups_id}: the reserve is infeasible ({each.binding})" for each in requirements if not each.feasible]


def study_of(
    case: StudyCase, planner: Planner, checkpoint: Path | Checkpoints | None, progress: Progress | None
) -> Study:
    """Run a study.

    Raises `UnableToAccept` for a checkpoint of another study, and for a tariff that cannot be priced.
    """
    try:
        return study(case, planner, options=StudyOptions(checkpoint=checkpoint), progress=progress)
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, f"tariff {case.tariff.name}")) from error


def _faults_asked(asked: StudyRequest) -> Iterator[Fault]:
    for name, day in (("--from", asked.first), ("--to", asked.last)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            yield Fault(field=name, value=str(day), allowed=f"in the years {FIRST_YEAR} to {LAST_YEAR}")
    if asked.last < asked.first:
        yield Fault(field="--to", value=str(asked.last), allowed=f"{asked.first} or later: both days are studied")


def _studied(inputs: SiteInputs, asked: StudyRequest) -> Horizon:
    """The horizon from the first local midnight to the one after the last day."""
    site = inputs.site
    first, last = (Horizon.of_local_day(day, site.timezone, site.interval_minutes) for day in (asked.first, asked.last))
    intervals = (last.end - first.start) // first.step
    if intervals > _MOST_INTERVALS:
        value = f"{intervals:,} intervals"
        raise UnableToAccept([Fault(field="--to", value=value, allowed=f"at most {_MOST_INTERVALS:,}")])
    return Horizon(
        start=first.start,
        interval_minutes=site.interval_minutes,
        intervals=intervals,
        timezone=site.timezone,
    )


def _step_faults(inputs: SiteInputs) -> Iterator[Fault]:
    step = timedelta(minutes=inputs.site.interval_minutes)
    for load in (*inputs.loads.values(), inputs.unprotected_load):
        if isinstance(load, TimeSeries) and load.step != step:
            allowed = f"{inputs.site.interval_minutes} minutes, the site's interval_minutes"
            yield Fault(field="step", source=load.source, value=minutes(load.step), allowed=allowed)
    prices = inputs.prices
    if prices is not None and prices.step % step:
        allowed = f"a multiple of the site's {inputs.site.interval_minutes} minutes"
        yield Fault(field="step", source=prices.source, value=minutes(prices.step), allowed=allowed)


def _all_series(inputs: SiteInputs) -> Iterator[TimeSeries]:
    for load in (*inputs.loads.values(), inputs.unprotected_load, inputs.prices):
        if isinstance(load, TimeSeries):
            yield load


def _fine(series: TimeSeries, horizon: Horizon) -> TimeSeries:
    """A series in steps of the horizon, without values, to find the time that it covers."""
    return TimeSeries(
        source=series.source,
        start=series.start,
        step=horizon.step,
        values=series.values * (series.step // horizon.step),
    )


def _on_record(inputs: SiteInputs, horizon: Horizon) -> Horizon:
    """The time that every series covers, in steps of the studied days; for constant loads, some days around them."""
    reach = [(series.start, series.end) for series in _all_series(inputs)]
    start = max((start for start, _ in reach), default=horizon.start - _HISTORY)
    end = min((end for _, end in reach), default=horizon.end + _LOOK_AHEAD)
    before = (horizon.start - start) // horizon.step
    return horizon.part(-before, (end - horizon.start) // horizon.step)


def days_of(study_horizon: Horizon) -> tuple[date, date]:
    """The first and the last local day of a horizon."""
    last: datetime = study_horizon.end.astimezone(zone(study_horizon.timezone)) - study_horizon.step
    return study_horizon.start_of(0).date(), last.date()

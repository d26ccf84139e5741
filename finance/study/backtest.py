"""A savings study, end to end: the closed loop, both bills, wear, safety, the ceiling, and the verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.finance.figure import Figure
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.ceiling import Ceiling, ceiling
from ridethrough.finance.study.checkpoints.checkpoint import (
    CheckpointFile,
    Checkpoints,
    inputs_sha256,
    read_checkpoint,
    write_checkpoint,
)
from ridethrough.finance.study.closed_loop import Loop, Progress, floating, run
from ridethrough.finance.study.safety import safety_of, trajectories
from ridethrough.finance.study.savings import savings_by_period, sum_of, wear_by_period
from ridethrough.finance.study.stored_value import stored_by_period
from ridethrough.finance.study.study import PeriodSavings, Savings, Study, UpsRecord
from ridethrough.finance.study.verdict import capture_of, verdict_on
from ridethrough.finance.study.year import annual_saving
from ridethrough.finance.wear.wear import CycleLife, Wear, battery_wear
from ridethrough.operation.planner import Planner
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.seasons import season_by_month

_MOST_WARNINGS = 20
_ROUNDING_FRACTION = 1e-6
_PART_OF_A_DAY = 0.1
"""Days: a period is whole where no more of it is missing (a clock change leaves a part of an hour)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """The parts of a study beside the closed loop.

    `ceiling` plans whole billing periods with perfect foresight. `marginal` repeats that with slightly more energy,
    power and time, one after the other. `cycle_life` and `replacement_cost` (of all batteries of a system) turn counted
    cycles into a cost for each UPS system; this cost replaces the site's wear cost per kWh.
    """

    ceiling: bool = True
    marginal: bool = True
    checkpoint: Path | Checkpoints | None = None
    cycle_life: Mapping[str, CycleLife] = field(default_factory=dict)
    replacement_cost: Mapping[str, float] = field(default_factory=dict)


def study(
    case: StudyCase, planner: Planner, *, options: StudyOptions | None = None, progress: Progress | None = None
) -> Study:
    """Study how much trading would have saved in the days of a case, with plans of `planner`.

    `progress` is called with (done, total) in intervals, first of the closed loop and then of the ceiling. With a
    checkpoint the study continues after the last billing period that an earlier study finished.

    Raises `UnableToAccept` for a checkpoint of other inputs, `UnableToPrice` for an indexed tariff without prices.
    """
    options = options or StudyOptions()
    report = _ProgressReporter(progress=progress, intervals=case.horizon.intervals, times=2 if options.ceiling else 1)
    baseline = floating(case)
    loop = _closed_loop(case, planner, options.checkpoint, report)
    before, after = (
        bill(case.tariff, case.horizon, each.grid_kw, prices=case.prices, state=case.before)
        for each in (baseline, loop)
    )
    wears = [_wear(case, loop, row, ups, options) for row, ups in enumerate(case.site.ups)]
    periods = savings_by_period(
        before,
        after,
        wear=_wear_by_period(case, loop, baseline, wears),
        stored=stored_by_period(case, loop, baseline),
        whole=_whole(case),
    )
    best = None
    if options.ceiling:
        found = ceiling(case, baseline, before, marginal=options.marginal, progress=report.in_ceiling)
        best = _at_least(found, sum_of((each.savings for each in periods), case.tariff.currency))
    return _study(case, planner, baseline, loop, _Money(before, after, periods, best), wears)


@dataclass(frozen=True, slots=True)
class _Money:
    """The bills without trading and with trading, the savings of each billing period, and the ceiling."""

    before: Bill
    after: Bill
    periods: tuple[PeriodSavings, ...]
    best: Ceiling | None


def _whole(case: StudyCase) -> list[bool]:
    """Whether each billing period was studied from its first day to its last."""
    calendar = case.calendar
    return [calendar.covered_days(index) > each.days - _PART_OF_A_DAY for index, each in enumerate(calendar.periods)]


def _at_least(ceiling: Ceiling, reached: Savings) -> Ceiling:
    """The ceiling, or what the closed loop reached: perfect foresight can always do what was done.

    The ceiling is planned one billing period after the other, so a loop that carries energy over may pass it a little.
    """
    return ceiling if ceiling.savings.total >= reached.total else replace(ceiling, savings=reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProgressReporter:
    """Reports progress: every interval counts once in the closed loop and once in the ceiling."""

    progress: Progress | None
    intervals: int
    times: int

    def in_loop(self, done: int, _total: int) -> None:
        if self.progress is not None:
            self.progress(done, self.intervals * self.times)

    def in_ceiling(self, done: int) -> None:
        if self.progress is not None:
            self.progress(self.intervals + done, self.intervals * self.times)


def _closed_loop(
    case: StudyCase, planner: Planner, checkpoint: Path | Checkpoints | None, report: _ProgressReporter
) -> Loop:
    if checkpoint is None:
        return run(case, planner, Loop.at_start(case), progress=report.in_loop)
    kept = CheckpointFile(checkpoint) if isinstance(checkpoint, Path) else checkpoint
    sha256 = inputs_sha256(case, planner)
    loop = read_checkpoint(kept, case, sha256) or Loop.at_start(case)
    return run(
        case, planner, loop, progress=report.in_loop, on_period=lambda done: write_checkpoint(kept, done, sha256)
    )


def _wear(case: StudyCase, loop: Loop, row: int, ups: UpsSystem, options: StudyOptions) -> Wear:
    return battery_wear(
        loop.stored_kwh[row].tolist(),
        capacity_kwh=ups.units_in_service * ups.battery.nominal_kwh,
        duration_h=case.horizon.intervals * case.horizon.interval_h,
        cycle_life=options.cycle_life.get(ups.id),
        replacement_cost=options.replacement_cost.get(ups.id),
    )


def _wear_by_period(case: StudyCase, loop: Loop, baseline: Loop, wears: list[Wear]) -> list[float]:
    """The cost of wear in each billing period.

    The cost of counted cycles is shared by the energy discharged in each period. Without such a cost, the site's wear
    cost per kWh counts.
    """
    by_system = wear_by_period(case, loop, baseline)
    starts = [period.start for period in case.billing_periods]
    discharged = np.add.reduceat(loop.discharge_kw, starts, axis=1)
    for row, wear in enumerate(wears):
        if wear.cost.value is not None and discharged[row].sum() > 0:
            by_system[row] = wear.cost.value * discharged[row] / discharged[row].sum()
    return [float(cost) for cost in by_system.sum(axis=0)]


def _study(  # noqa: PLR0917 - all parts of a study
    case: StudyCase,
    planner: Planner,
    baseline: Loop,
    loop: Loop,
    money: _Money,
    wears: list[Wear],
) -> Study:
    """Compose a study from its parts."""
    best, seasons = money.best, season_by_month(case.tariff)
    savings = sum_of((each.savings for each in money.periods), case.tariff.currency)
    safety = safety_of(case, loop)
    done = range(case.horizon.intervals)
    return Study(
        site_id=case.site.id,
        site_name=case.site.name,
        tariff=case.tariff.name,
        currency=case.tariff.currency,
        horizon=case.horizon,
        information=planner.information,
        replanned_every_h=case.replanned_every_h,
        baseline=money.before,
        bill=money.after,
        baseline_grid_kw=tuple(baseline.grid_kw.tolist()),
        grid_kw=tuple(loop.grid_kw.tolist()),
        ups=tuple(UpsRecord.of(each, worn) for each, worn in zip(trajectories(case, loop, done), wears, strict=True)),
        savings=savings,
        periods=money.periods,
        ceiling=best.savings if best else None,
        capture=_capture(case, savings, best, float(money.before.total)),
        safety=safety,
        verdict=verdict_on(case, baseline, money.periods, best.savings if best else None, safety),
        annual=annual_saving(money.periods, seasons),
        season_by_month=seasons,
        marginal=best.marginal if best else None,
        assumptions=(*planner.assumptions, *_assumptions(case, wears)),
        warnings=tuple(dict.fromkeys((*money.after.warnings, *_warnings(case, loop, safety.violations)))),
    )


def _capture(case: StudyCase, savings: Savings, best: Ceiling | None, bill_total: float) -> Figure:
    if best is None:
        return Figure.unknown("the ceiling was not worked out")
    return capture_of(savings.total, best.savings, bill_total, case.tariff.currency, optimal=best.optimal)


def _assumptions(case: StudyCase, wears: list[Wear]) -> Iterator[str]:
    """The assumptions behind the figures."""
    yield "between plans the control law meets the real load at the metering interval"
    yield "batteries are full when the first studied day begins; without trading they float at full"
    for ups, known in zip(case.site.ups, case.site_known(case.horizon.intervals).ups, strict=True):
        if known.protected_load_kw > ups.protected_load_kw:
            yield (
                f"{ups.id}: the load reaches {known.protected_load_kw:,.0f} kW, above the protected load of "
                f"{ups.protected_load_kw:,.0f} kW; the reserve carries each load above it from its measurement on"
            )
    if case.before.past_peaks_kw or case.before.peaks_kw:
        yield "in both bills, peaks before the studied days are those of the load with the batteries at rest"
    elif any(charge.ratchet is not None for charge in case.tariff.demand):
        yield "ratchets start without peaks of earlier months: none are on record"
    for ups, wear in zip(case.site.ups, wears, strict=True):
        if wear.cost.value is None:
            cost = f"{ups.battery.wear_cost_per_kwh:g} {case.tariff.currency} a kWh discharged"
            if ups.battery.wear is not None:
                cost = "what cycles of their depth and rest at their charge do"
            yield f"{ups.id}: wear costs {cost}, as the site file says ({wear.cost.reason})"


def _warnings(case: StudyCase, loop: Loop, violations: tuple[str, ...]) -> Iterator[str]:
    """The warnings that a reader needs before using the figures."""
    yield from (f"closed loop: {violation}" for violation in violations)
    for row, ups in enumerate(case.site.ups):
        missing_kwh = ups.max_stored_kwh - float(loop.stored_kwh[row, -1])
        if missing_kwh > _ROUNDING_FRACTION * ups.capacity_kwh:
            yield f"{ups.id}: {missing_kwh:,.1f} kWh less are stored at the end; the saving pays for them"
    yield from _untraded_peak(case, loop)
    shown = list(loop.warnings)
    yield from shown[:_MOST_WARNINGS]
    if len(shown) > _MOST_WARNINGS:
        yield f"{len(shown) - _MOST_WARNINGS} more warnings of plans are not shown"


def _untraded_peak(case: StudyCase, loop: Loop) -> Iterator[str]:
    """Note if a first day without trading set the peak of its billing period, which no plan could lower later."""
    first = case.billing_periods[0]
    untraded = int(np.searchsorted(case.calendar.day, 1))
    traded = loop.grid_kw[untraded : first.stop]
    if case.first or not len(traded) or np.any(loop.discharge_kw[:, :untraded]):
        return
    highest_kw = float(loop.grid_kw[:untraded].max())
    if highest_kw > float(traded.max()):
        yield (
            "the load of the first studied day was not forecast, so the batteries rest on it; "
            f"its {highest_kw:,.0f} kW are the highest of the billing period, above the {float(traded.max()):,.0f} kW "
            "of the other days"
        )

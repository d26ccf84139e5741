"""What a dry run would have saved: the bill of the meter as it was less that of the meter as it would have been.

Both bills are those of the study, by the site's tariff, over the measured intervals alone.

| | rule |
|---|---|
| energy and export | counted in every interval that was measured |
| demand, coincident peaks, minimum charges | counted in whole billing periods; in a part they are shown only |
| a whole billing period | every interval of it was measured, from its first day to its last |
| an interval that was not measured | in neither bill: it is 0 in both |
| energy that batteries lack at the end of a run | bought back over the 24 hours before, by the same bill |
| wear | as plans pay for it |

Nothing is scaled: a week's part does not become a month's or a year's figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.resampling import prices_over
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.meter_on_paper import PaperInterval
from ridethrough.domain import Fault, Horizon, UnableToAccept, UpsSystem
from ridethrough.finance.study.savings import savings_between
from ridethrough.finance.study.study import Savings
from ridethrough.optimizer.pricing.wear import worn_by_interval
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.local_calendar import local_calendar
from ridethrough.tariffs.charges.kind import KIND_NAMES
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]
COUNTED_IN_A_PART = ("energy", "export")
_PART_OF_A_DAY = 0.1
_BOUGHT_BACK_OVER = timedelta(hours=24)
_TIERS = (
    "energy has tiers of a whole billing period's energy, and of a period only a part was measured: its energy is "
    "priced by the tiers that this part reaches, not by those that the whole period will"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMoney:
    """One billing period: what counts of it, and what its demand and the like came to so far (not counted)."""

    label: str
    whole: bool
    without_total: float
    with_total: float
    counted: float
    so_far: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunMoney:
    """What a dry run would have saved, in `currency`: `saved` is what periods count, less `bought_back` and `wear`."""

    currency: str
    periods: tuple[PeriodMoney, ...]
    measured: int
    not_measured: int
    bought_back: float
    wear: float
    notes: tuple[str, ...]

    @property
    def saved(self) -> float:
        """The sum of what counts, less what was bought back, and wear."""
        return round(sum(each.counted for each in self.periods) - self.bought_back - self.wear, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRun:
    """The measured intervals of one run, in order; on paper, batteries are as they truly are at its beginning."""

    intervals: Sequence[PaperInterval]


def dry_run_money(inputs: SiteInputs, runs: Sequence[PaperRun]) -> DryRunMoney:
    """The money of runs of one site, with whatever time between them.

    Raises `UnableToAccept` where the site has no tariff, prices do not reach the days, or nothing was measured.
    """
    runs = [run for run in runs if run.intervals]
    if inputs.tariff is None:
        raise UnableToAccept([Fault(field="tariff", value=None, allowed="given, to say what was saved")])
    if not runs:
        allowed = "at least one interval that was measured from its beginning to its end"
        raise UnableToAccept([Fault(field="shadow", value="no interval", allowed=allowed)])
    paper = _Paper.of(inputs, runs)
    without, with_it, refilled = (_bill(inputs, paper.horizon, kw) for kw in paper.meters())
    total = savings_between(with_it, refilled, currency=with_it.currency, wear=0.0)
    periods = tuple(_periods(paper, without, with_it))
    notes = [*with_it.warnings, *(f"not priced: {each}" for each in with_it.not_priced)]
    if _has_tiers(inputs.tariff) and not all(period.whole for period in periods):
        notes.append(_TIERS)
    return DryRunMoney(
        currency=with_it.currency,
        periods=periods,
        measured=int(paper.measured.sum()),
        not_measured=int((~paper.measured).sum()),
        bought_back=0.0 - total.of(*COUNTED_IN_A_PART),
        wear=round(sum(_wear(ups, run, paper.horizon.interval_h) for run in runs for ups in inputs.site.ups), 2),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Paper:
    """Runs laid over one horizon: mean kW in each interval, 0 where it was not measured."""

    horizon: Horizon
    measured: NDArray[np.bool_]
    without_kw: FloatArray
    with_kw: FloatArray
    refill_kw: FloatArray
    inputs: SiteInputs

    @classmethod
    def of(cls, inputs: SiteInputs, runs: Sequence[PaperRun]) -> "_Paper":
        step = timedelta(minutes=inputs.site.interval_minutes)
        start, last = runs[0].intervals[0].start, runs[-1].intervals[-1].start
        count = (last - start) // step + 1
        horizon = Horizon(
            start=start,
            interval_minutes=inputs.site.interval_minutes,
            intervals=count,
            timezone=inputs.site.timezone,
        )
        without_kw, with_kw, refill_kw = np.zeros(count), np.zeros(count), np.zeros(count)
        measured = np.zeros(count, dtype=bool)
        for run in runs:
            places = [(each.start - start) // step for each in run.intervals]
            measured[places] = True
            without_kw[places] = [each.without_kw for each in run.intervals]
            with_kw[places] = [each.with_kw for each in run.intervals]
            near = [place for place in places if (places[-1] - place) * step < _BOUGHT_BACK_OVER]
            refill_kw[near] += _missing_kwh(inputs, run.intervals[-1]) / (len(near) * horizon.interval_h)
        return cls(
            horizon=horizon,
            measured=measured,
            without_kw=without_kw,
            with_kw=with_kw,
            refill_kw=refill_kw,
            inputs=inputs,
        )

    def meters(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The meter as it was, as it would have been, and that with what is bought back."""
        return self.without_kw, self.with_kw, self.with_kw + self.refill_kw


def _has_tiers(tariff: Tariff) -> bool:
    return tariff.energy is not None and any(len(period.tiers) > 1 for period in tariff.energy.periods)


def _missing_kwh(inputs: SiteInputs, last: PaperInterval) -> float:
    """What the meter would have to deliver to bring batteries on paper to where they truly are."""
    return sum(
        last.ups[ups.id].missing_kwh / (ups.battery.charge_efficiency * ups.rectifier_efficiency)
        for ups in inputs.site.ups
    )


def _bill(inputs: SiteInputs, horizon: Horizon, kw: FloatArray) -> Bill:
    assert inputs.tariff is not None  # noqa: S101 - it was looked at
    faults: list[Fault] = []
    prices = prices_over(inputs.prices, horizon, faults)
    if faults:
        raise UnableToAccept(faults)
    return bill(inputs.tariff, horizon, kw, prices=prices)


def _periods(paper: _Paper, without: Bill, with_it: Bill) -> list[PeriodMoney]:
    tariff = paper.inputs.tariff
    assert tariff is not None  # noqa: S101 - it was looked at
    calendar = local_calendar(paper.horizon, tariff.cycle, tariff.holidays)
    found = []
    for index, (before, after) in enumerate(zip(without.periods, with_it.periods, strict=True)):
        all_days = calendar.covered_days(index) > calendar.periods[index].days - _PART_OF_A_DAY
        whole = bool(all_days and paper.measured[calendar.period == index].all())
        savings: Savings = savings_between(before, after, currency=with_it.currency, wear=0.0)
        in_part, everything = savings.of(*COUNTED_IN_A_PART), savings.of(*KIND_NAMES)
        found.append(
            PeriodMoney(
                label=before.period.label,
                whole=whole,
                without_total=float(before.total),
                with_total=float(after.total),
                counted=everything if whole else in_part,
                so_far=0.0 if whole else round(everything - in_part, 2),
            )
        )
    return found


def _wear(ups: UpsSystem, run: PaperRun, interval_h: float) -> float:
    """The wear on paper beyond that of batteries as they were; without their energy, by throughput alone."""
    systems = [each.ups[ups.id] for each in run.intervals]
    gives = [each.discharge_kw for each in systems]
    if any(each.stored_kwh is None or each.real_kwh is None for each in systems):
        return float(ups.battery.wear_cost_per_kwh * sum(gives) * interval_h)
    real = [each.real_kwh or 0.0 for each in systems]
    paper = [each.stored_kwh or 0.0 for each in systems]
    rests = worn_by_interval(ups, np.zeros(len(systems)), [real[0], *real], interval_h)
    return float((worn_by_interval(ups, gives, [real[0], *paper], interval_h) - rests).sum())


def runs_of(records: Sequence[Any]) -> list[PaperRun]:
    """The runs of a journal: those since the last pause of more than a day, each with its measured intervals."""
    runs: list[list[PaperInterval]] = []
    for record in records:
        if record["what"] == "started":
            runs.append([])
        elif record["what"] == "shadow_interval" and runs:
            interval = PaperInterval.of(record["interval"])
            newest = next((run[-1].start for run in reversed(runs) if run), None)
            if newest is not None and interval.start - newest > timedelta(days=1):
                runs = [[]]
            if newest is None or interval.start > newest:
                runs[-1].append(interval)
    return [PaperRun(intervals=tuple(run)) for run in runs]

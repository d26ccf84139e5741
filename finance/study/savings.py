"""Savings from two exact bills, by kind of charge and by billing period, less wear."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.finance.study.study import PeriodSavings, Savings
from ridethrough.tariffs.billing.bill import Bill, LineItem, exact_sum
from ridethrough.tariffs.charges.kind import KIND_NAMES

FloatArray = NDArray[np.float64]


def savings_between(baseline: Bill, bill: Bill, wear: float) -> Savings:
    """The difference of two bills by kind of charge, before rounding to cents."""
    return _between(baseline.lines, bill.lines, wear)


def savings_by_period(baseline: Bill, bill: Bill, wear: Sequence[float]) -> tuple[PeriodSavings, ...]:
    """The savings of every billing period; `wear` has one value for each."""
    return tuple(
        PeriodSavings(
            label=before.period.label,
            baseline_total=float(before.total),
            total=float(after.total),
            savings=_between(before.lines, after.lines, cost),
        )
        for before, after, cost in zip(baseline.periods, bill.periods, wear, strict=True)
    )


def _between(before: Iterable[LineItem], after: Iterable[LineItem], wear: float) -> Savings:
    before, after = tuple(before), tuple(after)
    saved = {kind: float(exact_sum(_of(before, kind)) - exact_sum(_of(after, kind))) for kind in KIND_NAMES}
    return Savings(by_kind=saved, wear=wear)


def _of(lines: Iterable[LineItem], kind: str) -> Iterable[LineItem]:
    return (line for line in lines if line.charge == kind)


def wear_by_period(case: StudyCase, loop: Loop, baseline: Loop) -> FloatArray:
    """The cost of wear beyond that of batteries at rest, by UPS system (rows) and billing period (columns).

    It is the site's wear cost per kWh times the energy discharged, the same as in plans.
    """
    costs = np.array([[ups.battery.wear_cost_per_kwh] for ups in case.site.ups])
    each = (loop.discharge_kw - baseline.discharge_kw) * case.horizon.interval_h * costs
    starts = [period.start for period in case.billing_periods]
    return np.asarray(np.add.reduceat(each, starts, axis=1))

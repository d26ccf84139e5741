"""Savings from two exact bills, by kind of charge and by billing period, less wear.

Every amount is one that a printed bill shows, or is rounded to the currency's cent. A reader who subtracts one bill
from the other finds the saving, and the billing periods add up to the whole.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.finance.study.study import PeriodSavings, Savings
from ridethrough.optimizer.pricing.wear import worn_by_interval
from ridethrough.tariffs.billing.bill import Bill, PeriodBill, cent_of
from ridethrough.tariffs.charges.kind import KIND_NAMES

FloatArray = NDArray[np.float64]


def savings_by_period(
    baseline: Bill, bill: Bill, *, wear: Sequence[float], stored: Sequence[float], whole: Sequence[bool]
) -> tuple[PeriodSavings, ...]:
    """The savings of every billing period; wear, the value of stored energy and `whole` have one value for each."""
    return tuple(
        PeriodSavings(
            label=before.period.label,
            month=before.period.month,
            whole=all_days,
            baseline_total=float(before.total),
            total=float(after.total),
            savings=savings_between(before, after, currency=bill.currency, wear=cost, stored=value),
        )
        for before, after, cost, value, all_days in zip(
            baseline.periods, bill.periods, wear, stored, whole, strict=True
        )
    )


def savings_between(
    baseline: Bill | PeriodBill, bill: Bill | PeriodBill, *, currency: str, wear: float, stored: float = 0.0
) -> Savings:
    """The difference of two bills by kind of charge, as printed."""
    before, after = _printed(baseline), _printed(bill)
    return Savings(
        by_kind={kind: float(before[kind] - after[kind]) for kind in KIND_NAMES},
        stored=_in_cents(stored, currency),
        wear=_in_cents(wear, currency),
    )


def sum_of(savings: Iterable[Savings], currency: str) -> Savings:
    """The sum of the savings of several billing periods."""
    each = tuple(savings)
    return Savings(
        by_kind={kind: _in_cents(sum(one.of(kind) for one in each), currency) for kind in KIND_NAMES},
        stored=_in_cents(sum(one.stored for one in each), currency),
        wear=_in_cents(sum(one.wear for one in each), currency),
    )


def _printed(bill: Bill | PeriodBill) -> dict[str, Decimal]:
    return {kind: sum((line.amount for line in bill.lines if line.charge == kind), Decimal()) for kind in KIND_NAMES}


def _in_cents(amount: float, currency: str) -> float:
    return float(Decimal(repr(amount)).quantize(cent_of(currency))) + 0.0


def wear_by_period(case: StudyCase, loop: Loop, baseline: Loop) -> FloatArray:
    """The cost of wear beyond that of batteries at rest, by UPS system (rows) and billing period (columns).

    It is the wear that plans pay: by throughput, by depth of cycles, and at rest.
    """
    h = case.horizon.interval_h
    each = np.array(
        [
            worn_by_interval(ups, loop.discharge_kw[row], loop.stored_kwh[row], h)
            - worn_by_interval(ups, baseline.discharge_kw[row], baseline.stored_kwh[row], h)
            for row, ups in enumerate(case.site.ups)
        ]
    )
    starts = [period.start for period in case.billing_periods]
    return np.asarray(np.add.reduceat(each, starts, axis=1))

"""The verdict whether to trade, in words and figures that a finance reader can check."""

from collections.abc import Iterator, Sequence

import numpy as np

from ridethrough.finance.figure import Figure
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.finance.study.savings import sum_of
from ridethrough.finance.study.study import PeriodSavings, SafetyRecord, Savings, Verdict
from ridethrough.finance.study.year import whole_periods

LEAST_OF_BILL = 0.001
"""Below this share of the bill a saving is not distinguishable from a small change of the load."""

_FLAT = 1.15
_LEAST_CEILING = 1e-5


def capture_of(total: float, ceiling: Savings, baseline_total: float, currency: str, *, optimal: bool) -> Figure:
    """The share of the ceiling that was saved; unknown if the ceiling is close to 0."""
    if not optimal:
        return Figure.unknown("the plans of whole billing periods are not proven optimal: the ceiling is not known")
    if ceiling.total <= _LEAST_CEILING * baseline_total:
        return Figure.unknown(
            f"perfect foresight over whole billing periods would save {ceiling.total:,.2f} {currency}: "
            "there is almost nothing to capture"
        )
    return Figure.known(total / ceiling.total)


def verdict_on(
    case: StudyCase,
    baseline: Loop,
    periods: Sequence[PeriodSavings],
    ceiling: Savings | None,
    safety: SafetyRecord,
) -> Verdict:
    """Judge a study by its whole billing periods; without one, no trading is recommended."""
    if safety.outages_lost or safety.violations:
        lost = f"{safety.outages_lost} of {safety.outages_replayed} replayed outages are not ridden through"
        reasons = [lost] if safety.outages_lost else []
        return Verdict(worthwhile=False, reason="; ".join([*reasons, *safety.violations]))
    whole = whole_periods(periods)
    judged = whole or tuple(periods)
    savings = sum_of((each.savings for each in judged), case.tariff.currency)
    bill_total = sum(each.baseline_total for each in judged)
    reason = ", ".join(_saved(savings, bill_total, case.tariff.currency))
    if not whole:
        no_verdict = "no whole billing period was studied, and peaks are billed for whole periods: there is no verdict"
        return Verdict(worthwhile=False, reason=f"{no_verdict}; in these days {reason}")
    if len(whole) < len(periods):
        reason = f"in {len(whole)} whole billing period{'s' if len(whole) > 1 else ''} {reason}"
    if savings.total > LEAST_OF_BILL * abs(bill_total):
        return Verdict(worthwhile=True, reason=reason)
    billed = sum(each.baseline_total for each in periods)
    return Verdict(worthwhile=False, reason="; ".join([reason, *_why_so_little(case, baseline, ceiling, billed)]))


def _saved(savings: Savings, bill_total: float, currency: str) -> Iterator[str]:
    what = "saves" if savings.total > 0 else "loses"
    wear = f" after {savings.wear:,.0f} {currency} of wear" if savings.wear else ""
    yield f"trading {what} {abs(savings.total):,.0f} {currency}{wear}"
    yield f"{abs(_share(savings.total, bill_total)):.2%} of the bill of {bill_total:,.0f} {currency}"


def _why_so_little(case: StudyCase, baseline: Loop, ceiling: Savings | None, bill_total: float) -> Iterator[str]:
    ratio = peak_over_mean(case, baseline)
    if ratio is not None:
        shape = "the load is flat" if ratio < _FLAT else "the load has peaks"
        yield f"{shape}: its monthly peak is {ratio:.2f} times its mean"
    if ceiling is not None:
        yield (
            "perfect foresight over whole billing periods would save "
            f"{ceiling.on_the_bill:,.0f} {case.tariff.currency} before wear, "
            f"{_share(ceiling.on_the_bill, bill_total):.2%} of the bill"
        )


def _share(amount: float, bill_total: float) -> float:
    return amount / bill_total if bill_total else 0.0


def peak_over_mean(case: StudyCase, baseline: Loop) -> float | None:
    """The ratio of the meter's peak to its mean, averaged over billing periods; None unless the mean is above 0."""
    parts = [baseline.grid_kw[period.start : period.stop] for period in case.billing_periods]
    if any(part.mean() <= 0 for part in parts):
        return None
    return float(np.mean([part.max() / part.mean() for part in parts]))

"""A savings study as flat rows: one row a billing period and kind of charge, then stored energy and wear."""

from collections.abc import Iterator
from decimal import Decimal

from ridethrough.finance.reports.money import charges_of, decimals_of, kinds_billed
from ridethrough.finance.study.study import PeriodSavings, Study
from ridethrough.tariffs.billing.bill import PeriodBill

COLUMNS = ("period", "start", "end", "kind", "currency", "without_trading", "with_trading", "saving")


def study_rows(study: Study) -> Iterator[dict[str, str]]:
    """Both bills by billing period and kind of charge, and the difference, in the study's currency.

    A period runs from `start` until before `end`, both ISO 8601 with an offset. A row of `stored` is the value of the
    stored energy that changed, and a row of `wear` is at most 0; both have no bills. There are no rows of totals: the
    sum of column `saving` is the saving of the study.
    """
    kinds = kinds_billed(study)
    for before, after, period in zip(study.baseline.periods, study.bill.periods, study.periods, strict=True):
        named = _named(study, before, period)
        one, other = charges_of(before), charges_of(after)
        for kind in kinds:
            without, left = one.get(kind, Decimal()), other.get(kind, Decimal())
            amounts = {"without_trading": str(without), "with_trading": str(left), "saving": str(without - left)}
            yield named | {"kind": kind} | amounts
        others = {"stored": period.savings.stored, "wear": 0.0 - period.savings.wear}
        for kind, amount in others.items():
            yield named | {"kind": kind, "saving": f"{amount:.{decimals_of(study.currency)}f}"}


def _named(study: Study, before: PeriodBill, period: PeriodSavings) -> dict[str, str]:
    return {
        "period": period.label,
        "start": before.start.isoformat(),
        "end": before.end.isoformat(),
        "currency": study.currency,
    }

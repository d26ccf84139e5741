"""The billing of each kind of charge on a peak: one entry for each kind."""

from collections.abc import Callable, Mapping

from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.coincident_lines import coincident_lines
from ridethrough.tariffs.billing.demand_lines import demand_lines
from ridethrough.tariffs.billing.reactive_lines import reactive_lines

PEAK_LINES: Mapping[str, Callable[[BillingCase], list[PeakLines]]] = {
    "demand": demand_lines,
    "coincident": coincident_lines,
    "reactive": reactive_lines,
}


def peak_lines(case: BillingCase) -> list[PeakLines]:
    """Every charge on a peak, in each billing period of a meter series."""
    by_kind = [lines_of(case) for lines_of in PEAK_LINES.values()]
    return [_joined(of_period) for of_period in zip(*by_kind, strict=True)]


def _joined(kinds: tuple[PeakLines, ...]) -> PeakLines:
    return PeakLines(
        peaks_kw={name: kw for kind in kinds for name, kw in kind.peaks_kw.items()},
        billed_kw={name: kw for kind in kinds for name, kw in kind.billed_kw.items()},
        day_peaks_kw={name: peaks for kind in kinds for name, peaks in kind.day_peaks_kw.items()},
        lines=[line for kind in kinds for line in kind.lines],
    )

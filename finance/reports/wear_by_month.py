"""What left each system's batteries in each billing period of a study."""

import math
from itertools import pairwise

from ridethrough.finance.study.study import Study


def throughput_by_month(study: Study) -> tuple[tuple[float, ...], ...]:
    """The energy out of storage (kWh): a row for each billing period, a column for each system, as `Wear` counts it.

    The periods are those of the study, one after the other, so the rows of a system add up to its throughput.
    """
    horizon = study.horizon
    ends = [round((each.end - horizon.start) / horizon.step) for each in study.bill.periods]
    starts = [0, *ends[:-1]]
    return tuple(
        tuple(
            math.fsum(max(0.0, before - after) for before, after in pairwise(ups.stored_kwh[start : end + 1]))
            for ups in study.ups
        )
        for start, end in zip(starts, ends, strict=True)
    )

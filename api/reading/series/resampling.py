"""Fitting a series to a horizon; what does not fit is a fault."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.domain import Fault, Horizon, PriceSeries, UnableToAccept
from ridethrough.domain.horizon import zone


def prices_over(
    prices: TimeSeries | None, horizon: Horizon, faults: list[Fault], *, whose: str = "the site's"
) -> PriceSeries | None:
    """The market price in each interval; a price of a longer step holds in all the intervals inside it."""
    if prices is None:
        return None
    ratio = prices.step / horizon.step
    if ratio < 1 or ratio != int(ratio):
        allowed = f"a multiple of {whose} {horizon.interval_minutes} minutes"
        faults.append(Fault(field="step", source=prices.source, value=minutes(prices.step), allowed=allowed))
        return None
    each = int(ratio)
    fine = TimeSeries(
        source=prices.source,
        start=prices.start,
        step=horizon.step,
        values=tuple(price for price in prices.values for _ in range(each)),
    )
    values = covering(fine, horizon, faults)
    return PriceSeries(horizon=horizon, price_per_kwh=values) if values else None


def covering(series: TimeSeries, horizon: Horizon, faults: list[Fault]) -> tuple[float, ...]:
    """Cut the horizon out of a series of its step."""
    first = (horizon.start - series.start) / horizon.step
    if first != int(first):
        allowed = f"on the {horizon.interval_minutes}-minute grid of the local day"
        faults.append(Fault(field="start", source=series.source, value=series.start.isoformat(), allowed=allowed))
        return ()
    if first < 0 or series.end < horizon.end:
        local = zone(horizon.timezone)
        value = f"{series.start.astimezone(local).isoformat()} to {series.end.astimezone(local).isoformat()}"
        needed = f"{horizon.start_of(0).isoformat()} to {horizon.end.astimezone(local).isoformat()}"
        faults.append(Fault(field="time covered", source=series.source, value=value, allowed=f"at least {needed}"))
        return ()
    return series.values[int(first) : int(first) + horizon.intervals]


def minutes(step: timedelta) -> str:
    """A step as a message shows it."""
    return f"{step / timedelta(minutes=1):g} minutes"


def values_over(load: TimeSeries | float, horizon: Horizon) -> NDArray[np.float64]:
    """A load in each interval of a horizon.

    Raises `UnableToAccept` for a series that does not cover it.
    """
    if not isinstance(load, TimeSeries):
        return np.full(horizon.intervals, float(load))
    faults: list[Fault] = []
    values = covering(load, horizon, faults)
    if faults:
        raise UnableToAccept(faults)
    return np.array(values)

"""What is known of a site at a moment: the intervals on record, its loads over them, and the published prices."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.resampling import minutes, prices_over, values_over
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, Horizon, Site, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.operation.ceilings.planner import RESTING_HOURS
from ridethrough.operation.known.published import published_until, too_few_prices

FloatArray = NDArray[np.float64]

LONGEST_GAP = timedelta(days=8)
"""Plans are made from a past that ended no longer ago."""
_CONSTANT_PAST = timedelta(days=28)


def known_past(inputs: SiteInputs, block: Horizon, now: datetime) -> Horizon:
    """The intervals that every load and price is known in, before `now` and before the block.

    Raises `UnableToAccept` for series of another step, and where nothing is known, or nothing of late.
    """
    faults = []
    for load in _series(inputs):
        if load.step != block.step:
            allowed = f"{block.interval_minutes} minutes, the site's interval_minutes"
            faults.append(Fault(field="step", source=load.source, value=minutes(load.step), allowed=allowed))
    if faults:
        raise UnableToAccept(faults)
    every = list(_series(inputs))
    prices = [inputs.prices] if inputs.prices is not None else []
    start = max((each.start for each in (*every, *prices)), default=block.start - _CONSTANT_PAST)
    until = min([now, block.start, *(each.end for each in every)])
    start = block.start - ((block.start - start) // block.step) * block.step
    intervals = (until - start) // block.step
    end = start + max(0, intervals) * block.step
    if intervals < 1 or block.start - end > LONGEST_GAP:
        raise UnableToAccept([too_little_known(inputs, block, now, start, end)])
    return replace(block, start=start, intervals=intervals)


def published_prices(inputs: SiteInputs, past: Horizon, now: datetime) -> FloatArray | None:
    """Prices from the start of the past on, as far as they were published at `now` and the series go."""
    if inputs.prices is None:
        return None
    until = min(inputs.prices.end, published_until(now, past.timezone))
    faults: list[Fault] = []
    horizon = replace(past, intervals=max(1, (until - past.start) // past.step))
    prices = prices_over(inputs.prices, horizon, faults)
    if faults or prices is None:
        raise UnableToAccept(faults)
    return np.array(prices.price_per_kwh)


def protected_site(inputs: SiteInputs, past: Horizon) -> Site:
    """The site with every protected load at least the highest load that is known of."""
    systems = tuple(
        replace(ups, protected_load_kw=max(ups.protected_load_kw, float(values_over(inputs.loads[ups.id], past).max())))
        for ups in inputs.site.ups
    )
    return replace(inputs.site, ups=systems)


def too_little_known(  # noqa: PLR0917 - what was asked, and what is known
    inputs: SiteInputs,
    block: Horizon,
    now: datetime,
    start: datetime,
    end: datetime,
    price_per_kwh: FloatArray | None = None,
) -> Fault:
    """The fault of a past from `start` to `end` that no plan can be made from."""
    if inputs.prices is not None and too_few_prices(price_per_kwh, block.step):
        known_h = 0 if price_per_kwh is None else len(price_per_kwh) * block.step / timedelta(hours=1)
        allowed = f"at least 24 hours from the start of the loads on, published by {now.isoformat()}; or a later --now"
        return Fault(field="prices", source=inputs.prices.source, value=f"{known_h:g} hours known", allowed=allowed)
    local = zone(block.timezone)
    known = f"{start.astimezone(local).isoformat()} to {end.astimezone(local).isoformat()}"
    source = next((each.source for each in _series(inputs)), "")
    allowed = (
        f"at least {RESTING_HOURS} whole hours that end within 8 days before {block.start_of(0).isoformat()}, known by "
        f"{now.astimezone(local).isoformat()}, to forecast from; or another --date or --now"
    )
    return Fault(field="time covered", source=source, value=known if end > start else "nothing", allowed=allowed)


def _series(inputs: SiteInputs) -> Iterator[TimeSeries]:
    for load in (*inputs.loads.values(), inputs.unprotected_load):
        if isinstance(load, TimeSeries):
            yield load

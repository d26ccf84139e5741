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
from ridethrough.operation.ahead import is_enough
from ridethrough.operation.ceilings.planner import RESTING_HOURS
from ridethrough.operation.known.published import published_until, too_few_prices

FloatArray = NDArray[np.float64]

LONGEST_GAP = timedelta(days=8)
"""Plans are made from a past that ended no longer ago."""
_CONSTANT_PAST = timedelta(days=28)
_MINUTES_PER_HOUR = 60


def known_past(inputs: SiteInputs, block: Horizon, now: datetime) -> Horizon:
    """The intervals that every load and price is known in, before `now` and before the block.

    Raises `UnableToAccept` for series of another step, for a step that hours have no whole number of, and where too
    little is known, or nothing of late.
    """
    faults = hourly_faults(inputs)
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
    past = replace(block, start=start, intervals=max(1, intervals))
    if intervals < 1 or not is_enough(past) or block.start - end > LONGEST_GAP:
        raise UnableToAccept([_too_little(inputs, block, now, start, end)])
    return past


def hourly_faults(inputs: SiteInputs) -> list[Fault]:
    """What is wrong with the site's step where loads are forecast: ceilings are those of the hours of the clock."""
    step = inputs.site.interval_minutes
    if _MINUTES_PER_HOUR % step == 0:
        return []
    allowed = f"a number of minutes that divides the hour ({_MINUTES_PER_HOUR}), where loads are forecast"
    return [Fault(field="interval_minutes", source=inputs.provenance.given[0], value=step, allowed=allowed)]


def published_prices(inputs: SiteInputs, past: Horizon, now: datetime) -> FloatArray | None:
    """Prices from the start of the past on, as far as they were published at `now` and the series go.

    Raises `UnableToAccept` where that is too little to plan from.
    """
    if inputs.prices is None:
        return None
    until = min(inputs.prices.end, published_until(now, past.timezone))
    faults: list[Fault] = []
    horizon = replace(past, intervals=max(1, (until - past.start) // past.step))
    prices = prices_over(inputs.prices, horizon, faults)
    if faults or prices is None:
        raise UnableToAccept(faults)
    if too_few_prices(prices.price_per_kwh, past.step):
        known_h = len(prices.price_per_kwh) * past.step / timedelta(hours=1)
        allowed = f"at least 24 hours from the start of the loads on, published by {now.isoformat()}; or a later --now"
        raise UnableToAccept(
            [Fault(field="prices", source=inputs.prices.source, value=f"{known_h:g} hours known", allowed=allowed)]
        )
    return np.array(prices.price_per_kwh)


def protected_site(inputs: SiteInputs, past: Horizon) -> Site:
    """The site with every protected load at least the highest load that is known of."""
    systems = tuple(
        replace(ups, protected_load_kw=max(ups.protected_load_kw, float(values_over(inputs.loads[ups.id], past).max())))
        for ups in inputs.site.ups
    )
    return replace(inputs.site, ups=systems)


def _series(inputs: SiteInputs) -> Iterator[TimeSeries]:
    for load in (*inputs.loads.values(), inputs.unprotected_load):
        if isinstance(load, TimeSeries):
            yield load


def _too_little(inputs: SiteInputs, block: Horizon, now: datetime, start: datetime, end: datetime) -> Fault:
    """The fault of a past from `start` to `end` that no forecast can be made from."""
    local = zone(block.timezone)
    known = f"{start.astimezone(local).isoformat()} to {end.astimezone(local).isoformat()}"
    source = next((each.source for each in _series(inputs)), "")
    allowed = (
        f"at least {RESTING_HOURS} whole hours that end within 8 days before {block.start_of(0).isoformat()}, known by "
        f"{now.astimezone(local).isoformat()}, to forecast from; or another --date or --now"
    )
    return Fault(field="time covered", source=source, value=known if end > start else "nothing", allowed=allowed)

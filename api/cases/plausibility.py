"""Doubtful readings: prices that are not traded on, and loads that a person should check."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median

from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, Horizon, UnableToAccept
from ridethrough.domain.horizon import zone

LONGEST_ZERO_H = 1.0
"""A load that runs all day and reads nothing for this long: the meter was out, or the load was."""
SPIKE = 2.0
"""A reading so many times both of its neighbours is a spike."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MONTH = timedelta(days=31)
_MOST_TOLD = 5
_WIDENED = "lowest_plausible_per_kwh and highest_plausible_per_kwh of `prices`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Doubtful readings from `start` until before `end`, with their place in the site file."""

    field: str
    start: datetime
    end: datetime
    reason: str
    cannot_be: bool = False

    def touches(self, horizon: Horizon) -> bool:
        """Whether any of the readings falls into the horizon."""
        return self.start < horizon.end and horizon.start < self.end

    def said(self, timezone: str) -> str:
        """The doubt as a sentence, in local time."""
        local = zone(timezone)
        start, end = self.start.astimezone(local), self.end.astimezone(local)
        until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
        return f"{self.field}, {start:%Y-%m-%d %H:%M} to {until}: {self.reason}"


def price_doubts(inputs: SiteInputs) -> tuple[Doubt, ...]:
    """Market prices that are implausible (`domain.plausible_prices`)."""
    prices = inputs.prices
    if prices is None:
        return ()
    found = inputs.plausible_prices.doubts(prices.values, prices.step / _HOUR, inputs.site.currency)
    return tuple(
        replace(_doubt("prices", prices, each.first, each.end, each.reason), cannot_be=each.is_outside)
        for each in found
    )


def load_doubts(inputs: SiteInputs, near: Horizon | None = None) -> tuple[Doubt, ...]:
    """Loads that are 0 for hours, and single readings far above their neighbours, on the days near a horizon."""
    named = {f"ups.{ups_id}.load": load for ups_id, load in inputs.loads.items()}
    named["unprotected_load"] = inputs.unprotected_load
    series = {place: _near(load, near) for place, load in named.items() if isinstance(load, TimeSeries)}
    return tuple(
        each
        for place, load in series.items()
        if load.values and median(load.values) > 0
        for each in (*_zeros(place, load), *_spikes(place, load))
    )


def no_trading_because(inputs: SiteInputs, horizon: Horizon) -> list[str]:
    """The reason why the prices of a horizon must not be traded on; empty if all of them are plausible."""
    doubts = [each for each in price_doubts(inputs) if each.touches(horizon)]
    if not doubts:
        return []
    believe = (
        "prices are not verified, and every battery holds: correct the feed, or widen what is believed with "
        f"{_WIDENED}, or unchanged_at_most_h"
    )
    return [*(each.said(inputs.site.timezone) for each in doubts), believe]


def doubts_on(inputs: SiteInputs, horizon: Horizon) -> Iterator[str]:
    """The doubtful loads of a horizon."""
    return (each.said(inputs.site.timezone) for each in load_doubts(inputs, horizon) if each.touches(horizon))


def doubts_before(inputs: SiteInputs, block: Horizon, known_at: datetime) -> Iterator[str]:
    """What is doubtful of the loads of the month before a block, which a forecast and the month's peaks follow from.

    Readings from `known_at` on are not looked at: nothing is forecast from them.
    """
    month = replace(block, start=block.start - _MONTH, intervals=block.intervals + _MONTH // block.step)
    loads = {ups_id: _known(load, known_at) for ups_id, load in inputs.loads.items()}
    known = replace(inputs, loads=loads, unprotected_load=_known(inputs.unprotected_load, known_at))
    found = list(doubts_on(known, month))
    yield from (f"forecast from a doubtful reading: {each}" for each in found[:_MOST_TOLD])
    if len(found) > _MOST_TOLD:
        yield f"{len(found) - _MOST_TOLD} more doubtful readings before the plan: `ridethrough check` lists them"


def refuse_impossible_prices(inputs: SiteInputs, horizon: Horizon) -> None:
    """Refuse impossible prices of a horizon, because a saving from them would not be real.

    Raises `UnableToAccept` with each run of them.
    """
    allowed = f"prices that can be; what is believed may be widened with {_WIDENED}"
    faults = [
        Fault(field="prices", source=inputs.provenance.given[0], value=each.said(inputs.site.timezone), allowed=allowed)
        for each in price_doubts(inputs)
        if each.cannot_be and each.touches(horizon)
    ]
    if faults:
        raise UnableToAccept(faults)


def _known(load: TimeSeries | float, moment: datetime) -> TimeSeries | float:
    """The readings of intervals that were over at a moment."""
    if not isinstance(load, TimeSeries):
        return load
    return replace(load, values=load.values[: max(0, (moment - load.start) // load.step)])


def _near(load: TimeSeries, horizon: Horizon | None) -> TimeSeries:
    """The readings from a day before a horizon to a day after it."""
    if horizon is None:
        return load
    first = max(0, (horizon.start - _DAY - load.start) // load.step)
    end = max(first, (horizon.end + _DAY - load.start) // load.step)
    return replace(load, start=load.start + first * load.step, values=load.values[first:end])


def _zeros(place: str, load: TimeSeries) -> Iterator[Doubt]:
    first = 0
    for is_zero, group in groupby(load.values, key=lambda kw: kw == 0):
        end = first + len(list(group))
        if is_zero and (end - first) * load.step >= LONGEST_ZERO_H * _HOUR:
            reason = "reads 0 kW; a meter that is out reads so too: leave such rows out, and say how `gaps` are filled"
            yield _doubt(place, load, first, end, reason)
        first = end


def _spikes(place: str, load: TimeSeries) -> Iterator[Doubt]:
    usual_kw = median(load.values)
    for index in range(1, len(load.values) - 1):
        kw, beside_kw = load.values[index], max(load.values[index - 1], load.values[index + 1])
        if kw > SPIKE * usual_kw and kw > SPIKE * beside_kw:
            reason = f"{kw:,.6g} kW is {kw / max(beside_kw, usual_kw):.1f} times the readings beside it: a spike?"
            yield _doubt(place, load, index, index + 1, reason)


def _doubt(place: str, series: TimeSeries, first: int, end: int, reason: str) -> Doubt:
    start = series.start + first * series.step
    return Doubt(field=place, start=start, end=series.start + end * series.step, reason=reason)

"""From single prices, in any order and with contradictions, to what is known of a time.

| prices of one time | which one counts |
|---|---|
| the same price twice | it, once |
| from a newer and an older issue of a document | that of the newer one |
| an hour and its quarters, and the hour is their mean | the quarters |
| any others that differ | none: the time is missing, and named |
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from ridethrough.api.reading.price_sources.clock_changes import held_over_change
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, PriceStretch, Span
from ridethrough.domain.plausible_prices import PlausiblePrices

_HOUR = timedelta(hours=1)
_SHORTEST = timedelta(minutes=1)
_ROUNDED_PER_KWH = 6e-6
"""A mean of four prices that is rounded to 0.01 a MWh is so near to the true one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price of one interval, and the issue of the document that it is from: of more, the highest counts."""

    start: datetime
    step: timedelta
    price_per_kwh: float
    issue: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The prices that count, by time, and the spans of which none does."""

    quotes: tuple[Quote, ...]
    contradictions: tuple[Span, ...]
    repeated: int
    superseded: int


def assembled(
    source: str, quotes: Sequence[Quote], question: PriceQuestion, *, notes: Sequence[str] = ()
) -> FetchedPrices:
    """Answer a question from the prices that a source gave; those outside the time asked for are left out."""
    usable = [each for each in quotes if math.isfinite(each.price_per_kwh) and _fits(each)]
    asked = [each for each in usable if each.start < question.end and each.start + each.step > question.start]
    found = settled(asked)
    said = list(notes)
    unusable = len(quotes) - len(usable)
    if unusable:
        said.append(f"{unusable} prices left out: no finite number, or no whole minutes that divide the hour")
    if found.repeated:
        said.append(f"{found.repeated} prices were there more than once, with the same value")
    if found.superseded:
        said.append(f"{found.superseded} prices of older issues left out: a newer one has the same times")
    stretches = tuple(_stretches(found.quotes))
    named = list(found.contradictions)
    shifted = held_over_change(stretches, question.timezone)
    if shifted is not None:
        stretches = tuple(_stretches([q for q in found.quotes if not shifted.start <= q.start < shifted.end]))
        named.append(shifted)
    return FetchedPrices(
        source=source,
        zone=question.zone,
        fetched_at=question.now,
        stretches=stretches,
        missing=tuple(_missing(stretches, question, named)),
        doubted=tuple(_doubted(stretches, question)),
        notes=(*said, *(each.reason for each in named)),
    )


def settled(quotes: Sequence[Quote]) -> Assembled:
    """Choose the price that counts for each time."""
    cell = _common_step(quotes)
    by_cell: dict[datetime, list[Quote]] = defaultdict(list)
    for each in quotes:
        for index in range(each.step // cell):
            by_cell[each.start + index * cell].append(each)
    newest = {at: max(each.issue for each in there) for at, there in by_cell.items()}
    current = {at: [each for each in there if each.issue == newest[at]] for at, there in by_cell.items()}
    means = _means_of(current, cell)
    chosen = {at: found for at in sorted(current) if (found := _chosen(current[at], means)) is not None}
    return Assembled(
        quotes=tuple(_whole_or_cut(chosen, cell)),
        contradictions=tuple(_contradictions([at for at in sorted(current) if at not in chosen], cell)),
        repeated=len(quotes) - len({(each.start, each.step, each.price_per_kwh, each.issue) for each in quotes}),
        superseded=len({each for at, there in by_cell.items() for each in there if each.issue != newest[at]}),
    )


def _common_step(timed: Sequence[Quote] | Sequence[PriceStretch]) -> timedelta:
    """The longest step on whose grid all intervals begin and end; an hour where there are none."""
    steps = (each.step // _SHORTEST for each in timed)
    apart = ((each.start - timed[0].start) // _SHORTEST for each in timed)
    return timedelta(minutes=math.gcd(*steps, *apart)) or _HOUR


def _fits(quote: Quote) -> bool:
    on_minute = not quote.step % _SHORTEST and not quote.start.second and not quote.start.microsecond
    return on_minute and quote.step >= _SHORTEST and not _HOUR % quote.step


def _whole_or_cut(chosen: dict[datetime, Quote], cell: timedelta) -> Iterator[Quote]:
    """The chosen prices in the order of time; one that does not count all through its interval is cut."""
    for at, each in chosen.items():
        if any(chosen.get(other) != each for other in _cells(each, cell)):
            yield Quote(start=at, step=cell, price_per_kwh=each.price_per_kwh)
        elif at == each.start:
            yield each


def _cells(quote: Quote, cell: timedelta) -> Iterator[datetime]:
    return (quote.start + index * cell for index in range(quote.step // cell))


def _means_of(current: dict[datetime, list[Quote]], cell: timedelta) -> set[Quote]:
    """The prices that are no more than the mean of shorter intervals' prices, which cover the same time."""
    candidates = {each for there in current.values() for each in there if each.step > cell}
    found = set()
    for longer in candidates:
        inside = [[each for each in current[at] if each.step < longer.step] for at in _cells(longer, cell)]
        if all(inside):
            mean = sum(each[0].price_per_kwh for each in inside) / len(inside)
            if math.isclose(mean, longer.price_per_kwh, rel_tol=1e-9, abs_tol=_ROUNDED_PER_KWH):
                found.add(longer)
    return found


def _chosen(there: list[Quote], means: set[Quote]) -> Quote | None:
    """The one price of a time; None where there are several."""
    own = [each for each in there if each not in means] or there
    if len({each.price_per_kwh for each in own}) > 1:
        return None
    return min(own, key=lambda each: each.step)


def _contradictions(against: list[datetime], cell: timedelta) -> Iterator[Span]:
    for run in _runs(against, cell):
        start, end = run[0], run[-1] + cell
        reason = f"the source contradicts itself {_named(start, end)}: none of its prices is used there"
        yield Span(start=start, end=end, reason=reason)


def _runs(times: Sequence[datetime], step: timedelta) -> Iterator[list[datetime]]:
    run: list[datetime] = []
    for at in times:
        if run and at - run[-1] != step:
            yield run
            run = []
        run.append(at)
    if run:
        yield run


def _stretches(quotes: Sequence[Quote]) -> Iterator[PriceStretch]:
    run: list[Quote] = []
    for each in quotes:
        if run and (each.step != run[-1].step or each.start != run[-1].start + run[-1].step):
            yield _stretch(run)
            run = []
        run.append(each)
    if run:
        yield _stretch(run)


def _stretch(run: list[Quote]) -> PriceStretch:
    prices = tuple(each.price_per_kwh for each in run)
    return PriceStretch(start=run[0].start.astimezone(UTC), step=run[0].step, price_per_kwh=prices)


def _missing(stretches: Sequence[PriceStretch], question: PriceQuestion, named: Sequence[Span]) -> Iterator[Span]:
    at = question.start
    for start, end in (*((each.start, each.end) for each in stretches), (question.end, question.end)):
        if start > at:
            reasons = [each.reason for each in named if each.start < start and each.end > at]
            yield Span(start=at, end=start, reason=reasons[0] if reasons else f"no prices {_named(at, start)}")
        at = max(at, end)


def _doubted(stretches: Sequence[PriceStretch], question: PriceQuestion) -> Iterator[Span]:
    believed = question.plausible or PlausiblePrices.of_currency(question.currency)
    for joined in _joined(stretches):
        step = joined.step
        for doubt in believed.doubts(joined.price_per_kwh, step / _HOUR, question.currency):
            start, end = joined.start + doubt.first * step, joined.start + doubt.end * step
            yield Span(start=start, end=end, reason=f"{doubt.reason} {_named(start, end)}: not traded on")


def _joined(stretches: Sequence[PriceStretch]) -> Iterator[PriceStretch]:
    """The prices at their shortest step, so that one that stands still is seen across a change of step."""
    cell = timedelta(minutes=math.gcd(*(each.step // _SHORTEST for each in stretches)))
    fine = [
        Quote(
            start=each.start + index * cell, step=cell, price_per_kwh=each.price_per_kwh[index // (each.step // cell)]
        )
        for each in stretches
        for index in range(len(each.price_per_kwh) * (each.step // cell))
    ]
    for _, group in groupby(enumerate(fine), key=lambda pair: pair[1].start - pair[0] * cell):
        yield _stretch([quote for _, quote in group])


def _named(start: datetime, end: datetime) -> str:
    return f"from {start:%Y-%m-%d %H:%M}Z to {end:%Y-%m-%d %H:%M}Z"

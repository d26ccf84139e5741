"""The charts of a study, from its figures: the report and the dashboard draw the same ones."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import fsum

from ridethrough.charts import Categories, Chart, Panel, RangeBar, Ranges, Series, Shape, Tone
from ridethrough.finance.reports.money import IN_WORDS


def bills_chart(
    periods: Sequence[str], before: Sequence[float], after: Sequence[float], saved: Sequence[float], currency: str
) -> Chart:
    """Both bills of each billing period as bars, and what was saved after wear below them."""
    tones = tuple(Tone.GOOD if amount >= 0 else Tone.BAD for amount in saved)
    savings = Series(name="saved after wear", values=tuple(saved), shape=Shape.BARS, tone=Tone.GOOD, tones=tones)
    bills = (_bars("without trading", before, Tone.WITHOUT), _bars("with trading", after, Tone.WITH))
    return Chart(
        title="Bill by month",
        description="Each billing period's bill without and with trading, and what was saved after wear.",
        axis=Categories(labels=tuple(periods), head="billing period"),
        panels=(
            Panel(title="Bill by month", unit=currency, series=bills, from_zero=True),
            Panel(
                title="Saved after wear",
                unit=currency,
                series=(savings,),
                from_zero=True,
                printed=True,
                digits=_digits(saved),
                height_px=90,
            ),
        ),
    )


def waterfall_chart(saved: Mapping[str, float], wear: float, currency: str) -> Chart:
    """The steps from no saving to the saving after wear; `saved` has an amount for each kind of charge."""
    names = [name for name, amount in saved.items() if amount]
    steps = [*(saved[name] for name in names), -wear]
    tops = list(accumulate(steps))
    series = Series(
        name="saved",
        values=(*tops, tops[-1]),
        base=(0.0, *tops[:-1], 0.0),
        shape=Shape.BARS,
        tones=(*(Tone.GOOD if step >= 0 else Tone.BAD for step in steps), Tone.TOTAL),
    )
    return _by_kind(
        names,
        series,
        title="Where the saving comes from",
        description="What each kind of charge adds to the saving, and what wear takes from it.",
        currency=currency,
    )


def foresight_chart(
    saved: Mapping[str, float], wear: float, ceiling: Mapping[str, float], ceiling_wear: float, currency: str
) -> Chart:
    """The saving beside that of perfect foresight (`ceiling`), by kind of charge."""
    names = [name for name in saved if saved[name] or ceiling[name]]

    def parts(of: Mapping[str, float], less: float) -> list[float]:
        return [*(of[name] for name in names), -less, fsum((*of.values(), -less))]

    return _by_kind(
        names,
        _bars("perfect foresight, the ceiling", parts(ceiling, ceiling_wear), Tone.WITHOUT),
        _bars("closed loop", parts(saved, wear), Tone.WITH),
        title="Against perfect foresight",
        description="What was saved in the closed loop, beside what perfect foresight would have saved: the ceiling.",
        currency=currency,
    )


def cash_flow_chart(years: Sequence[int], net: Sequence[float], discounted: Sequence[float], currency: str) -> Chart:
    """The net of each year, and the running sum of its present value."""
    running = tuple(accumulate(discounted))
    series = (
        _bars("net of the year", net, Tone.WITHOUT),
        Series(name="sum of discounted", values=running, shape=Shape.LINE, tone=Tone.WITH),
    )
    return Chart(
        title="Cash flow",
        description="The net of each year, and the running sum of what it is worth today.",
        axis=Categories(labels=tuple(str(year) for year in years), head="year"),
        panels=(Panel(title="Cash flow", unit=currency, series=series, from_zero=True, height_px=160),),
    )


def tornado_ranges(bars: Sequence[RangeBar], base: float, currency: str) -> Ranges:
    """The net present value at the low and the high value of each input, the widest first."""
    return Ranges(
        title="Net present value with each input at its low and at its high value",
        unit=currency,
        base=base,
        bars=tuple(bars),
    )


def _by_kind(names: Sequence[str], *series: Series, title: str, description: str, currency: str) -> Chart:
    """Savings by kind of charge, then what wear takes, then what is left after it."""
    amounts = [value for each in series for value in each.values if value is not None]
    panel = Panel(
        title=title,
        unit=currency,
        series=series,
        from_zero=True,
        printed=True,
        digits=_digits(amounts),
        height_px=170,
    )
    return Chart(
        title=title,
        description=description,
        axis=Categories(labels=(*(IN_WORDS[name] for name in names), "Wear", "After wear"), head="part"),
        panels=(panel,),
    )


def _digits(amounts: Sequence[float]) -> int:
    """Whole units of the currency, unless the amounts are all small."""
    return 0 if max(map(abs, amounts), default=0.0) >= 10 else 2  # noqa: PLR2004 - cents matter below


def _bars(name: str, values: Sequence[float], tone: Tone) -> Series:
    return Series(name=name, values=tuple(values), shape=Shape.BARS, tone=tone)

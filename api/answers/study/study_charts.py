"""A study's document as charts: both bills by month, where the saving comes from, its ceiling, and the cash flow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ridethrough.charts import Categories, Chart, Panel, Series, Shape, Tone
from ridethrough.finance.reports.money import IN_WORDS

_SUMS = ("total", "on_the_bill", "wear")


def study_charts(document: Mapping[str, Any]) -> Iterator[Chart]:
    """The charts of a study, in the order in which they are read."""
    yield bills_by_month(document)
    yield waterfall(document)
    if document["ceiling"] is not None:
        yield against_perfect_foresight(document)
    if document["cash_flow"] is not None:
        yield cash_flow(document)


def bills_by_month(document: Mapping[str, Any]) -> Chart:
    """Both bills as bars, and the saving after wear below them."""
    periods, currency = document["periods"], document["currency"]
    saved = tuple(float(each["savings"]["total"]) for each in periods)
    return Chart(
        title="Bill by month",
        description="Each billing period's bill without and with trading, and what was saved after wear.",
        axis=Categories(labels=tuple(each["period"] for each in periods), head="billing period"),
        panels=(
            Panel(
                title="Bill by month",
                unit=currency,
                series=(
                    _bars("without trading", [each["baseline_total"] for each in periods], Tone.WITHOUT),
                    _bars("with trading", [each["total"] for each in periods], Tone.WITH),
                ),
                from_zero=True,
            ),
            Panel(
                title="Saved after wear",
                unit=currency,
                series=(
                    Series(
                        name="saved after wear",
                        values=saved,
                        shape=Shape.BARS,
                        tone=Tone.GOOD,
                        tones=tuple(Tone.GOOD if amount >= 0 else Tone.BAD for amount in saved),
                    ),
                ),
                from_zero=True,
                printed=True,
                height_px=90,
            ),
        ),
    )


def waterfall(document: Mapping[str, Any]) -> Chart:
    """The steps from no saving to the saving after wear."""
    savings = document["savings"]
    names = [name for name in _kinds(savings) if savings[name]]
    steps = [float(savings[name]) for name in names] + [-float(savings["wear"])]
    bases = [sum(steps[:index]) for index in range(len(steps))]
    tops = [base + step for base, step in zip(bases, steps, strict=True)]
    tones = [Tone.GOOD if step >= 0 else Tone.BAD for step in steps]
    saved = Series(
        name="saved",
        values=(*tops, float(savings["total"])),
        base=(*bases, 0.0),
        shape=Shape.BARS,
        tones=(*tones, Tone.TOTAL),
    )
    return _by_kind(
        names,
        saved,
        title="Where the saving comes from",
        description="What each kind of charge adds to the saving, and what wear takes from it.",
        currency=document["currency"],
    )


def against_perfect_foresight(document: Mapping[str, Any]) -> Chart:
    """The saving beside that of perfect foresight, by kind of charge."""
    savings, ceiling = document["savings"], document["ceiling"]
    names = [name for name in _kinds(savings) if savings[name] or ceiling[name]]

    def parts(of: Mapping[str, float]) -> list[float]:
        return [*(float(of[name]) for name in names), -float(of["wear"]), float(of["total"])]

    return _by_kind(
        names,
        _bars("perfect foresight, the ceiling", parts(ceiling), Tone.WITHOUT),
        _bars("closed loop", parts(savings), Tone.WITH),
        title="Against perfect foresight",
        description="What was saved in the closed loop, beside what perfect foresight would have saved: the ceiling.",
        currency=document["currency"],
    )


def cash_flow(document: Mapping[str, Any]) -> Chart:
    """The net of each year, and the running sum of its present value."""
    flow = document["cash_flow"]
    running = [sum(flow["discounted_net"][: index + 1]) for index in range(len(flow["discounted_net"]))]
    return Chart(
        title="Cash flow",
        description="The net of each year, and the running sum of what it is worth today.",
        axis=Categories(labels=tuple(str(year) for year in flow["years"]), head="year"),
        panels=(
            Panel(
                title="Cash flow",
                unit=document["currency"],
                series=(
                    _bars("net of the year", flow["net"], Tone.WITHOUT),
                    Series(name="sum of discounted", values=tuple(running), shape=Shape.LINE, tone=Tone.WITH),
                ),
                from_zero=True,
                height_px=160,
            ),
        ),
    )


def _by_kind(names: Sequence[str], *series: Series, title: str, description: str, currency: str) -> Chart:
    """Savings by kind of charge, then what wear takes, then what is left after it."""
    panel = Panel(title=title, unit=currency, series=series, from_zero=True, printed=True, height_px=170)
    return Chart(
        title=title,
        description=description,
        axis=Categories(labels=(*(IN_WORDS[name] for name in names), "Wear", "After wear"), head="part"),
        panels=(panel,),
    )


def _kinds(savings: Mapping[str, float]) -> list[str]:
    return [name for name in savings if name not in _SUMS]


def _bars(name: str, values: Sequence[float], tone: Tone) -> Series:
    return Series(name=name, values=tuple(float(value) for value in values), shape=Shape.BARS, tone=tone)

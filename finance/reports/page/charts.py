"""The charts of a savings report, drawn from the study: markup by the name of its place on the page."""

from markupsafe import Markup

from ridethrough.charts import (
    Band,
    Chart,
    Panel,
    RangeBar,
    Series,
    Shape,
    TimeAxis,
    Tone,
    chart_drawing,
    chart_figure,
    ranges_drawing,
)
from ridethrough.finance.reports.money import kinds_saved_by, number, whole_money
from ridethrough.finance.reports.page.day import ShownDay, day_to_show
from ridethrough.finance.reports.page.tables import Table
from ridethrough.finance.reports.study_charts import (
    bills_chart,
    cash_flow_chart,
    foresight_chart,
    tornado_ranges,
    waterfall_chart,
)
from ridethrough.finance.study.study import Savings, Study

_METER_PX, _LOAD_PX, _STORED_PX = 140, 60, 110


def report_charts(study: Study) -> dict[str, Markup]:
    """Every chart that the study has figures for.

    The table of a chart stands beside it on the page, as a reader of reports wants it; the chart of the day also
    carries the value of each interval.
    """
    currency, saved = study.currency, _by_kind(study, study.savings)
    drawn = {
        "bills": chart_drawing(_bills(study)),
        "waterfall": chart_drawing(waterfall_chart(saved, study.savings.wear, currency)),
    }
    if study.ceiling is not None:
        ceiling = _by_kind(study, study.ceiling)
        chart = foresight_chart(saved, study.savings.wear, ceiling, study.ceiling.wear, currency)
        drawn["ceiling"] = chart_drawing(chart)
    shown, flow = day_to_show(study), study.cash_flow
    if shown is not None:
        drawn["day"] = chart_figure(day_chart(study, shown))
    if flow is not None:
        years = flow.project.years
        drawn["cash"] = chart_drawing(cash_flow_chart(years, flow.net, flow.discounted_net, currency))
        if study.tornado:
            drawn["tornado"] = _tornado(study, flow.net_present_value)
    return drawn


def day_chart(study: Study, shown: ShownDay) -> Chart:
    """One day: the meter with and without trading, the load behind the UPS, and its stored energy over the reserve."""
    ups = study.ups[shown.ups]
    intervals, boundaries = _slices(shown)
    meter = (
        Series(name="without trading", values=study.baseline_grid_kw[intervals], tone=Tone.WITHOUT),
        Series(name="with trading", values=study.grid_kw[intervals], tone=Tone.WITH),
    )
    load = Series(name="load behind the UPS", values=ups.load_kw[intervals], tone=Tone.LOAD)
    reserve = ups.reserve_kwh[boundaries]
    stored = (
        Series(name="stored energy", values=ups.stored_kwh[boundaries], shape=Shape.LINE, tone=Tone.STORED),
        Series(name="reserve, never touched", values=reserve, shape=Shape.LINE, tone=Tone.RESERVE),
    )
    band = Band(name="", lower=(0.0,) * len(reserve), upper=reserve, tone=Tone.RESERVE)
    return Chart(
        title=f"{shown.day:%A} {shown.day.day} {shown.day:%B %Y}",
        description="The meter with and without trading, the load behind the UPS system, and its stored energy.",
        axis=_axis(study, shown),
        panels=(
            Panel(title="Meter", unit="kW", series=meter, digits=1, height_px=_METER_PX),
            Panel(title=f"{ups.ups_id}: load", unit="kW", series=(load,), digits=1, height_px=_LOAD_PX),
            Panel(
                title=f"{ups.ups_id}: stored energy",
                unit="kWh",
                series=stored,
                bands=(band,),
                from_zero=True,
                digits=1,
                height_px=_STORED_PX,
            ),
        ),
    )


def day_by_hour(study: Study, shown: ShownDay) -> Table:
    """The day of the chart hour by hour, short enough for paper; an hour of the clock that comes twice has two rows."""
    ups, axis = study.ups[shown.ups], _axis(study, shown)
    rows: dict[str, list[int]] = {}
    for index, boundary in zip(shown.intervals, axis.boundaries, strict=False):
        rows.setdefault(f"{boundary:%H:00}{boundary:%z}", []).append(index)
    changes = len({name[5:] for name in rows}) > 1
    texts = (
        (
            name if changes else name[:5],
            number(max(study.baseline_grid_kw[index] for index in hour), 0),
            number(max(study.grid_kw[index] for index in hour), 0),
            number(max(ups.load_kw[index] for index in hour), 0),
            number(ups.stored_kwh[hour[-1] + 1], 1),
            number(ups.reserve_kwh[hour[-1] + 1], 1),
        )
        for name, hour in rows.items()
    )
    heads = (
        "hour from",
        "highest kW at the meter, without trading",
        "highest kW, with trading",
        "highest load, kW",
        "stored at its end, kWh",
        "reserve, kWh",
    )
    return Table(heads=heads, rows=tuple(texts), dense=True)


def _slices(shown: ShownDay) -> tuple[slice, slice]:
    """The day's intervals, and their boundaries."""
    first, last = shown.intervals.start, shown.intervals.stop
    return slice(first, last), slice(first, last + 1)


def _axis(study: Study, shown: ShownDay) -> TimeAxis:
    first, last = shown.intervals.start, shown.intervals.stop
    boundaries = tuple(study.horizon.start_of(index) for index in range(first, last + 1))
    return TimeAxis(boundaries=boundaries, timezone=study.horizon.timezone)


def _bills(study: Study) -> Chart:
    periods = study.periods
    return bills_chart(
        [period.label for period in periods],
        [period.baseline_total for period in periods],
        [period.total for period in periods],
        [period.savings.total for period in periods],
        study.currency,
    )


def _by_kind(study: Study, savings: Savings) -> dict[str, float]:
    return {name: float(savings.figure(name)) for name in (*kinds_saved_by(study), "stored")}


def _tornado(study: Study, base: float) -> Markup:
    bars = [
        RangeBar(
            name=bar.name,
            low=f"{bar.low:g}",
            high=f"{bar.high:g}",
            outcome_at_low=bar.outcome_at_low,
            outcome_at_high=bar.outcome_at_high,
        )
        for bar in study.tornado
    ]
    middle = Markup('<p class="quiet">The line in the middle is the net present value as given, {}.</p>')
    return ranges_drawing(tornado_ranges(bars, base, study.currency)) + middle.format(whole_money(base, study.currency))

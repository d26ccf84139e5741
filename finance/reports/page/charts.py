"""The charts of a savings report, as Plotly figures; text from input files is escaped."""

from datetime import UTC, datetime
from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.reports.money import IN_WORDS, kinds_saved_by, number
from ridethrough.finance.reports.page.day import ShownDay
from ridethrough.finance.study.study import Study

_INK, _QUIET, _RULE, _ZERO = "#1f2933", "#616e7c", "#e4e7eb", "#9aa5b1"
_WITH, _WITHOUT, _LOAD, _GOOD, _BAD = "#0b6e99", "#b3bcc6", "#b08900", "#2f8132", "#c0392b"
_BAND, _TRADED = "rgba(192,57,43,.13)", "rgba(11,110,153,.16)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_LEGEND = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "font": {"size": 12}}
_TICK_MS = 3 * 3_600_000
_A_YEAR = 12
_SMALL_SHARE = 0.15
"""A saving below this share of the bill would be invisible on an axis that starts at zero."""


def bills_by_month(study: Study) -> go.Figure:
    """Both bills as bars, and the saving after wear below them."""
    titles = (f"Bill, {escape(study.currency)}", f"Saved after wear, {escape(study.currency)}")
    figure = make_subplots(rows=2, cols=1, row_heights=[0.58, 0.42], vertical_spacing=0.17, subplot_titles=titles)
    labels = [period.label for period in study.periods]
    for name, values, colour in (
        ("without trading", [period.baseline_total for period in study.periods], _WITHOUT),
        ("with trading", [period.total for period in study.periods], _WITH),
    ):
        figure.add_bar(x=labels, y=values, name=name, marker_color=colour, row=1, col=1)
    saved = [period.savings.total for period in study.periods]
    colours = [_GOOD if value >= 0 else _BAD for value in saved]
    figure.add_bar(
        x=labels, y=saved, marker_color=colours, showlegend=False, texttemplate="%{y:,.0f}",
        cliponaxis=False, name="saved", textposition="outside", textfont={"size": 11}, row=2, col=1,
    )  # fmt: skip
    figure.update_xaxes(type="category", tickfont={"size": 11}, tickangle=0 if len(labels) <= _A_YEAR else -60)
    figure.update_yaxes(zeroline=True, zerolinecolor=_ZERO)
    return _styled(figure, height=480, bars=len(labels))


def waterfall(study: Study) -> tuple[go.Figure, bool]:
    """Steps from the bill without trading to the bill with trading and wear; and whether the scale starts at 0."""
    savings = study.savings
    names = [name for name in (*kinds_saved_by(study), "stored") if savings.figure(name)]
    before = float(study.baseline.total)
    steps = [-float(savings.figure(name)) for name in names] + [savings.wear]
    labels = ["Bill without<br>trading", *(_broken(name) for name in names), "Wear", "Bill with<br>trading<br>and wear"]
    figure = go.Figure(
        go.Waterfall(
            x=labels,
            y=[before, *steps, before - savings.total],
            measure=["absolute", *["relative"] * len(steps), "total"],
            text=[f"{before:,.0f}", *map(_step, steps),
                  f"{before - savings.total:,.0f}"],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": _BAD}},
            decreasing={"marker": {"color": _GOOD}},
            totals={"marker": {"color": _WITH}},
            connector={"line": {"color": _ZERO, "width": 1}},
            hovertemplate="%{x}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    limits = _limits(before, steps)
    if limits:
        figure.update_yaxes(range=limits)
    figure.update_yaxes(title_text=escape(study.currency))
    return _level(_styled(figure, height=380, legend=False)), limits is None


def _level(figure: go.Figure) -> go.Figure:
    """Names of kinds stand level, with room for three lines: a printer's page is narrow."""
    figure.update_xaxes(tickangle=0, tickfont={"size": 11})
    return figure.update_layout(margin_b=64)


def _broken(name: str) -> str:
    """The name of a kind, one word a line."""
    return IN_WORDS[name].replace(" ", "<br>")


def _step(amount: float) -> str:
    """A step of the waterfall with its sign."""
    return number(amount, 0) if amount <= 0 else f"+{number(amount, 0)}"


def _limits(before: float, steps: list[float]) -> tuple[float, float] | None:
    """The range of an axis that does not start at zero, for steps too small to be seen otherwise."""
    levels = [before]
    for step in steps:
        levels.append(levels[-1] + step)
    spread = max(levels) - min(levels)
    if spread == 0 or spread > _SMALL_SHARE * abs(before):
        return None
    return min(levels) - 0.6 * spread, max(levels) + 0.25 * spread


def against_perfect_foresight(study: Study) -> go.Figure | None:
    """The saving beside that of perfect foresight, by kind of charge; None if the latter is unknown."""
    if study.ceiling is None:
        return None
    stored = ("stored",) if study.savings.stored or study.ceiling.stored else ()
    names = (*kinds_saved_by(study), *stored, "wear")
    labels = [*(_broken(name) for name in names), "<b>After wear</b>"]
    figure = go.Figure()
    pairs = (("perfect foresight, the ceiling", study.ceiling, _WITHOUT), ("closed loop", study.savings, _WITH))
    for label, savings, colour in pairs:
        values = [float(savings.figure(name)) * (-1 if name == "wear" else 1) for name in names]
        figure.add_bar(
            x=labels, y=[*values, savings.total], name=label, marker_color=colour, texttemplate="%{y:,.0f}",
            textposition="outside", textfont={"size": 11}, cliponaxis=False,
        )  # fmt: skip
    figure.update_yaxes(title_text=escape(study.currency), zeroline=True, zerolinecolor=_ZERO)
    return _level(_styled(figure, height=320))


def one_day(study: Study, shown: ShownDay) -> go.Figure:
    """One day: the meter with and without trading, the load behind the UPS, and its stored energy and reserve."""
    ups = study.ups[shown.ups]
    titles = ("Meter, kW", f"{escape(ups.ups_id)}: load, kW", f"{escape(ups.ups_id)}: stored energy, kWh")
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.13, row_heights=[0.42, 0.2, 0.38], subplot_titles=titles
    )
    first, last = shown.intervals.start, shown.intervals.stop
    hours = _hours(study, shown)
    for name, kw, colour, row in (
        ("without trading", study.baseline_grid_kw, _WITHOUT, 1),
        ("with trading", study.grid_kw, _WITH, 1),
        ("load behind the UPS", ups.load_kw, _LOAD, 2),
    ):
        values = kw[first:last]
        line = {"shape": "hv", "width": 2.2, "color": colour}
        figure.add_scatter(
            x=hours, y=[*values, values[-1]], name=name, mode="lines", line=line, legend=_legend(row), row=row, col=1
        )
    for name, kwh, colour, fill, shade in (
        ("reserve, never touched", ups.reserve_kwh, _BAD, "tozeroy", _BAND),
        ("stored energy", ups.stored_kwh, _WITH, "tonexty", _TRADED),
    ):
        figure.add_scatter(
            x=hours, y=kwh[first : last + 1], name=name, mode="lines", line={"color": colour, "width": 2.2}, fill=fill,
            fillcolor=shade, legend=_legend(3), row=3, col=1,
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", row=3, col=1)
    figure.update_xaxes(showticklabels=True, tickformat="%H:%M", dtick=_TICK_MS, range=[hours[0], hours[-1]])
    _styled(figure, height=580)
    for row in (1, 2, 3):
        figure.layout[_legend(row)] = _LEGEND | {"y": figure.layout["yaxis" if row == 1 else f"yaxis{row}"].domain[1]}
    return figure


def _legend(row: int) -> str:
    """The legend of a panel, above its right edge."""
    return "legend" if row == 1 else f"legend{row}"


def _hours(study: Study, shown: ShownDay) -> list[datetime]:
    """The interval boundaries on the local clock; in UTC on a day of a clock change, so that no hour repeats."""
    boundaries = [study.horizon.start_of(index) for index in range(shown.intervals.start, shown.intervals.stop + 1)]
    if clock_changes(study, shown):
        boundaries = [boundary.astimezone(UTC) for boundary in boundaries]
    return [boundary.replace(tzinfo=None) for boundary in boundaries]


def clock_changes(study: Study, shown: ShownDay) -> bool:
    """Whether the local clock changes on that day."""
    first, last = (study.horizon.start_of(each) for each in (shown.intervals.start, shown.intervals.stop))
    return first.utcoffset() != last.utcoffset()


def cash_flow_by_year(flow: CashFlow, currency: str) -> go.Figure:
    """The net of each year as bars, and the running sum of its present value as a line."""
    rows = list(flow.rows())
    years = [row["year"] for row in rows]
    net = [row["net"] for row in rows]
    figure = go.Figure()
    figure.add_bar(x=years, y=net, name="net of the year", marker_color=_WITHOUT)
    running = [row["sum_of_discounted"] for row in rows]
    line = {"color": _WITH, "width": 2.5}
    figure.add_scatter(x=years, y=running, name="sum of discounted", mode="lines+markers", line=line)
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_text=escape(currency), zeroline=True, zerolinecolor=_ZERO)
    return _styled(figure, height=340)


def tornado_chart(study: Study, base: float) -> go.Figure:
    """The outcomes at the low and the high value of each input, the widest on top."""
    bars = study.tornado[::-1]
    figure = go.Figure()
    for name, colour, values, inputs in (
        ("input low", _WITHOUT, [bar.outcome_at_low for bar in bars], [bar.low for bar in bars]),
        ("input high", _WITH, [bar.outcome_at_high for bar in bars], [bar.high for bar in bars]),
    ):
        figure.add_bar(
            y=[escape(bar.name) for bar in bars], x=[value - base for value in values], base=base, orientation="h",
            name=name, marker_color=colour, customdata=list(zip(inputs, values, strict=True)),
            text=[f"{each:g}" for each in inputs], textposition="inside", insidetextanchor="end",
            hovertemplate="%{y} at %{customdata[0]:g}: %{customdata[1]:,.0f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=base, line={"color": _INK, "width": 1})
    figure.update_xaxes(title_text=f"net present value, {escape(study.currency)}", tickformat=",.0f")
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(automargin=True, showgrid=False)
    return _styled(figure, height=150 + 44 * len(bars), across=True)


def _styled(
    figure: go.Figure, *, height: int, legend: bool = True, across: bool = False, bars: int = _A_YEAR
) -> go.Figure:
    """Give a figure the look of the report."""
    axis: dict[str, Any] = {"gridcolor": _RULE, "ticklabelstandoff": 5, "zerolinecolor": _ZERO}
    figure.update_layout(
        template=go.layout.Template(),
        height=height,
        margin={"t": 46, "l": 72, "r": 24, "b": 44},
        font={"family": _FONT, "color": _INK, "size": 13},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        showlegend=legend,
        legend=_LEGEND,
        hovermode="closest" if across else "x unified",
        bargap=max(0.28, 1 - 0.1 * bars),
    )
    figure.update_xaxes(**axis | ({} if across else {"showgrid": False}))
    figure.update_yaxes(**axis, **({} if across else {"tickformat": ",.0f", "automargin": True}))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": _QUIET})
    return figure

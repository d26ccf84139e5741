"""A plan as a picture: one self-contained HTML page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from plotly.subplots import make_subplots

from ridethrough.api.answers.plan.blocks_view import conditions_lines
from ridethrough.api.answers.terminal import ride_through_text
from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.domain.plan import DispatchPlan, PlanStatus, UpsTrajectory
from ridethrough.operation.ahead import LEVELS, MEDIAN, Ahead

_INK, _QUIET, _LINES, _PAPER = "#1f2933", "#616e7c", "#e4e7eb", "#ffffff"
_PRICE, _WITH, _WITHOUT, _LOAD, _TARGET = "#7b5ea7", "#0b6e99", "#9aa5b1", "#b08900", "#c0392b"
_STORED, _RESERVE, _BAND, _TRADED, _SECONDS = (
    "#0b6e99",
    "#c0392b",
    "rgba(192,57,43,.13)",
    "rgba(11,110,153,.16)",
    "#2f8132",
)
_HELD_OFF, _STORM, _RAMP = "rgba(241,196,15,.16)", "rgba(97,110,124,.22)", "rgba(47,129,50,.12)"
_NAMES_A_BAND = "band"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_ROW_PX, _TOP_PX, _BOTTOM_PX = 215, 120, 60
_GAP_PX = 72
_SITE_ROWS = 3
_TICK_MS = 3 * 3_600_000
_DASHES = ("solid", "dash", "dot", "dashdot")


def plan_page(planned: PlannedDay) -> str:
    """Draw price, meter, load, stored energy over the reserve, and seconds of ride-through; return one HTML page."""
    page = _page(planned)
    picture = page.figure.to_html(
        include_plotlyjs=True,
        full_html=True,
        config={"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
    )
    picture = str(picture).replace("</body>", f"{_conditions_in_words(planned.plan)}</body>", 1)
    title = f"{_name(planned)}, {planned.plan.horizon.start_of(0):%Y-%m-%d}"
    return str(picture).replace("<head>", f"<head><title>{escape(title)}</title>", 1)


@dataclass(slots=True)
class _Page:
    """The figure being drawn: panels below each other over the same hours, each with its own legend."""

    figure: Any
    hours: list[datetime]
    rows: int

    def line(self, row: int, name: str, values: tuple[float, ...], **style: Any) -> None:  # noqa: ANN401 - plotly's own
        """Draw one line: `values` at boundaries, or of intervals, which are drawn constant until the interval's end."""
        steps = len(values) < len(self.hours)
        line = {"shape": "hv" if steps else "linear", "width": 2, **style.pop("line")}
        self.figure.add_scatter(
            x=self.hours,
            y=[*values, values[-1]] if steps else values,
            name=name,
            mode="lines",
            line=line,
            legend=f"legend{row}" if row > 1 else "legend",
            row=row,
            col=1,
            **style,
        )

    def place_legends(self) -> None:
        """Put the legend of each panel above its right edge, beside its title."""
        for row in range(1, self.rows + 1):
            top = self.figure.layout[f"yaxis{row}" if row > 1 else "yaxis"].domain[1]
            legend = {
                "orientation": "h",
                "x": 1,
                "xanchor": "right",
                "y": top,
                "yanchor": "bottom",
                "font": {"size": 12},
            }
            self.figure.layout[f"legend{row}" if row > 1 else "legend"] = legend


def _page(planned: PlannedDay) -> _Page:
    plan = planned.plan
    titles = [f"Energy price, {escape(plan.currency)}/kWh", "Meter, kW", "Load behind the UPS, kW"]
    for ups in plan.ups:
        titles += [f"{escape(ups.ups_id)}: stored energy, kWh", f"{escape(ups.ups_id)}: ride-through, s"]
    rows = len(titles)
    gap = _GAP_PX / (_ROW_PX * rows)
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=gap, subplot_titles=titles)
    page = _Page(figure=figure, hours=_hours(plan), rows=rows)
    _draw_site(page, plan)
    _draw_conditions(page, plan)
    if planned.ahead is not None:
        _draw_forecast(page, planned.ahead)
    for index, ups in enumerate(plan.ups):
        _draw_ups(page, plan, ups, row=_SITE_ROWS + 1 + 2 * index)
    _style(page, planned)
    page.place_legends()
    return page


def _hours(plan: DispatchPlan) -> list[datetime]:
    """The boundaries on the clock of the picture."""
    return [_on_the_clock(plan, plan.horizon.start_of(index)) for index in range(plan.horizon.intervals + 1)]


def _on_the_clock(plan: DispatchPlan, moment: datetime) -> datetime:
    """A time on the local clock; in UTC on a day of a clock change, so that no hour repeats."""
    return (moment.astimezone(UTC) if _clock_changes(plan) else moment).replace(tzinfo=None)


def _clock_changes(plan: DispatchPlan) -> bool:
    first, last = plan.horizon.start_of(0), plan.horizon.start_of(plan.horizon.intervals)
    return first.utcoffset() != last.utcoffset()


def _draw_site(page: _Page, plan: DispatchPlan) -> None:
    page.line(1, "energy price", plan.price_per_kwh, line={"color": _PRICE}, hovertemplate="%{y:.4f}")
    kw = "%{y:,.0f} kW"
    page.line(2, "without the plan", plan.baseline_grid_kw, line={"color": _WITHOUT}, hovertemplate=kw)
    page.line(2, "with the plan", plan.grid_kw, line={"color": _WITH, "width": 2.5}, hovertemplate=kw)
    page.line(2, "target to stay under", plan.grid_target_kw, line={"color": _TARGET, "dash": "dot"}, hovertemplate=kw)
    for index, ups in enumerate(plan.ups):
        shade = {"color": _LOAD, "dash": _DASHES[index % len(_DASHES)]}
        page.line(3, escape(ups.ups_id), ups.load_kw, line=shade, hovertemplate=kw)
    page.figure.update_yaxes(tickformat=",.0f", row=2, col=1)
    page.figure.update_yaxes(tickformat=",.0f", row=3, col=1)


def _draw_conditions(page: _Page, plan: DispatchPlan) -> None:
    """Bands over all panels: the hold-off before each condition, the condition, and the ramp after it."""
    for each in plan.conditions:
        bands = (
            ("hold-off", each.hold_off_from, each.start, _HELD_OFF),
            (each.name, each.start, each.end, _STORM),
            ("ramp", each.end, each.ramp_until, _RAMP),
        )
        for name, first, last, color in bands:
            start, end = (_on_the_clock(plan, moment) for moment in (first, last))
            start, end = max(start, page.hours[0]), min(end, page.hours[-1])
            if start < end:
                page.figure.add_vrect(x0=start, x1=end, fillcolor=color, line_width=0, layer="below", row="all", col=1)
                page.figure.add_annotation(
                    x=start, y=0.03, yref="y2 domain", xref="x2", text=escape(name), showarrow=False,
                    xanchor="left", yanchor="bottom", font={"size": 11, "color": _QUIET}, name=_NAMES_A_BAND,
                )  # fmt: skip


def _conditions_in_words(plan: DispatchPlan) -> str:
    """The bands as a list, for readers who do not see them."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in conditions_lines(plan))
    style = f"font-family:{escape(_FONT)};color:{_INK};margin:0 36px 36px 76px"
    return f'<section aria-label="Conditions" style="{style}"><ul>{lines}</ul></section>' if lines else ""


def _draw_forecast(page: _Page, ahead: Ahead) -> None:
    """The meter at rest that one future in ten stays below, and that one in ten passes."""
    for level, kw in zip(LEVELS, ahead.forecast.net_load_kw.tolist(), strict=True):
        if level != MEDIAN:
            name = f"P{100 * level:.0f} without the plan"
            style = {"color": _WITHOUT, "width": 1, "dash": "dash"}
            page.line(2, name, tuple(kw), line=style, hovertemplate="%{y:,.0f} kW")


def _draw_ups(page: _Page, plan: DispatchPlan, ups: UpsTrajectory, *, row: int) -> None:
    """Draw stored energy between the reserve and full, and the ride-through in seconds."""
    kwh, seconds = "%{y:,.1f} kWh", "%{y:,.0f} s"
    page.line(
        row, "reserve, never touched", ups.reserve_kwh, line={"color": _RESERVE, "width": 1.5}, fill="tozeroy",
        fillcolor=_BAND, hovertemplate=kwh,
    )  # fmt: skip
    page.line(
        row, "stored energy", ups.stored_kwh, line={"color": _STORED, "width": 2.5}, fill="tonexty", fillcolor=_TRADED,
        hovertemplate=kwh,
    )  # fmt: skip
    required = (plan.certificate.required_s[ups.ups_id],) * len(page.hours)
    held = plan.certificate.ride_through_s[ups.ups_id]
    page.line(
        row + 1, "required", required, line={"color": _RESERVE, "width": 1.5}, fill="tozeroy", fillcolor=_BAND,
        hovertemplate=seconds,
    )  # fmt: skip
    page.line(row + 1, "with the worst failure", held, line={"color": _SECONDS, "width": 2.5}, hovertemplate=seconds)
    for panel in (row, row + 1):
        page.figure.update_yaxes(rangemode="tozero", tickformat=",.0f", row=panel, col=1)


def _name(planned: PlannedDay) -> str:
    return planned.inputs.site.name or planned.plan.site_id


def _summary(plan: DispatchPlan) -> str:
    """The summary: is the plan safe, and how much does it save."""
    certificate = plan.certificate
    worst = certificate.worst
    refused = "RESERVE NOT PROVEN" if certificate.failures else "PLAN NOT CERTIFIED"
    proof = "reserve kept" if certificate.certified else f"<b style='color:{_RESERVE}'>{refused}</b>"
    status = "" if plan.status is PlanStatus.OPTIMAL else f"<b style='color:{_RESERVE}'>{plan.status.value}</b> · "
    return (
        f"{status}{proof} through {certificate.outages_replayed} outages, "
        f"{ride_through_text(worst.ride_through_s, worst.required_s)} · "
        f"saves {plan.savings:,.2f} {escape(plan.currency)} of {plan.baseline_cost.total:,.2f}"
    )


def _style(page: _Page, planned: PlannedDay) -> None:
    plan = planned.plan
    clock = "times in UTC, as the clock changes on this day" if _clock_changes(plan) else plan.horizon.timezone
    title = (
        f"<b>{escape(_name(planned))}</b>  {plan.horizon.start_of(0):%A %d %B %Y}"
        f"<span style='color:{_QUIET}'>, {clock}</span><br>"
        f"<span style='font-size:14px'>{_summary(plan)}</span>"
    )
    height = _ROW_PX * page.rows + _TOP_PX + _BOTTOM_PX
    page.figure.update_layout(
        title={"text": title, "x": 0, "xref": "paper", "y": 1 - 36 / height, "yanchor": "top", "font": {"size": 20}},
        height=height,
        margin={"t": _TOP_PX, "l": 76, "r": 36, "b": _BOTTOM_PX},
        template="plotly_white",
        paper_bgcolor=_PAPER,
        font={"family": _FONT, "color": _INK, "size": 13},
        hovermode="x unified",
    )
    page.figure.update_xaxes(
        gridcolor=_LINES, showticklabels=True, tickformat="%H:%M", hoverformat="%H:%M", dtick=_TICK_MS,
        ticklabelstandoff=5, range=[page.hours[0], page.hours[-1]],
    )  # fmt: skip
    page.figure.update_yaxes(gridcolor=_LINES, zeroline=False, ticklabelstandoff=5)
    for each in page.figure.layout.annotations:
        if each.name != _NAMES_A_BAND:
            each.update(x=0, xanchor="left", font={"size": 14, "color": _INK})

"""A plan as a picture: one self-contained HTML page."""

from datetime import datetime

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from api.planning import PlannedDay
from domain.plan import DispatchPlan, UpsTrajectory

_INK = "#1f2933"
_GRID = "#e4e7eb"
_COLOURS = {
    "price": "#7b8794",
    "without": "#9aa5b1",
    "with": "#0b6e99",
    "target": "#d64545",
    "load": "#486581",
    "stored": "#0b6e99",
    "reserve": "#d64545",
    "seconds": "#2f8132",
}
_ROW_HEIGHT_PX = 190
_SITE_ROWS = 2


def plan_page(planned: PlannedDay) -> str:
    """Draw price, meter, load, stored energy over the reserve, and seconds of ride-through; return one HTML page."""
    plan = planned.plan
    rows = _SITE_ROWS + 2 * len(plan.ups)
    titles = [f"Energy price, {plan.currency}/kWh", "Meter, kW"]
    for ups in plan.ups:
        titles += [
            f"{ups.ups_id}: stored energy over the reserve, kWh",
            f"{ups.ups_id}: ride-through with the worst failure, s",
        ]
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.32 / rows, subplot_titles=titles)
    boundaries = [plan.horizon.start_of(index).replace(tzinfo=None) for index in range(plan.horizon.intervals + 1)]
    if len(set(boundaries)) < len(boundaries):  # a clock goes back: the local clock repeats an hour, so show UTC
        boundaries = [
            (plan.horizon.start + index * plan.horizon.step).replace(tzinfo=None) for index in range(len(boundaries))
        ]
    _draw_site(figure, plan, boundaries)
    for index, ups in enumerate(plan.ups):
        _draw_ups(figure, plan, ups, boundaries, row=_SITE_ROWS + 1 + 2 * index)
    _style(figure, planned, rows)
    return str(figure.to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False, "responsive": True}))


def _draw_site(figure: go.Figure, plan: DispatchPlan, boundaries: list[datetime]) -> None:
    _steps(figure, boundaries, plan.price_per_kwh, "price", "energy price", row=1)
    load_kw = tuple(sum(each) for each in zip(*(ups.load_kw for ups in plan.ups), strict=True))
    _steps(figure, boundaries, plan.baseline_grid_kw, "without", "meter without the plan", row=2)
    _steps(figure, boundaries, plan.grid_kw, "with", "meter with the plan", row=2)
    _steps(figure, boundaries, load_kw, "load", "protected IT load", row=2, dash="dot")
    _steps(figure, boundaries, plan.grid_target_kw, "target", "meter target", row=2, dash="dash")


def _draw_ups(figure: go.Figure, plan: DispatchPlan, ups: UpsTrajectory, boundaries: list[datetime], row: int) -> None:
    first = row == _SITE_ROWS + 1
    seconds = plan.certificate.ride_through_s[ups.ups_id]
    figure.add_scatter(
        x=boundaries, y=ups.reserve_kwh, name="reserve, never touched", legendgroup="reserve", showlegend=first,
        line={"color": _COLOURS["reserve"], "width": 1.5}, fill="tozeroy", fillcolor="rgba(214,69,69,0.12)", row=row,
        col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=boundaries, y=ups.stored_kwh, name="stored energy", legendgroup="stored", showlegend=first,
        line={"color": _COLOURS["stored"], "width": 2.5}, row=row, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=boundaries, y=seconds, name="ride-through", legendgroup="seconds", showlegend=first,
        line={"color": _COLOURS["seconds"], "width": 2}, row=row + 1, col=1,
    )  # fmt: skip
    required_s = plan.certificate.required_s[ups.ups_id]
    figure.add_scatter(
        x=[boundaries[0], boundaries[-1]], y=[required_s, required_s], name="required ride-through",
        legendgroup="required", showlegend=first, line={"color": _COLOURS["reserve"], "dash": "dash", "width": 1.5},
        row=row + 1, col=1,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", row=row, col=1)
    figure.update_yaxes(rangemode="tozero", row=row + 1, col=1)


def _steps(
    figure: go.Figure,
    boundaries: list[datetime],
    values: tuple[float, ...],
    colour: str,
    name: str,
    *,
    row: int,
    dash: str = "solid",
) -> None:
    line = {"color": _COLOURS[colour], "shape": "hv", "dash": dash, "width": 1.5 if dash != "solid" else 2}
    figure.add_scatter(x=boundaries, y=[*values, values[-1]], name=name, line=line, row=row, col=1)


def _style(figure: go.Figure, planned: PlannedDay, rows: int) -> None:
    plan = planned.plan
    worst = plan.certificate.worst
    proof = "kept" if plan.certificate.certified else "NOT PROVEN"
    summary = (
        f"saves {plan.savings:,.2f} {plan.currency} of {plan.baseline_cost.total:,.2f} · reserve {proof}: "
        f"{plan.certificate.outages_replayed} outages replayed, "
        f"worst {worst.ride_through_s:.0f} s of {worst.required_s:.0f} s"
    )
    name = planned.inputs.site.name or plan.site_id
    figure.update_layout(
        title={
            "text": f"<b>{name}</b>, {plan.horizon.start_of(0):%A %d %B %Y}<br><sub>{summary}</sub>",
            "x": 0.01,
            "xanchor": "left",
        },
        height=150 + _ROW_HEIGHT_PX * rows,
        margin={"t": 110, "l": 70, "r": 30, "b": 90},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "color": _INK, "size": 13},
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.04, "yanchor": "top"},
    )
    figure.update_xaxes(gridcolor=_GRID, showticklabels=True, tickformat="%H:%M")
    figure.update_yaxes(gridcolor=_GRID, zeroline=False)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": _INK})

"""The values of a chart as a table, for those who read figures or do not see the drawing."""

from markupsafe import Markup

from ridethrough.charts.chart import Axis, Categories, Chart, Panel
from ridethrough.charts.clock import stamps
from ridethrough.charts.scale import digits_for, figure


def chart_table(chart: Chart) -> Markup:
    """One row for each interval or name, one column for each series and band; a value at a boundary is at the end."""
    heads = [_head(chart.axis)]
    columns: list[list[str]] = []
    for panel in chart.panels:
        for name, values in _columns(panel):
            heads.append(f"{name}, {panel.unit}" if panel.unit else name)
            columns.append(_texts(chart.axis, values, _digits(panel)))
    labels = chart.axis.labels if isinstance(chart.axis, Categories) else stamps(chart.axis)
    rows = [
        Markup("<tr><th>{}</th>{}</tr>").format(
            labels[index],
            Markup("").join(Markup("<td>{}</td>").format(column[index]) for column in columns),
        )
        for index in range(chart.axis.cells)
    ]
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="values"><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(
        f"Values of {chart.title}",
        chart.title,
        Markup("").join(Markup('<th scope="col">{}</th>').format(head) for head in heads),
        Markup("").join(rows),
    )


def _columns(panel: Panel) -> list[tuple[str, tuple[float | None, ...]]]:
    columns: list[tuple[str, tuple[float | None, ...]]] = [
        (series.name, _steps(series.values, series.base)) for series in panel.series
    ]
    for band in (each for each in panel.bands if each.name):
        columns += [(f"{band.name}, low", band.lower), (f"{band.name}, high", band.upper)]
    return columns


def _steps(values: tuple[float | None, ...], base: tuple[float, ...]) -> tuple[float | None, ...]:
    """Bars that float stand for their height."""
    if not base:
        return values
    return tuple(None if value is None else value - low for value, low in zip(values, base, strict=True))


def _texts(axis: Axis, values: tuple[float | None, ...], digits: int) -> list[str]:
    late = len(values) - axis.cells
    return ["" if value is None else figure(value, digits) for value in values[late:]]


def _digits(panel: Panel) -> int:
    if panel.digits is not None:
        return panel.digits
    return digits_for(value for _, values in _columns(panel) for value in values if value is not None)


def _head(axis: Axis) -> str:
    return axis.head if isinstance(axis, Categories) else f"interval, {axis.timezone}"

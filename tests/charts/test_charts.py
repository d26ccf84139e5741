"""Drawings against what they must show: markup that parses, values at their places, local time, names as text."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.charts import (
    Band,
    Categories,
    Chart,
    HeatMap,
    Mark,
    Panel,
    RangeBar,
    Ranges,
    Series,
    Shade,
    Shape,
    TimeAxis,
    Tone,
    UnableToChart,
    chart_css,
    chart_drawing,
    chart_figure,
    chart_table,
    heat_map_drawing,
    kept_figure,
    ranges_drawing,
)
from ridethrough.charts.clock import clock_changes, time_ticks
from ridethrough.charts.scale import scale_of

EASTERN = ZoneInfo("America/New_York")
HOSTILE = '"><script>alert(1)</script>'


def boundaries(start: datetime, hours: int) -> tuple[datetime, ...]:
    first = start.astimezone(UTC)
    return tuple((first + timedelta(hours=hour)).astimezone(start.tzinfo) for hour in range(hours + 1))


def day(hours: int = 24, start: datetime | None = None) -> TimeAxis:
    first = start or datetime(2026, 7, 15, tzinfo=EASTERN)
    return TimeAxis(boundaries=boundaries(first, hours), timezone="America/New_York")


def chart_of(*series: Series, axis: TimeAxis | Categories | None = None, **panel: object) -> Chart:
    held = Panel(title="Meter", unit="kW", series=series, **panel)  # type: ignore[arg-type]
    return Chart(title="A day", description="What the meter shows.", axis=axis or day(), panels=(held,))


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(f"<root>{markup}</root>")  # noqa: S314 - our own markup


def path_of(drawing: str, kind: str = "line") -> str:
    found = re.search(rf'<path class="{kind} [^"]*" d="([^"]*)"', drawing)
    assert found
    return found[1]


@given(
    values=st.lists(st.none() | st.floats(-1e7, 1e7), min_size=24, max_size=24),
    name=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12),
)
def test_any_values_and_names_give_markup_that_parses_and_keep_every_figure(
    values: list[float | None], name: str
) -> None:
    series = (
        Series(name=name, values=tuple(values)),
        Series(name="bars", values=tuple(values), shape=Shape.BARS, tone=Tone.CHARGE),
        Series(name="line", values=(*values, 0.0), shape=Shape.AREA),
    )
    root = parsed(chart_figure(chart_of(*series)))
    assert not re.search("nan|inf", " ".join(each.get("d", "") for each in root.iter("path")))
    cells = [cell.text for cell in root.iter("td")][::3]
    assert [cell is None for cell in cells] == [value is None for value in values]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.booleans())
def test_a_scale_holds_its_values_between_few_round_ticks(values: list[float], from_zero: bool) -> None:  # noqa: FBT001
    scale = scale_of(values, from_zero=from_zero)
    slack = 1e-9 * max(map(abs, values))
    assert scale.low - slack <= min(values) <= max(values) <= scale.high + slack
    assert 1 <= len(scale.ticks) <= 7
    assert all(scale.low - slack <= tick <= scale.high + slack for tick in scale.ticks)
    if from_zero:
        assert 0.0 in scale.ticks


def test_a_step_is_drawn_at_its_values_and_flat_stretches_are_one_line() -> None:
    drawing = chart_drawing(chart_of(Series(name="kW", values=(0.0,) * 12 + (100.0,) * 12), height_px=106))
    # The scale adds 6 % above and below: 0 stands 6 px above the bottom, 100 stands 6 px below the top.
    start, *moves = re.findall(r"[MHVL][^MHVL]*", path_of(drawing))
    low = float(start.split()[1])
    high = float(next(move for move in moves if move[0] == "V")[1:])
    assert [move[0] for move in moves] == ["H", "V", "H"]
    assert moves[0] == "H500"
    assert math.isclose(low - high, 106 / 1.12, rel_tol=0.01)


def test_a_gap_is_not_drawn_over() -> None:
    values = (1.0,) * 8 + (None,) * 8 + (3.0,) * 8
    assert path_of(chart_drawing(chart_of(Series(name="kW", values=values)))).count("M") == 2


def test_bars_below_zero_hang_from_it() -> None:
    series = Series(name="kW", values=(-10.0, 10.0), shape=Shape.BARS)
    drawing = chart_drawing(chart_of(series, axis=Categories(labels=("a", "b"), head="month"), printed=True))
    below, above = (dict(re.findall(r'(\w+)="([^"]*)"', bar)) for bar in re.findall(r'<rect class="bar[^>]*', drawing))
    assert math.isclose(float(above["y"]) + float(above["height"]), float(below["y"]), abs_tol=0.2)


def test_bars_on_a_base_carry_their_own_height_and_tone() -> None:
    series = Series(
        name="USD", values=(100.0, 90.0), base=(0.0, 100.0), tones=(Tone.TOTAL, Tone.GOOD), shape=Shape.BARS
    )
    chart = chart_of(series, axis=Categories(labels=("before", "energy"), head="step"), printed=True)
    drawing = chart_drawing(chart)
    assert "tone-total" in drawing
    assert "\N{MINUS SIGN}10" in drawing
    assert "\N{MINUS SIGN}10" in chart_table(chart)


@pytest.mark.parametrize(
    ("start", "hours", "words"),
    [
        (datetime(2026, 11, 1, tzinfo=EASTERN), 25, "clock goes back: 01:00 comes twice"),
        (datetime(2026, 3, 8, tzinfo=EASTERN), 23, "clock goes forward to 03:00"),
    ],
)
def test_a_clock_change_is_marked_and_every_row_of_the_table_is_another_time(
    start: datetime, hours: int, words: str
) -> None:
    chart = chart_of(Series(name="kW", values=tuple(map(float, range(hours)))), axis=day(hours, start))
    assert words in chart_drawing(chart)
    rows = re.findall(r"<tr><th>([^<]*)", chart_table(chart))
    assert len(set(rows)) == hours
    (shade,) = clock_changes(day(hours, start))
    if hours == 25:
        assert shade.end - shade.start == timedelta(hours=2)
        assert shade.start.astimezone(UTC) == datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_an_ordinary_day_has_no_mark_and_a_tick_every_three_hours_of_the_local_clock() -> None:
    assert clock_changes(day()) == ()
    assert [tick.label for tick in time_ticks(day())] == [f"{hour:02d}:00" for hour in (*range(0, 24, 3), 0)]
    assert [tick.at for tick in time_ticks(day())] == [index / 8 for index in range(9)]


@pytest.mark.parametrize("days", [2, 4, 7, 31, 366])
def test_longer_axes_have_few_ticks(days: int) -> None:
    assert 3 <= len(time_ticks(day(24 * days))) <= 17


def test_zones_off_the_hour_have_ticks_on_their_own_clock() -> None:
    start = datetime(2026, 7, 15, tzinfo=ZoneInfo("Asia/Kathmandu"))
    axis = TimeAxis(boundaries=boundaries(start, 24), timezone="Asia/Kathmandu")
    assert [tick.label for tick in time_ticks(axis)][:2] == ["00:00", "03:00"]


def test_shades_and_marks_outside_the_axis_are_not_drawn() -> None:
    start = datetime(2026, 7, 15, tzinfo=EASTERN)
    inside = Shade(label="storm", start=start + timedelta(hours=3), end=start + timedelta(hours=6))
    outside = replace(inside, label="past", start=start - timedelta(hours=9), end=start)
    chart = replace(
        chart_of(Series(name="kW", values=(1.0,) * 24)),
        shades=(inside, outside),
        marks=(Mark(label="now", at=start + timedelta(hours=12)), Mark(label="later", at=start + timedelta(days=2))),
    )
    drawing = chart_drawing(chart)
    assert '<rect class="shade-condition" x="125" width="125"' in drawing
    assert "now" in drawing
    assert "past" not in drawing
    assert "later" not in drawing


def test_names_are_text_everywhere() -> None:
    heat = HeatMap(
        title=HOSTILE, unit=HOSTILE, rows=(HOSTILE,), columns=((0.5, HOSTILE),), values=((1.0,),), texts=((HOSTILE,),),
        names=((HOSTILE,),), low=0.0, high=1.0,
    )  # fmt: skip
    bar = RangeBar(name=HOSTILE, low=HOSTILE, high=HOSTILE, outcome_at_low=1.0, outcome_at_high=3.0)
    ranges = Ranges(title=HOSTILE, unit=HOSTILE, base=2.0, bars=(bar,))
    series = (Series(name=HOSTILE, values=(1.0,) * 24),)
    bands = (Band(name=HOSTILE, lower=(0.0,) * 25, upper=(1.0,) * 25),)
    panel = Panel(title=HOSTILE, unit=HOSTILE, series=series, bands=bands)
    chart = Chart(title=HOSTILE, description=HOSTILE, axis=day(), panels=(panel,))
    for markup in (heat_map_drawing(heat), ranges_drawing(ranges), chart_figure(chart)):
        assert "<script>" not in markup
        parsed(markup)


def test_the_darker_a_cell_the_higher_its_value_and_its_figure_stays_readable() -> None:
    heat = HeatMap(
        title="Price", unit="USD/kWh", rows=("Jan",), columns=((0.0, "00"),), values=((1.0, 2.0, 3.0),),
        texts=(("1", "2", "3"),), names=(("low", "mid", "high"),), low=1.0, high=3.0,
    )  # fmt: skip
    drawing = heat_map_drawing(heat)
    assert re.findall(r'fill-opacity="([\d.]+)"', drawing) == ["0.10", "0.55", "1.00"]
    assert drawing.count('class="cell high"') == 2


def test_colours_name_no_address() -> None:
    assert "url(" not in chart_css()
    assert "@import" not in chart_css()
    used = set(re.findall(r"var\((--[\w-]+)", chart_css()))
    declared = set(re.findall(r"(--[\w-]+):", chart_css()))
    assert used <= declared


def test_every_tone_has_a_colour() -> None:
    assert all(f"  --tone-{tone.value}: light-dark(" in chart_css() for tone in Tone)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TimeAxis(boundaries=(datetime(2026, 1, 1, tzinfo=UTC),), timezone="UTC"),
        lambda: TimeAxis(boundaries=(datetime(2026, 1, 1), datetime(2026, 1, 2)), timezone="UTC"),  # noqa: DTZ001
        lambda: TimeAxis(boundaries=boundaries(datetime(2026, 1, 1, tzinfo=UTC), 2)[::-1], timezone="UTC"),
        lambda: Categories(labels=(), head="month"),
        lambda: chart_of(Series(name="kW", values=(1.0,))),
        lambda: chart_of(Series(name="kW", values=(1.0,) * 24, shape=Shape.LINE)),
        lambda: chart_of(Series(name="kW", values=(1.0,) * 24, base=(1.0,), shape=Shape.BARS)),
        lambda: chart_of(bands=(Band(name="b", lower=(0.0,), upper=(1.0,)),)),
        lambda: Chart(title="t", description="d", axis=day(), panels=()),
        lambda: replace(
            chart_of(Series(name="kW", values=(1.0,)), axis=Categories(labels=("a",), head="h")),
            marks=(Mark(label="now", at=datetime(2026, 1, 1, tzinfo=UTC)),),
        ),
        lambda: HeatMap(
            title="t", unit="u", rows=("a",), columns=(), values=((1.0,),), texts=((),), names=(("n",),), low=0, high=1
        ),
    ],
)
def test_values_that_do_not_fit_their_axis_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(UnableToChart):
        make()


def test_long_names_take_several_lines_and_many_names_keep_their_distance() -> None:
    long = Categories(labels=("Energy", "Stored energy, bought back", *"abcde"), head="part")
    drawing = chart_drawing(chart_of(Series(name="USD", values=(1.0,) * 7, shape=Shape.BARS), axis=long))
    assert re.search(
        r'text-anchor="middle">Stored energy,<tspan x="[\d.]+%" dy="13">bought back</tspan></text>', drawing
    )
    months = Categories(labels=tuple(f"{2024 + index // 12}-{index % 12 + 1:02}" for index in range(36)), head="month")
    drawing = chart_drawing(chart_of(Series(name="USD", values=(1.0,) * 36, shape=Shape.BARS), axis=months))
    shown = re.findall(r">(\d{4}-\d\d)</text>", drawing)
    assert shown == list(months.labels[::3])


def test_a_band_has_gaps_where_both_its_sides_have_and_nowhere_else() -> None:
    values = (1.0,) * 8 + (None,) * 8 + (3.0,) * 8
    series = Series(name="kW", values=values)
    band = Band(name="lowest to highest", lower=values, upper=tuple(each and each + 1 for each in values))
    assert path_of(chart_drawing(chart_of(series, bands=(band,))), "band").count("M") == 2
    with pytest.raises(UnableToChart, match="lack different values"):
        chart_of(series, bands=(replace(band, upper=(4.0,) * 24),))


def test_a_figure_that_is_kept_and_marked_later_is_the_one_that_is_drawn_at_once() -> None:
    chart = chart_of(Series(name="kW", values=(1.0,) * 24))
    chart = replace(chart, panels=(*chart.panels, replace(chart.panels[0], title="Load")))
    kept = kept_figure(chart)
    for hour in (6, 20):
        marks = (Mark(label="now", at=datetime(2026, 7, 15, hour, tzinfo=EASTERN)),)
        drawn = chart_figure(replace(chart, marks=marks))
        assert kept.marked(marks) == drawn
        assert drawn.count('<line class="mark"') == 2
        assert drawn.count('<text class="mark"') == 1
        parsed(drawn)
    assert kept.marked() == chart_figure(chart)

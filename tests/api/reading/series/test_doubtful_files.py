"""What a file leaves in doubt is asked for, and a broken cell never hides the rows before it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from file_shapes import PLAIN_DAY, Row, csv_of, dotted, format_of, german_rows, run_of

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.domain import UnableToAccept

SEMICOLON = '{delimiter: ";"}'


def table(
    stamp: Callable[[datetime], object], value: Callable[[int], object], header: Row = ("Zeit", "kW")
) -> list[Row]:
    return [header, *((stamp(at), value(index)) for index, at in enumerate(PLAIN_DAY.starts()))]


def one_fault(rows: list[Row], form: str | None = SEMICOLON, delimiter: str = ";") -> str:
    written = None if form is None else format_of(form)
    with pytest.raises(UnableToAccept) as refused:
        read_series(csv_of(rows, delimiter), SeriesQuery(source="file", form=written, timezone="Europe/Berlin"))
    (fault,) = refused.value.faults
    return str(fault).removeprefix("file: ")


def test_a_point_that_may_stand_between_thousands_is_asked_for() -> None:
    rows = table(dotted, lambda index: f"{1 + index % 3}.{100 + index}")
    line = one_fault(rows)
    assert line.startswith("column kW is '1.100', must be told apart: write csv_format: {thousands: \".\"}")
    for sign, first in (("thousands", 1100.0), ("decimal", 1.1)):
        form = format_of(f'{{delimiter: ";", {sign}: "."}}')
        series = read_series(csv_of(rows), SeriesQuery(source="file", form=form, timezone="Europe/Berlin"))
        assert series.values[0] == first


@pytest.mark.parametrize("value", ["1.25", "0.125", "1234.125", "1,100"])
def test_a_point_that_cannot_stand_between_thousands_is_a_decimal(value: str) -> None:
    rows = table(dotted, lambda index: value if index % 2 else "1.100")
    comma = "," in value
    if comma:
        assert "must be a finite number" in one_fault(rows)
    else:
        form = format_of(SEMICOLON)
        series = read_series(csv_of(rows), SeriesQuery(source="file", form=form, timezone="Europe/Berlin"))
        assert series.values[:2] == (1.1, float(value))


def test_times_that_look_like_the_ends_of_intervals_are_asked_for() -> None:
    rows = table(lambda at: dotted(at + timedelta(minutes=15)), lambda index: 100 + index)
    line = one_fault(rows)
    assert "Zeit is '04.05.2026 00:15 to 06.05.2026 00:00'" in line
    assert "write csv_format: {stamps: end}, or start" in line
    for stamps, minutes in (("end", 0), ("start", 15)):
        form = format_of(f'{{delimiter: ";", stamps: {stamps}}}')
        series = read_series(csv_of(rows), SeriesQuery(source="file", form=form, timezone="Europe/Berlin"))
        assert series.start == PLAIN_DAY.start + timedelta(minutes=minutes)


def test_of_two_times_in_one_cell_the_first_is_read() -> None:
    rows = table(lambda at: f"{dotted(at)} - {dotted(at + timedelta(minutes=15))}", lambda index: 100 + index)
    form = format_of(SEMICOLON)
    series = read_series(csv_of(rows), SeriesQuery(source="file", form=form, timezone="Europe/Berlin"))
    assert (series.start, series.step) == (PLAIN_DAY.start, PLAIN_DAY.step)


@pytest.mark.parametrize("row", [1, 2, 50, 190])
@pytest.mark.parametrize(
    ("column", "broken"), [(0, "04.05.2026 0300"), (0, "04.13.2026 03:00"), (1, "1x0"), (1, "1\x000")]
)
def test_a_broken_cell_is_named_with_its_row_and_hides_nothing(row: int, column: int, broken: str) -> None:
    rows = [list(each) for each in table(dotted, lambda index: 100 + index)]
    rows[row][column] = broken
    for form in (SEMICOLON, '{delimiter: ";", unit: kW}'):
        line = one_fault([tuple(each) for each in rows], form)
        assert line.startswith(f"row {row + 1}, {('Zeit', 'kW')[column]} is {broken!r}")


def test_one_row_a_day_is_refused_as_that() -> None:
    clocks = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 15, 30, 45)]
    wide: list[Row] = [("Datum", *clocks), *((f"{day:02d}.05.2026", *(["1,5"] * 96)) for day in range(1, 9))]
    daily: list[Row] = [("Datum", "kWh"), *((f"{day:02d}.05.2026", 24000 + day) for day in range(1, 29))]
    for rows, what in ((wide, "one row a day, with a column for each interval"), (daily, "one row a day")):
        assert one_fault(rows, None) == (
            f"rows is {what!r}, must be one row an interval: its time, and its value "
            "(turn the table round in a spreadsheet)"
        )


def test_both_passes_of_a_repeated_hour_side_by_side_are_refused_as_that() -> None:
    whole = run_of("2026-10-25", 25)
    rows = german_rows(whole)
    hour = rows[9:17]
    rows[9:17] = [row for pair in zip(hour[:4], hour[4:], strict=True) for row in pair]
    line = one_fault(rows, '{delimiter: ";", decimal: ",", thousands: "."}')
    assert line.startswith("row 10, Zeit is '25.10.2026 02:00 (both passes of the hour")
    assert line.endswith("must be in the order of time: the whole hour before the change, then the whole hour after it")


@pytest.mark.parametrize(
    ("header", "row", "delimiter", "written"),
    [
        (("start", "load_kw"), lambda at: (at.isoformat(), 5), ";", '{delimiter: ";"}'),
        (("start", "load_kw"), lambda at: (at.isoformat(), '"5,5"'), ",", '{decimal: ","}'),
        (("start", "load_kw"), lambda at: (at.isoformat()[:16], 5), ",", "{timezone: Europe/Berlin}"),
        (
            ("ts", "kW"),
            lambda at: (int(at.timestamp()), 5),
            ",",
            "{time_column: ts, time_format: unix, value_column: kW}",
        ),
    ],
)
def test_a_column_of_one_mistake_is_one_fault_with_what_to_write(
    header: Row, row: Callable[[datetime], Row], delimiter: str, written: str
) -> None:
    line = one_fault([header, *map(row, PLAIN_DAY.starts())], None, delimiter)
    assert f"or say how the file is written: csv_format: {written}" in line


def test_commas_in_numbers_and_between_cells_are_never_read() -> None:
    rows: list[Row] = [("Zeit", "A kW", "B kW"), *((dotted(at), "100,5", "9,25") for at in PLAIN_DAY.starts())]
    for form in (None, "{}", '{decimal: ","}', '{decimal: ",", time_column: Zeit, value_column: A kW}'):
        with pytest.raises(UnableToAccept):
            read_series(
                csv_of(rows, ","),
                SeriesQuery(source="file", form=form and format_of(form), timezone="Europe/Berlin"),  # type: ignore[arg-type]
            )

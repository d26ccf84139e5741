"""What is wrong with a series file is said once, with its row and what to write; gaps are filled only by a rule."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from file_shapes import (
    AUTUMN,
    GERMAN_FORM,
    PLAIN_DAY,
    SPRING,
    WINTER,
    Row,
    csv_of,
    dotted,
    format_of,
    german,
    german_rows,
    run_of,
    workbook,
)

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.tables.csv_format import CsvFormat, Gaps
from ridethrough.domain import UnableToAccept


def each_way(rows: list[Row]) -> tuple[bytes, bytes]:
    """A file as CSV and as a workbook."""
    return csv_of(rows), workbook(rows)


def faults_of(content: bytes, form: str | None = GERMAN_FORM, **said: object) -> list[str]:
    written = None if form is None else format_of(form)
    base = SeriesQuery(source="file", form=written, timezone="Europe/Berlin")
    with pytest.raises(UnableToAccept) as refused:
        read_series(content, replace(base, **said))  # type: ignore[arg-type]
    return [str(fault).removeprefix("file: ") for fault in refused.value.faults]


def test_a_gap_names_its_row_and_the_rule_to_write() -> None:
    rows = german_rows(PLAIN_DAY)
    del rows[10:13]
    for content in each_way(rows):
        (line,) = faults_of(content)
        assert line == (
            "row 11, Zeit is '2026-05-04T03:00:00+02:00 (after a gap)', must be 2026-05-04T02:15:00+02:00; "
            "to fill it, write gaps: {fill: hold, at_most_minutes: 45}"
        )


def test_a_gap_that_is_longer_than_the_rule_allows_names_its_row() -> None:
    rows = german_rows(PLAIN_DAY)
    del rows[10:13]
    (line,) = faults_of(csv_of(rows), gaps=Gaps(fill="hold", at_most_minutes=30))
    assert "row 11" in line
    assert "the gap of 45 minutes is longer than at_most_minutes: 30" in line


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("hold", [10.0, 10.0, 10.0, 40.0]),
        ("interpolate", [10.0, 20.0, 30.0, 40.0]),
        ("previous_day", [10.0, 8.0, 9.0, 40.0]),
    ],
)
def test_gaps_are_filled_by_the_rule_and_counted(fill: str, expected: list[float]) -> None:
    day = [float(hour) for hour in range(1, 25)]
    kw = [*day, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0, None, None, 40.0]
    clock = run_of("2026-05-04", 34, 60).starts()
    blank: list[Row] = [(dotted(at), "" if each is None else each) for at, each in zip(clock, kw, strict=True)]
    lost = [row for row in blank if row[1]]
    rule = Gaps(fill=fill, at_most_minutes=120)  # type: ignore[arg-type]
    for rows in (lost, blank):
        series = read_series(
            csv_of([("Zeit", "kW"), *rows]),
            SeriesQuery(source="file", form=CsvFormat(delimiter=";"), timezone="Europe/Berlin", gaps=rule),
        )
        assert list(series.values[-4:]) == pytest.approx(expected)
        assert len(series.values) == 34
        assert f"2 of 34 values filled (gaps: {fill}); the longest gap is 120 minutes" in series.notes


def test_the_day_before_is_looked_up_by_the_local_clock() -> None:
    run = run_of("2026-03-28", 47, 60)
    rows = [("Zeit", "kW"), *((dotted(at), f"{kw}") for at, kw in zip(run.starts(), run.kw, strict=True))]
    del rows[1 + 23 + 12]
    rule = Gaps(fill="previous_day", at_most_minutes=60)
    series = read_series(
        csv_of(rows), SeriesQuery(source="file", form=CsvFormat(delimiter=";"), timezone="Europe/Berlin", gaps=rule)
    )
    noon = run.starts()[23 + 12]
    same_clock_before = noon.replace(tzinfo=None) - timedelta(days=1)
    index = [at.replace(tzinfo=None) for at in run.starts()].index(same_clock_before)
    assert series.values[23 + 12] == pytest.approx(run.kw[index])


def test_a_reading_that_is_empty_is_no_zero() -> None:
    rows = german_rows(PLAIN_DAY)
    rows[5] = (rows[5][0], "")
    assert faults_of(csv_of(rows)) == ["row 6, Leistung [kW] is '', must be a finite number"]


def test_doubled_rows_are_refused_and_read_once_where_gaps_are_allowed() -> None:
    rows = german_rows(PLAIN_DAY)
    rows.insert(8, rows[7])
    for content in each_way(rows):
        assert "row 9, Zeit is '2026-05-04T01:30:00+02:00 (a duplicate)'" in faults_of(content)[0]
    rule = Gaps(fill="hold", at_most_minutes=15)
    base = SeriesQuery(source="file", form=format_of(GERMAN_FORM), timezone="Europe/Berlin", gaps=rule)
    series = read_series(csv_of(rows), base)
    assert series.values == pytest.approx(PLAIN_DAY.kw)
    assert "rows that repeat a reading, read once: 1" in series.notes
    rows[8] = (rows[7][0], german(1.0))
    assert "(a duplicate)" in faults_of(csv_of(rows), gaps=rule)[0]


def test_rows_out_of_order_and_off_the_grid_are_refused_with_their_rows() -> None:
    rows = german_rows(PLAIN_DAY)
    rows[4], rows[5] = rows[5], rows[4]
    assert [line.split(" is ")[0] for line in faults_of(csv_of(rows))] == ["row 5, Zeit", "row 6, Zeit", "row 7, Zeit"]
    rows = german_rows(PLAIN_DAY)
    rows[4] = ("04.05.2026 00:50", rows[4][1])
    lines = faults_of(csv_of(rows))
    assert "row 6, Zeit is '2026-05-04T01:00:00+02:00 (10 minutes after the row before)'" in "".join(lines)


def test_the_step_of_a_load_may_not_change_and_that_is_said_once() -> None:
    fine = run_of("2026-05-05", 24)
    rows = [*german_rows(run_of("2026-05-04", 24, 60)), *german_rows(fine)[1:]]
    for content in each_way(rows):
        (line,) = faults_of(content)
        assert line == (
            "row 26, Zeit is '2026-05-05T00:00:00+02:00 (the step changes from 60 to 15 minutes)', "
            "must be the same step in the whole file: split the file there"
        )


@pytest.mark.parametrize("order", [(60, 15), (15, 60), (60, 30)])
def test_a_price_holds_through_its_step_where_the_step_changes(order: tuple[int, int]) -> None:
    first, second = run_of("2026-05-04", 24, order[0]), run_of("2026-05-05", 24, order[1])
    rows: list[Row] = [("start", "price_per_mwh")]
    expected = []
    for run in (first, second):
        rows += [(at.isoformat(), kw) for at, kw in zip(run.starts(), run.kw, strict=True)]
        expected += [kw / 1000 for kw in run.kw for _ in range(run.minutes // min(order))]
    content = csv_of(rows).replace(b";", b",")
    series = read_series(content, SeriesQuery(source="file", use="price"))
    assert series.step == timedelta(minutes=min(order))
    assert series.values == pytest.approx(expected)
    assert series.notes == (f"the step changes from {order[0]} to {order[1]} minutes at 2026-05-05T00:00:00+02:00",)
    del rows[4]
    (fault,) = faults_of(csv_of(rows).replace(b";", b","), None, use="price")
    assert f"row 5, start is '{first.starts()[4].isoformat()} (after a gap)'" in fault


def test_the_hour_that_spring_skips_names_the_clock_that_does_not_change() -> None:
    rows = [
        ("Zeit", "kW"),
        *((dotted(at.astimezone(WINTER)), f"{kw}") for at, kw in zip(SPRING.starts(), SPRING.kw, strict=True)),
    ]
    for content in each_way(rows):
        (line,) = faults_of(content, '{delimiter: ";"}')
        assert "row 106, Zeit is '29.03.2026 02:00 (the local clock skips this hour, and 3 rows after it)'" in line
        assert 'write csv_format: {timezone: "+01:00"}' in line
    assert read_series(
        csv_of(rows), SeriesQuery(source="file", form=format_of('{delimiter: ";", timezone: "+01:00"}'))
    ).values == pytest.approx(SPRING.kw)


def test_the_hour_that_autumn_repeats_must_stand_twice() -> None:
    rows = german_rows(AUTUMN)
    del rows[1 + 96 + 12 : 1 + 96 + 16]
    for content in each_way(rows):
        (line,) = faults_of(content)
        assert "the local clock shows this hour twice, the file has it once, and 3 rows after it" in line
        assert 'write csv_format: {timezone: "+01:00"}' in line
        assert "gaps: {fill: hold, at_most_minutes: 60}" in line
    rule = Gaps(fill="hold", at_most_minutes=60)
    base = SeriesQuery(source="file", form=format_of(GERMAN_FORM), timezone="Europe/Berlin", gaps=rule)
    series = read_series(csv_of(rows), base)
    assert len(series.values) == len(AUTUMN.kw)
    assert "4 of 292 values filled (gaps: hold); the longest gap is 60 minutes" in series.notes


def test_a_file_that_starts_or_ends_in_the_repeated_hour_is_read_where_its_neighbours_tell() -> None:
    whole = run_of("2026-10-25", 25)
    for cut, start in ((slice(12, None), 12), (slice(None, 10), 0)):
        rows = [("Zeit", "Leistung [kW]"), *german_rows(whole)[1:][cut]]
        series = read_series(
            csv_of(rows), SeriesQuery(source="file", form=format_of(GERMAN_FORM), timezone="Europe/Berlin")
        )
        assert series.start.astimezone(UTC) == whole.starts()[start].astimezone(UTC)


@pytest.mark.parametrize(("day", "hour"), [("2026-03-08", 2), ("2026-11-01", None)])
def test_a_fixed_offset_across_a_clock_change_is_named_as_that(day: str, hour: int | None) -> None:
    hours = [each for each in range(24) if each != hour] if hour else [0, 1, *range(1, 24)]
    offset = "-05:00" if hour else "-04:00"
    rows = [f"{day}T{each:02d}:00{offset},{index}" for index, each in enumerate(hours)]
    content = "\n".join(["start,load_kw", *rows]).encode()
    for gaps in (None, Gaps(fill="hold", at_most_minutes=60)):
        (line,) = faults_of(content, None, timezone="America/New_York", gaps=gaps)
        assert f"a clock change of America/New_York, but every row has the fixed offset {offset}" in line
    written = line.partition("csv_format: ")[2]
    series = read_series(content, SeriesQuery(source="file", form=format_of(written)))
    assert series.values == tuple(float(index) for index in range(len(hours)))
    assert series.start.isoformat() == f"{day}T00:00:00{'-05:00' if hour else '-04:00'}"


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        (b"Zeit,kW\n04.05.2026 00:00,1,5\n04.05.2026 00:15,1,6\n", "{}", "more cells"),
        (b"\xd0\xcf\x11\xe0", None, "saved as .xlsx or as CSV: the older .xls format is not read"),
        (b"PK\x03\x04 no workbook", None, "an Excel workbook (.xlsx)"),
        (workbook([], more=[]), "{}", "a workbook with readings in it"),
        (csv_of(german_rows(PLAIN_DAY)), '{delimiter: ";", time_column: Time}', "'Zeit', 'Leistung [kW]'"),
        (
            csv_of(german_rows(PLAIN_DAY)),
            '{delimiter: ";"}',
            'csv_format: {delimiter: ";", decimal: ",", thousands: "."',
        ),
        (b"\xff\xfe\x00", None, "a UTF-8 CSV file"),
        (b"", "{}", "a table of readings"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(content: bytes, form: str | None, message: str) -> None:
    lines = faults_of(content, form)
    assert message in lines[0], lines


def test_two_sheets_of_readings_must_be_told_apart() -> None:
    rows = german_rows(PLAIN_DAY)
    content = workbook(rows, Mai=rows)
    assert faults_of(content) == ["csv_format.sheet is None, must be given: one of Sheet, Mai"]
    form = replace(format_of(GERMAN_FORM), sheet="Mai")
    read = read_series(content, SeriesQuery(source="file", form=form, timezone="Europe/Berlin"))
    assert read.values == pytest.approx(PLAIN_DAY.kw)
    assert "one of Sheet, Mai" in faults_of(content, '{sheet: "Juni"}')[0]


def test_dates_of_a_spreadsheet_are_rounded_to_the_second_that_was_meant() -> None:
    times = [
        at.replace(tzinfo=None) - timedelta(microseconds=3) * (index % 2) for index, at in enumerate(PLAIN_DAY.starts())
    ]
    content = workbook([("Zeit", "kW"), *zip(times, PLAIN_DAY.kw, strict=True)])
    read = read_series(content, SeriesQuery(source="file", form=CsvFormat(), timezone="Europe/Berlin"))
    assert (read.start, read.values) == (PLAIN_DAY.start, pytest.approx(PLAIN_DAY.kw))


def test_days_and_months_that_cannot_be_told_apart_are_asked_for() -> None:
    rows = [("Zeit", "kW"), ("03/03/2026 00:00", 1), ("03/03/2026 01:00", 2), ("03/03/2026 02:00", 3)]
    (line,) = faults_of(csv_of(rows), '{delimiter: ";"}')
    assert 'time_format is None, must be given, for Zeit can be read as "%d/%m/%Y %H:%M" or "%m/%d/%Y %H:%M"' in line

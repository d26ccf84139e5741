"""What a file leaves in doubt is asked for, and a broken cell never hides the rows before it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from file_shapes import BERLIN, PLAIN_DAY, Row, csv_of, dotted, format_of, german_rows, run_of, workbook

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.tables.csv_format import Gaps
from ridethrough.api.reading.tables.layout import unit_of
from ridethrough.domain import UnableToAccept

pytestmark = pytest.mark.no_cover  # what they run is covered by the tests beside them, and takes twice as long with it

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


@pytest.mark.parametrize("row", [1, *(pytest.param(row, marks=pytest.mark.long) for row in (2, 50)), 190])
@pytest.mark.parametrize(
    ("column", "broken"), [(0, "04.05.2026 0300"), (0, "04.13.2026 03:00"), (1, "1x0"), (1, "1\x000")]
)
def test_a_broken_cell_is_named_with_its_row_and_hides_nothing(row: int, column: int, broken: str) -> None:
    rows = [list(each) for each in table(dotted, lambda index: 100 + index)]
    rows[row][column] = broken
    for form in (SEMICOLON, '{delimiter: ";", unit: kW}'):
        line = one_fault([tuple(each) for each in rows], form)
        assert line.startswith(f"row {row + 1}, {('Zeit', 'kW')[column]} is {broken!r}")


@pytest.mark.long
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


@pytest.mark.long
def test_commas_in_numbers_and_between_cells_are_never_read() -> None:
    rows: list[Row] = [("Zeit", "A kW", "B kW"), *((dotted(at), "100,5", "9,25") for at in PLAIN_DAY.starts())]
    for form in (None, "{}", '{decimal: ","}', '{decimal: ",", time_column: Zeit, value_column: A kW}'):
        with pytest.raises(UnableToAccept):
            read_series(
                csv_of(rows, ","),
                SeriesQuery(source="file", form=form and format_of(form), timezone="Europe/Berlin"),  # type: ignore[arg-type]
            )


def readings(rows: list[Row], form: str | None = SEMICOLON, gaps: Gaps | None = None) -> TimeSeries:
    written = None if form is None else format_of(form)
    query = SeriesQuery(source="file", form=written, timezone="Europe/Berlin", gaps=gaps)
    return read_series(csv_of(rows, "," if form is None else ";"), query)


def test_the_newest_row_first_is_refused_as_that() -> None:
    rows = table(dotted, lambda index: 100 + index)
    line = one_fault([rows[0], *reversed(rows[1:])])
    assert "row 3, Zeit is '2026-05-05 23:30:00+02:00'" in line
    assert line.endswith("the newest row stands first: sort the rows by time")


@pytest.mark.parametrize("name", ["Ende", "end_time", "endTime", "Periodenende", "bis", "Zeit bis"])
def test_a_time_column_that_is_named_as_an_end_is_asked_for(name: str) -> None:
    rows = table(dotted, lambda index: 100 + index, header=(name, "kW"))
    assert "write csv_format: {stamps: end}, or start" in one_fault(rows)
    assert readings(rows, '{delimiter: ";", stamps: end}').start == PLAIN_DAY.start - PLAIN_DAY.step


@pytest.mark.parametrize("name", ["von - bis", "start/end", "Zeit", "Vendor time", "total"])
def test_a_time_column_of_another_name_is_of_starts(name: str) -> None:
    assert readings(table(dotted, lambda index: 100 + index, header=(name, "kW"))).start == PLAIN_DAY.start


@pytest.mark.parametrize("stamp", [datetime.isoformat, lambda at: f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"])
def test_ends_of_intervals_with_utc_offsets_are_asked_for(stamp: Callable[[datetime], str]) -> None:
    rows = table(lambda at: stamp(at + timedelta(minutes=15)), lambda index: 100 + index)
    assert "these look like the ends of intervals" in one_fault(rows)
    assert readings(rows, '{delimiter: ";", stamps: end}').start == PLAIN_DAY.start
    assert '{delimiter: ";", time_column: Zeit, stamps: end, value_column: kW}' in one_fault(rows, None)


def test_a_column_that_names_two_units_is_asked_for_its_unit() -> None:
    rows = table(dotted, lambda index: 100 + index, header=("Zeit", "Leistung kW / Arbeit kWh"))
    assert "csv_format.unit is None" in one_fault(rows)
    assert readings(rows, '{delimiter: ";", unit: kW}').values[0] == 100


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("EUR/MWh", "per_MWh"),
        ("price per kWh", "per_kWh"),
        ("ct/kWh", "cent_per_kWh"),
        ("c/kWh", "cent_per_kWh"),
        ("\u00a2/kWh", "cent_per_kWh"),
        ("Price (p / kWh)", "cent_per_kWh"),
        ("mills/kWh", None),
        ("ct/MWh", None),
        ("price", None),
    ],
)
def test_the_unit_of_a_price_is_taken_from_its_name_or_asked_for(name: str, unit: str | None) -> None:
    assert unit_of(name, price=True) == unit


def test_a_header_with_two_starts_is_refused() -> None:
    rows: list[Row] = [("start", "start", "load_kw"), *((at.isoformat(), "x", 5) for at in PLAIN_DAY.starts())]
    assert "a header with only one `start` column" in one_fault(rows, None, ",")


def test_midnight_as_24_00_in_a_plain_file_is_asked_for() -> None:
    def stamp(at: datetime) -> str:
        end = at + timedelta(minutes=15)
        return at.strftime("%Y-%m-%dT24:00+02:00") if end.hour + end.minute == 0 else end.isoformat()

    line = one_fault(table(stamp, lambda index: 100 + index, header=("start", "load_kw")), None, ",")
    assert line.startswith("row 97, start is '2026-05-04T24:00+02:00', must be from 00:00 to 23:59")


@pytest.mark.parametrize("last", ["43", "4312", "4312.", "", "4"])
def test_a_last_line_that_the_end_of_the_file_cuts_is_refused(last: str) -> None:
    rows = table(datetime.isoformat, lambda index: 4312.5 + index, header=("start", "load_kw"))
    cut = [*rows[:-1], (rows[-1][0], last)]
    assert f"row {len(rows)}, load_kw is " in one_fault(cut, None, ",")
    if last:
        series = read_series(csv_of(cut, ",") + b"\n", SeriesQuery(source="file"))
        assert series.values[-1] == float(last)


def test_a_last_line_without_its_value_is_no_gap() -> None:
    rows = table(datetime.isoformat, lambda index: 4312.5 + index, header=("start", "load_kw"))
    with pytest.raises(UnableToAccept, match="the file ends in this line"):
        readings([*rows[:-1], rows[-1][:1]], None, Gaps(fill="hold", at_most_minutes=60))


@pytest.mark.parametrize(("others", "last"), [(100, 99), (1000, 201), (100.25, 99.25), (0, 0)])
def test_a_smaller_last_value_without_a_line_break_is_read(others: float, last: float) -> None:
    rows = table(datetime.isoformat, lambda index: others if index else others + 1, header=("start", "load_kw"))
    assert readings([*rows[:-1], (rows[-1][0], last)], None).values[-1] == last


def test_a_quotation_mark_that_is_left_open_is_named_in_short() -> None:
    rows = table(dotted, lambda index: 100 + index)
    rows[9] = (rows[9][0], '"109')
    line = one_fault(rows)
    assert "characters: is a quotation mark left open?" in line
    assert len(line) < 400


def test_utf_16_without_its_mark_is_proposed() -> None:
    content = "\r\n".join(f"{time};{kw}" for time, kw in table(dotted, lambda index: 100.5 + index))
    for encoding in ("utf-16-le", "utf-16-be"):
        with pytest.raises(UnableToAccept) as refused:
            read_series(content.encode(encoding), SeriesQuery(source="file", timezone="Europe/Berlin"))
        assert f"encoding: {encoding}" in str(refused.value)


def test_lines_of_delimiters_alone_are_no_rows() -> None:
    rows = table(dotted, lambda index: 100 + index)
    assert readings([*rows[:5], ("", ""), *rows[5:], (" ", "")]).values == readings(rows).values


def test_text_with_points_in_a_workbook_is_asked_for_as_in_a_file() -> None:
    rows = table(dotted, lambda index: f"{1 + index % 3}.{100 + index}")
    query = SeriesQuery(source="file", form=format_of("{time_column: Zeit}"), timezone="Europe/Berlin")
    with pytest.raises(UnableToAccept, match="thousands"):
        read_series(workbook(rows), query)


@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize("by_clock", [True, False])
def test_ends_beside_a_gap_at_a_clock_change_are_read_right_or_refused(minutes: int, *, by_clock: bool) -> None:
    step, gaps = timedelta(minutes=minutes), Gaps(fill="hold", at_most_minutes=180)
    starts = run_of("2026-10-25", 8, minutes).starts()
    read = refused = 0
    for first in range(60 // minutes, 240 // minutes):
        for missing in range(1, 60 // minutes + 1):
            kept = [*starts[:first], *starts[first + missing :]]
            naive = [at.replace(tzinfo=None) + step for at in kept]
            ends = [(at.astimezone(UTC) + step).astimezone(BERLIN) for at in kept] if by_clock else naive
            rows: list[Row] = [("Zeit", "kW"), *((dotted(end), f"{index}.5") for index, end in enumerate(ends))]
            try:
                series = readings(rows, '{delimiter: ";", stamps: end}', gaps)
            except UnableToAccept:
                refused += 1
                continue
            read += 1
            assert len(series.values) == len(starts)
            assert series.values[first + missing :] == tuple(index + 0.5 for index in range(first, len(kept)))
    assert read
    assert refused


@pytest.mark.parametrize("name", ["UTC", "time_utc", "Zeit (GMT)", "Zeit (MEZ)", "Datum CET", "Winterzeit"])
def test_a_time_column_that_names_a_clock_is_asked_for_it(name: str) -> None:
    rows = table(dotted, lambda index: 100 + index, header=(name, "kW"))
    assert one_fault(rows).startswith(f"csv_format.timezone is None, must be given, for {name!r} names a clock")
    assert readings(rows, '{delimiter: ";", timezone: UTC}').start == PLAIN_DAY.start + timedelta(hours=2)
    assert readings(rows, '{delimiter: ";", timezone: Europe/Berlin}').start == PLAIN_DAY.start


@pytest.mark.parametrize("name", ["MTU (CET/CEST)", "Zeit (MEZ/MESZ)", "Zeit", "estimated time"])
def test_a_time_column_that_names_both_times_of_the_year_follows_the_local_clock(name: str) -> None:
    assert readings(table(dotted, lambda index: 100 + index, header=(name, "kW"))).start == PLAIN_DAY.start


def test_a_column_in_utc_is_proposed_as_that() -> None:
    rows = table(lambda at: dotted(at.astimezone(UTC)), lambda index: 100 + index, header=("UTC", "kW"))
    line = one_fault(rows, None)
    assert "timezone: UTC" in line
    assert "is its time that of UTC all year?" in line


@pytest.mark.parametrize(("name", "first"), [("kWh", 812_345.25), ("Zaehlerstand [kWh]", 0.0), ("cumulative MWh", 3.5)])
def test_the_count_of_a_meter_is_no_energy_of_intervals(name: str, first: float) -> None:
    rows = table(dotted, lambda index: round(first + 25.5 * index, 2), header=("Zeit", name))
    line = one_fault(rows)
    assert f"column {name} is '{first} to " in line
    assert line.endswith("this looks like the count of a meter, so take the differences of its rows")


@pytest.mark.parametrize("step", [0, 1, -1])
def test_energy_that_rises_slowly_or_not_at_all_is_read(step: int) -> None:
    rows = table(dotted, lambda index: 900 + step * index, header=("Zeit", "kWh"))
    assert readings(rows).values[0] == 3600

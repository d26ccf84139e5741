"""Files as meters and utilities export them: each is read right, or refused with what to write instead."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from file_shapes import (
    AUTUMN,
    GERMAN,
    GERMAN_FORM,
    PLAIN_DAY,
    SPRING,
    WINTER,
    Run,
    Shape,
    dotted,
    format_of,
    german,
    run_of,
)

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.domain import UnableToAccept

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
HOURLY = run_of("2026-05-04", 72, 60)
US_DAY = run_of("2026-06-13", 48, 60, NEW_YORK)
TOKYO_DAY = run_of("2026-06-13", 48, 30, TOKYO)


def midnight_as_24(stamp: datetime) -> str:
    if (stamp.hour, stamp.minute) == (0, 0):
        return f"{stamp - timedelta(days=1):%d.%m.%Y} 24:00"
    return dotted(stamp)


def wall_end(minutes: int) -> Callable[[datetime], str]:
    """The start's clock time plus the step, as some exports stamp an end."""
    return lambda stamp: dotted(stamp.replace(tzinfo=None) + timedelta(minutes=minutes))


def serial(stamp: datetime) -> float:
    """Days since 1900, as a spreadsheet counts them."""
    return (stamp.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A run in a shape, and the format that is written for it."""

    run: Run
    shape: Shape
    form: str | None
    excel: bool = True
    column: str | None = None
    price: bool = False


WITH_OFFSET = Shape(header=("start", "load_kw"), row=lambda stamp, kw: (stamp.isoformat(), kw))

READ = {
    "plain": Case(run=PLAIN_DAY, shape=WITH_OFFSET, form=None),
    "plain through the spring change": Case(run=SPRING, shape=WITH_OFFSET, form=None),
    "plain through the autumn change": Case(run=AUTUMN, shape=WITH_OFFSET, form=None),
    "a byte order mark": Case(run=PLAIN_DAY, shape=replace(WITH_OFFSET, encoding="utf-8-sig"), form=None, excel=False),
    "UTC with a Z": Case(
        run=PLAIN_DAY,
        shape=replace(WITH_OFFSET, row=lambda stamp, kw: (f"{stamp.astimezone(UTC):%Y-%m-%dT%H:%MZ}", kw)),
        form=None,
    ),
    "German": Case(run=PLAIN_DAY, shape=GERMAN, form=GERMAN_FORM),
    "German in spring": Case(run=SPRING, shape=GERMAN, form=GERMAN_FORM),
    "German in autumn": Case(run=AUTUMN, shape=GERMAN, form=GERMAN_FORM),
    "Windows' encoding": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, header=("Zeit für Zähler", "Leistung [kW]"), encoding="cp1252"),
        form='{delimiter: ";", decimal: ",", thousands: ".", encoding: cp1252}',
    ),
    "UTF-16 with tabulators": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, encoding="utf-16", delimiter="\t"),
        form='{delimiter: "\\t", decimal: ",", thousands: ".", encoding: utf-16}',
    ),
    "thousands apart by narrow spaces": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, row=lambda stamp, kw: (dotted(stamp), german(kw).replace(".", "\u202f"))),
        form='{delimiter: ";", decimal: ",", thousands: " "}',
    ),
    "thousands with an apostrophe": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, row=lambda stamp, kw: (dotted(stamp), f"{kw:,.2f}".replace(",", "'"))),
        form="{delimiter: \";\", thousands: \"'\"}",
    ),
    "date and clock time apart": Case(
        run=PLAIN_DAY,
        shape=replace(
            GERMAN,
            header=("Datum", "von", "bis", "kW"),
            row=lambda stamp, kw: (
                f"{stamp:%d.%m.%Y}", f"{stamp:%H:%M}", f"{stamp + timedelta(minutes=15):%H:%M}", german(kw),
            ),
        ),
        form='{delimiter: ";", decimal: ",", thousands: ".", time_column: [Datum, von]}',
    ),
    "ends of intervals": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, ends=True),
        form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}',
    ),
    "ends of intervals in spring": Case(
        run=SPRING, shape=replace(GERMAN, ends=True), form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}'
    ),
    "ends of intervals in autumn": Case(
        run=AUTUMN, shape=replace(GERMAN, ends=True), form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}'
    ),
    "ends by the start's clock in spring": Case(
        run=SPRING,
        shape=replace(GERMAN, row=lambda stamp, kw: (wall_end(15)(stamp), german(kw))),
        form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}',
    ),
    "ends by the start's clock in autumn": Case(
        run=AUTUMN,
        shape=replace(GERMAN, row=lambda stamp, kw: (wall_end(15)(stamp), german(kw))),
        form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}',
    ),
    "midnight as 24:00": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, ends=True, row=lambda stamp, kw: (midnight_as_24(stamp), german(kw))),
        form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}',
    ),
    "hourly ends in autumn": Case(
        run=run_of("2026-10-24", 73, 60),
        shape=replace(GERMAN, ends=True),
        form='{delimiter: ";", decimal: ",", thousands: ".", stamps: end}',
    ),
    "winter time all year": Case(
        run=SPRING,
        shape=replace(GERMAN, row=lambda stamp, kw: (dotted(stamp.astimezone(WINTER)), german(kw))),
        form='{delimiter: ";", decimal: ",", thousands: ".", timezone: "+01:00"}',
    ),
    "kWh an interval": Case(
        run=PLAIN_DAY,
        shape=replace(
            GERMAN,
            header=("Zeit", "Verbrauch"),
            row=lambda stamp, kw: (dotted(stamp), f"{kw / 4}".replace(".", ",")),
        ),
        form='{delimiter: ";", decimal: ",", unit: kWh}',
    ),
    "Wh in the header": Case(
        run=HOURLY,
        shape=replace(WITH_OFFSET, header=("start", "energy_wh"), row=lambda stamp, kw: (stamp.isoformat(), kw * 1000)),
        form="{}",
    ),
    "MW": Case(
        run=HOURLY,
        shape=replace(WITH_OFFSET, header=("start", "P (MW)"), row=lambda stamp, kw: (stamp.isoformat(), kw / 1000)),
        form="{}",
    ),
    "W": Case(
        run=HOURLY,
        shape=replace(WITH_OFFSET, header=("start", "value"), row=lambda stamp, kw: (stamp.isoformat(), kw * 1000)),
        form="{unit: W}",
    ),
    "MWh": Case(
        run=PLAIN_DAY,
        shape=replace(WITH_OFFSET, header=("start", "E [MWh]"), row=lambda stamp, kw: (stamp.isoformat(), kw / 4000)),
        form="{}",
    ),
    "a preamble and a sum below": Case(
        run=PLAIN_DAY,
        shape=replace(
            GERMAN,
            before=(("Lastgang",), ("Marktlokation", "DE 0001"), ()),
            after=((), ("Summe", german(123456.7)), ("erstellt von Netz GmbH",)),
        ),
        form='{delimiter: ";", decimal: ",", thousands: ".", time_column: Zeit}',
    ),
    "one of many columns": Case(
        run=PLAIN_DAY,
        shape=replace(
            GERMAN,
            header=("Zeit", "A kW", "B kW", "Status"),
            row=lambda stamp, kw: (dotted(stamp), "1,0", german(kw), "W"),
        ),
        form=GERMAN_FORM,
        column="B kW",
    ),
    "American": Case(
        run=US_DAY,
        shape=Shape(header=("Date", "Usage (kW)"), row=lambda stamp, kw: (f"{stamp:%m/%d/%Y %I:%M %p}", f"{kw:,.2f}")),
        form='{time_format: "%m/%d/%Y %I:%M %p", thousands: ",", timezone: America/New_York}',
    ),
    "Japanese": Case(
        run=TOKYO_DAY,
        shape=Shape(
            header=("日時", "使用電力量(kWh)"),
            row=lambda stamp, kw: (f"{stamp:%Y/%m/%d %H:%M}", kw / 2),
            encoding="cp932",
        ),
        form="{encoding: cp932, timezone: Asia/Tokyo}",
    ),
    "digits without signs": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, row=lambda stamp, kw: (f"{stamp:%Y%m%d%H%M}", german(kw))),
        form='{delimiter: ";", decimal: ",", thousands: ".", time_format: "%Y%m%d%H%M"}',
    ),
    "serial days": Case(
        run=PLAIN_DAY,
        shape=Shape(header=("Zeit", "kW"), row=lambda stamp, kw: (serial(stamp), kw)),
        form="{time_column: Zeit, time_format: excel}",
    ),
    "seconds since 1970": Case(
        run=AUTUMN,
        shape=Shape(header=("ts", "kW"), row=lambda stamp, kw: (int(stamp.timestamp()), kw)),
        form="{time_column: ts, time_format: unix}",
    ),
    "milliseconds since 1970": Case(
        run=AUTUMN,
        shape=Shape(header=("ts", "kW"), row=lambda stamp, kw: (int(stamp.timestamp() * 1000), kw)),
        form="{time_column: ts, time_format: unix_ms}",
    ),
    "no header": Case(
        run=PLAIN_DAY,
        shape=replace(GERMAN, header=()),
        form='{delimiter: ";", decimal: ",", thousands: ".", time_column: "1", value_column: "2", unit: kW}',
    ),
    "a format that holds the offset": Case(
        run=SPRING,
        shape=replace(WITH_OFFSET, row=lambda stamp, kw: (f"{stamp:%Y-%m-%dT%H:%M}+01:00", kw)),
        form='{time_format: "%Y-%m-%dT%H:%M+01:00", timezone: Europe/Berlin}',
    ),
}  # fmt: skip


def query(case: Case) -> SeriesQuery:
    form = None if case.form is None else format_of(case.form)
    return SeriesQuery(source="file", form=form, column=case.column, timezone=case.run.clock.key)


def expect(read: TimeSeries, run: Run) -> None:
    assert read.start == run.start
    assert read.step == run.step
    assert read.values == pytest.approx(run.kw, abs=1e-6)


UNIT_IS_A_GUESS = {"kWh an interval": "kWh", "W": "W"}
"""Files that do not say their unit: what is proposed must be looked at."""

UNGUESSED = (
    "winter time all year",  # looks like the local clock
    "seconds since 1970",  # a number is no time by its looks
    "milliseconds since 1970",
    "serial days",
    "a format that holds the offset",  # the times carry an offset, if a wrong one
)


@pytest.mark.parametrize("name", READ)
def test_a_csv_file_of_each_shape_is_read_right(name: str) -> None:
    case = READ[name]
    expect(read_series(case.shape.csv(case.run), query(case)), case.run)


@pytest.mark.parametrize("name", [name for name, case in READ.items() if case.excel])
def test_a_workbook_of_each_shape_is_read_right(name: str) -> None:
    case = READ[name]
    expect(read_series(case.shape.xlsx(case.run), query(case)), case.run)


@pytest.mark.parametrize("name", [name for name, case in READ.items() if case.form and name not in UNGUESSED])
def test_a_file_that_nothing_is_said_of_is_refused_once_with_the_format_that_reads_it(name: str) -> None:
    case = READ[name]
    content = case.shape.csv(case.run)
    bare = replace(query(case), form=None)
    with pytest.raises(UnableToAccept) as refused:
        read_series(content, bare)
    (fault,) = refused.value.faults
    written = fault.allowed.partition("csv_format: ")[2].partition("}")[0] + "}"
    form = format_of(written)
    if name in UNIT_IS_A_GUESS:
        assert "the file does not say its unit" in fault.allowed
        form = replace(form, unit=UNIT_IS_A_GUESS[name])
    expect(read_series(content, replace(bare, form=form)), case.run)

"""Whatever a file holds and whatever is said of it: a series, or faults; nothing else happens."""

import math
from typing import Any

import pytest
from file_shapes import GERMAN, PLAIN_DAY, SPRING, csv_of, german_rows, workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.tables.csv_format import FORMAT, CsvFormat, Gaps
from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.documents.acceptance import accept

CELLS = st.one_of(
    st.sampled_from(
        [
            *("", " ", "-", "start", "load_kw", "Zeit", "kW", "24:00", "00:00", "04.05.2026 00:00", "04.05.2026 24:00"),
            *("2026-05-04T00:00+02:00", "2026-05-04T00:15+02:00", "2026-05-04 00:30", "1.234,5", "1e400", "nan", "1_0"),
            *(
                "29.03.2026 02:30",
                "25.10.2026 02:30",
                "0001-01-01",
                "9999-12-31T23:59Z",
                "46146.5",
                "1782856800",
                "=1+1",
            ),
        ]
    ),
    st.text(max_size=12),
    st.floats().map(str),
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)
FORMATS = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "decimal": st.sampled_from([".", ","]),
        "encoding": st.sampled_from(["utf-8", "utf-16", "cp932", "cp1252"]),
        "time_column": st.sampled_from(["start", "Zeit", "1", ["Zeit", "kW"], ["start", "start"]]),
        "time_format": st.sampled_from(["%d.%m.%Y %H:%M", "excel", "unix", "%", "%Q", "(", "[", "%j", "%Z", "%z", ""]),
        "timezone": st.sampled_from(["Europe/Berlin", "+01:00", "UTC"]),
        "stamps": st.sampled_from(["start", "end"]),
        "value_column": st.sampled_from(["load_kw", "kW", "2"]),
        "unit": st.sampled_from(["kW", "kWh", "per_MWh"]),
    },
)
QUERIES = st.builds(
    SeriesQuery,
    source=st.just("file.csv"),
    use=st.sampled_from(["load", "price"]),
    form=st.none() | FORMATS.map(lambda form: accept(FORMAT, form, source="form")),
    gaps=st.none()
    | st.builds(Gaps, fill=st.sampled_from(["hold", "interpolate", "previous_day"]), at_most_minutes=st.just(90.0)),
    timezone=st.none() | st.sampled_from(["Europe/Berlin", "America/New_York"]),
)


def read_or_refused(content: bytes, query: SeriesQuery) -> None:
    faults: list[str] = []
    values: tuple[float, ...] = ()
    try:
        values = read_series(content, query).values
    except UnableToAccept as refused:
        faults = [str(fault) for fault in refused.faults]
    assert bool(faults) != bool(values)
    assert all(fault.startswith("file.csv") for fault in faults)
    assert all(map(math.isfinite, values))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, QUERIES, st.sampled_from([";", ","]))
def test_rows_of_any_cells_are_read_or_refused(rows: list[list[str]], query: SeriesQuery, delimiter: str) -> None:
    read_or_refused(csv_of([tuple(row) for row in rows], delimiter), query)


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), QUERIES)
def test_any_bytes_are_read_or_refused(content: bytes, query: SeriesQuery) -> None:
    read_or_refused(content, query)


@pytest.mark.long
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), QUERIES)
def test_a_good_file_with_cells_exchanged_is_read_or_refused(data: Any, query: SeriesQuery) -> None:  # noqa: ANN401
    rows = [list(row) for row in german_rows(SPRING)[:60]]
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.integers(0, len(rows) - 1))
        rows[row][data.draw(st.integers(0, 1))] = data.draw(CELLS)
    read_or_refused(csv_of([tuple(row) for row in rows]), query)


@pytest.mark.parametrize("cut", [4, 40, 400, 2000])
def test_a_workbook_that_is_cut_off_is_refused(cut: int) -> None:
    content = workbook(german_rows(PLAIN_DAY))
    with pytest.raises(UnableToAccept, match="an Excel workbook"):
        read_series(content[:cut], SeriesQuery(source="file.csv", form=CsvFormat()))


def test_half_a_character_at_the_end_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="text in utf-16, as csv_format says"):
        read_series(
            GERMAN.csv(PLAIN_DAY)[:-1], SeriesQuery(source="file.csv", form=CsvFormat(encoding="utf-16", delimiter=";"))
        )

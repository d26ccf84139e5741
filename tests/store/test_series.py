from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridethrough.store.database import Database
from ridethrough.store.series import append_series, clear_series, read_series, series_extent, series_names
from ridethrough.store.series_days import Stretch, UnableToAppend
from ridethrough.store.sites import known_until

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
START = datetime(2026, 6, 30, 22, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def _stretch(values: list[float], start: datetime = START, step: timedelta = QUARTER) -> Stretch:
    return Stretch(start=start, step=step, values=np.array(values))


def _append(database: Database, stretch: Stretch, *, now: datetime = NOW, may_change_step: bool = False) -> datetime:
    with database.writing() as connection:
        taken = append_series(connection, "s", "load", stretch, now=now, may_change_step=may_change_step)
    return taken.recorded_at


def _read(database: Database, known_at: datetime | None = None, **window: datetime) -> list[tuple[datetime, float]]:
    with database.reading() as connection:
        found = read_series(connection, "s", "load", known_at=known_at, **window)
    starts = (each.replace(tzinfo=UTC) for each in found.starts.tolist())
    return list(zip(starts, found.values.tolist(), strict=True))


def test_what_was_written_is_read_across_midnight_to_the_last_digit(database: Database) -> None:
    values = [0.1 + index / 7 for index in range(20)]
    _append(database, _stretch(values))
    assert _read(database) == [(START + index * QUARTER, value) for index, value in enumerate(values)]
    window = _read(database, start=START + 3 * QUARTER, end=START + 5 * QUARTER)
    assert window == [(START + 3 * QUARTER, values[3]), (START + 4 * QUARTER, values[4])]


def test_newer_readings_replace_older_ones_and_what_was_known_before_stays(database: Database) -> None:
    first = _append(database, _stretch([1.0, 2.0, 3.0, 4.0]))
    with database.writing() as connection:
        newer = _stretch([2.0, 30.0, 40.0, 50.0], START + QUARTER)
        taken = append_series(connection, "s", "load", newer, now=NOW + QUARTER)
    assert (taken.new, taken.replaced, taken.unchanged) == (1, 2, 1)
    assert [value for _, value in _read(database)] == [1.0, 2.0, 30.0, 40.0, 50.0]
    assert [value for _, value in _read(database, known_at=first)] == [1.0, 2.0, 3.0, 4.0]
    assert _read(database, known_at=first - timedelta(microseconds=1)) == []


def test_readings_that_are_there_are_not_written_again(database: Database) -> None:
    stretch = _stretch([1.0, 2.0])
    _append(database, stretch)
    with database.writing() as connection:
        taken = append_series(connection, "s", "load", stretch, now=NOW + QUARTER)
    assert (taken.new, taken.replaced, taken.unchanged) == (0, 0, 2)


def test_each_record_of_a_site_is_later_than_the_one_before_also_with_a_clock_that_stands(database: Database) -> None:
    moments = [_append(database, _stretch([float(value)]), now=NOW - value * QUARTER) for value in range(4)]
    assert moments == [NOW + index * timedelta(microseconds=1) for index in range(4)]
    with database.reading() as connection:
        assert known_until(connection, "s") == moments[-1]
    for value, moment in enumerate(moments):
        assert [found for _, found in _read(database, known_at=moment)] == [float(value)]


def test_missing_values_are_left_out_and_do_not_hide_older_ones(database: Database) -> None:
    _append(database, _stretch([1.0, 2.0, 3.0]))
    _append(database, _stretch([10.0, np.nan, np.nan, np.nan, 50.0]))
    assert [value for _, value in _read(database)] == [10.0, 2.0, 3.0, 50.0]
    assert _read(database)[-1][0] == START + 4 * QUARTER


@pytest.mark.parametrize(
    ("start", "step"),
    [(START, timedelta(minutes=30)), (START + timedelta(days=3), timedelta(minutes=5)), (START + QUARTER / 3, QUARTER)],
)
def test_another_step_is_refused(database: Database, start: datetime, step: timedelta) -> None:
    _append(database, _stretch([1.0, 2.0]))
    with pytest.raises(UnableToAppend, match="has a step of 0:15:00 on 2026-06-30"):
        _append(database, _stretch([5.0, 6.0], start, step))
    assert [value for _, value in _read(database)] == [1.0, 2.0]


def test_prices_may_change_from_hours_to_quarters_within_a_day(database: Database) -> None:
    hour = timedelta(hours=1)
    midnight = datetime(2026, 7, 1, tzinfo=UTC)
    _append(database, _stretch([10.0, 20.0], midnight, hour), may_change_step=True)
    _append(database, _stretch([21.0, 22.0], midnight + 1.5 * hour), may_change_step=True)
    quarters = [midnight + index * QUARTER for index in range(8)]
    assert _read(database) == list(zip(quarters, [10.0] * 4 + [20.0, 20.0, 21.0, 22.0], strict=True))
    _append(database, _stretch([30.0], midnight + hour, hour), may_change_step=True)
    assert _read(database) == list(zip(quarters, [10.0] * 4 + [30.0] * 4, strict=True))


def test_prices_of_steps_that_do_not_divide_are_refused(database: Database) -> None:
    midnight = datetime(2026, 7, 1, tzinfo=UTC)
    _append(database, _stretch([10.0], midnight, timedelta(minutes=20)), may_change_step=True)
    with pytest.raises(UnableToAppend):
        _append(database, _stretch([20.0], midnight), may_change_step=True)


def test_a_cleared_series_is_empty_from_then_on_and_takes_another_step(database: Database) -> None:
    before = _append(database, _stretch([1.0, 2.0]))
    with database.writing() as connection:
        assert clear_series(connection, "s", "load", now=NOW) == 1
        assert clear_series(connection, "s", "load", now=NOW) == 0
        assert series_extent(connection, "s", "load") is None
    assert _read(database) == []
    assert [value for _, value in _read(database, known_at=before)] == [1.0, 2.0]
    _append(database, _stretch([7.0], step=timedelta(hours=1)))
    assert _read(database) == [(START, 7.0)]


def test_names_and_extents_are_those_of_the_site(database: Database) -> None:
    _append(database, _stretch([1.0, 2.0]))
    with database.writing() as connection:
        append_series(connection, "other", "prices", _stretch([1.0]), now=NOW)
    with database.reading() as connection:
        assert series_names(connection, "s") == ["load"]
        extent = series_extent(connection, "s", "load")
        assert extent is not None
        assert (extent.start, extent.end, extent.step, extent.readings) == (START, START + 2 * QUARTER, QUARTER, 2)


_NUMBERS = count(1)
_PIECES = st.lists(
    st.tuples(st.integers(0, 300), st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=120)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=_PIECES)
def test_any_order_of_pieces_reads_as_a_table_of_rows_would(database: Database, pieces: list) -> None:  # type: ignore[type-arg]
    site = f"site {next(_NUMBERS)}"
    rows: dict[datetime, float] = {}
    states = []
    for index, (offset, values) in enumerate(pieces):
        start = START + offset * QUARTER
        with database.writing() as connection:
            taken = append_series(connection, site, "x", _stretch(values, start), now=NOW + index * QUARTER)
        rows |= {start + place * QUARTER: value for place, value in enumerate(values) if not np.isnan(value)}
        states.append((taken.recorded_at, dict(sorted(rows.items()))))
    with database.reading() as connection:
        for moment, expected in states:
            found = read_series(connection, site, "x", known_at=moment)
            starts = [each.replace(tzinfo=UTC) for each in found.starts.tolist()]
            assert dict(zip(starts, found.values.tolist(), strict=True)) == expected

"""Prices by a program of another Python, whose place a stand-in takes: what it answers, and how it does not."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from price_servers import question

from ridethrough.api.reading.price_sources.fetching import Limits
from ridethrough.api.reading.price_sources.named import PublishedPrices, SourceName
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, UnableToFetchPrices
from ridethrough.api.reading.price_sources.sources.us_markets import Gridstatus

DAY = question(
    "2026-07-01T00:00-07:00",
    "2026-07-02T00:00-07:00",
    zone="caiso:TH_NP15_GEN-APND",
    currency="USD",
    timezone="America/Los_Angeles",
)
FIRST = int(DAY.start.timestamp())
HEAD = "import json, sys, time\nasked = json.load(sys.stdin)\n"
ANSWERS = f"""
assert (asked["iso"], asked["location"]) == ("caiso", "TH_NP15_GEN-APND"), asked
assert (asked["start"], asked["end"]) == ("2026-07-01", "2026-07-02"), asked
starts = [{FIRST} + 3600 * hour for hour in range(24)]
ends, prices = [at + 3600 for at in starts], [30.0 + at % 7 for at in starts]
json.dump({{"start": starts, "end": ends, "price": prices}}, sys.stdout)
"""


def asked(folder: Path, program: str, *, zone: str | None = None, currency: str = "USD") -> FetchedPrices:
    (folder / "program.py").write_text(HEAD + program, encoding="utf-8")
    source = Gridstatus(program=(folder / "program.py",), limits=Limits(seconds=20, size_bytes=100_000))
    asking = question(
        "2026-07-01T00:00-07:00",
        "2026-07-02T00:00-07:00",
        zone=zone or DAY.zone,
        currency=currency,
        timezone=DAY.timezone,
    )
    return source.fetch(asking)


def test_prices_of_a_day_are_read(tmp_path: Path) -> None:
    prices = asked(tmp_path, ANSWERS)
    (stretch,) = prices.stretches
    assert prices.is_complete
    assert stretch.start == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert len(stretch.price_per_kwh) == 24
    assert stretch.price_per_kwh[0] == pytest.approx((30 + FIRST % 7) / 1000)


def test_a_day_that_is_not_published_is_missing(tmp_path: Path) -> None:
    prices = asked(tmp_path, 'print(\'{"start": [], "end": [], "price": []}\')')
    assert prices.stretches == ()
    assert not prices.is_complete


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("print('not json')", "cannot be read"),
        ("print('[1]')", "no object"),
        ('print(\'{"start": [1], "end": [2], "price": []}\')', "lists of one length"),
        ('print(\'{"start": [2], "end": [1], "price": [1.0]}\')', "whole seconds since 1970"),
        ('print(\'{"start": [1], "end": [2], "price": ["x"]}\')', "price is to hold numbers"),
        ("raise KeyError('no such location')", "it failed: KeyError: 'no such location'"),
        ("sys.exit(1)", "it says nothing"),
        ("sys.stdout.write('x' * 200_000)", "larger than 100,000 bytes"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_reason(tmp_path: Path, program: str, reason: str) -> None:
    with pytest.raises(UnableToFetchPrices) as refused:
        asked(tmp_path, program)
    assert reason in refused.value.reason
    assert refused.value.remedy


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    source = Gridstatus(program=(tmp_path / "program.py",), limits=Limits(seconds=0.5))
    with pytest.raises(UnableToFetchPrices, match=r"no whole answer within 0\.5 s"):
        source.fetch(DAY)


def test_another_currency_or_a_zone_without_a_location_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnableToFetchPrices, match="prices in USD"):
        asked(tmp_path, ANSWERS, currency="EUR")
    with pytest.raises(UnableToFetchPrices, match="write ISO:LOCATION"):
        asked(tmp_path, ANSWERS, zone="caiso")


def test_where_it_is_not_installed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real program, in a Python without the library: this one."""
    monkeypatch.setenv("GRIDSTATUS_PYTHON", sys.executable)
    source = PublishedPrices(source=SourceName.GRIDSTATUS, zone=DAY.zone).at_source()
    with pytest.raises(UnableToFetchPrices, match="pip install gridstatus, and set GRIDSTATUS_PYTHON"):
        source.fetch(DAY)
    monkeypatch.setenv("GRIDSTATUS_PYTHON", "/nowhere/python")
    with pytest.raises(UnableToFetchPrices, match="cannot be run"):
        source.fetch(DAY)


def test_the_program_asks_a_library_as_gridstatus_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the library itself: a table with the columns that gridstatus documents."""
    (tmp_path / "gridstatus.py").write_text(
        """
import pandas as pd

class Market:
    def get_lmp(self, *, date, end, market, locations):
        assert (date, end, market, locations) == ("2026-07-01", "2026-07-02", "DAY_AHEAD_HOURLY", ["TH_NP15_GEN-APND"])
        starts = pd.date_range(date, end, freq="h", tz="US/Pacific", inclusive="left")
        return pd.DataFrame({"Interval Start": starts, "Interval End": starts + pd.Timedelta("1h"),
                             "Location": locations[0], "LMP": range(24)})

def get_iso(name):
    assert name == "caiso"
    return Market
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    prices = Gridstatus().fetch(DAY)
    assert prices.is_complete
    assert prices.stretches[0].price_per_kwh == pytest.approx([hour / 1000 for hour in range(24)])

"""Day-ahead prices of the markets of the United States, by the library gridstatus in a process of its own.

The zone is `ISO:LOCATION`, such as `caiso:TH_NP15_GEN-APND` or `ercot:HB_NORTH`. The library is no dependency of ours:
the environment variable `GRIDSTATUS_PYTHON` names the Python that has it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from ridethrough.api.reading.price_sources.answers import check_currency, is_price, json_of, unreadable
from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.fetching import Answer, Limits
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.price_sources.sources.gridstatus_program import NOT_INSTALLED
from ridethrough.domain.horizon import zone
from ridethrough.tariffs.documents.printable import printable

PYTHON = "GRIDSTATUS_PYTHON"
PROGRAM = (Path(__file__).with_name("gridstatus_program.py"),)
_NAME = "gridstatus"
_LATEST_S = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_QUOTED, _MOST_READ = 200, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gridstatus:
    """The library, as `program` asks it."""

    program: tuple[str | Path, ...] = PROGRAM
    limits: Limits = field(default_factory=lambda: Limits(seconds=120.0))
    name: str = _NAME

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for the day-ahead prices of a location, see `PriceSource`."""
        check_currency(self.name, "USD", question)
        iso, _, location = question.zone.partition(":")
        if not iso or not location:
            remedy = "write ISO:LOCATION, such as caiso:TH_NP15_GEN-APND"
            raise UnableToFetchPrices(
                self.name, f"the zone {printable(question.zone)[:60]} names no location", remedy=remedy
            )
        there = zone(question.timezone)
        last = (question.end - timedelta(microseconds=1)).astimezone(there).date()
        asked = {
            "iso": iso,
            "location": location,
            "start": f"{question.start.astimezone(there):%Y-%m-%d}",
            "end": f"{last + timedelta(days=1):%Y-%m-%d}",
        }
        document = json_of(self.name, Answer(status=200, content=self._answer(json.dumps(asked))))
        return assembled(self.name, list(_quotes(document)), question)

    def _answer(self, asked: str) -> bytes:
        """Run the program; what it writes goes to files, so that it never waits for us."""
        python = os.environ.get(PYTHON, "").strip() or sys.executable
        with TemporaryFile() as out, TemporaryFile() as wrong:
            try:
                ended = subprocess.run(  # noqa: S603 - our own program
                    [python, *self.program],
                    input=asked.encode(),
                    stdout=out,
                    stderr=wrong,
                    timeout=self.limits.seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                reason = f"no whole answer within {self.limits.seconds:g} s"
                raise UnableToFetchPrices(self.name, reason, remedy="it is asked again") from error
            except OSError as error:
                raise UnableToFetchPrices(self.name, f"{PYTHON} cannot be run: {error}", remedy=_remedy()) from error
            if ended.returncode == NOT_INSTALLED:
                raise UnableToFetchPrices(self.name, f"it is not installed in {python}", remedy=_remedy())
            if ended.returncode:
                said = _last_line(wrong)
                raise UnableToFetchPrices(
                    self.name, f"it failed: {said}", remedy="check the ISO and the location; it is asked again"
                )
            size = out.seek(0, os.SEEK_END)
            if size > self.limits.size_bytes:
                reason = f"the answer is larger than {self.limits.size_bytes:,} bytes"
                raise UnableToFetchPrices(self.name, reason, remedy="ask for a shorter time")
            out.seek(0)
            return out.read()


def _quotes(document: object) -> Iterator[Quote]:
    if not isinstance(document, dict):
        raise unreadable(_NAME, "no object")
    starts, ends, prices = (document.get(name) for name in ("start", "end", "price"))
    if not (isinstance(starts, list) and isinstance(ends, list) and isinstance(prices, list)) or not (
        len(starts) == len(ends) == len(prices)
    ):
        raise unreadable(_NAME, "start, end and price are to be lists of one length")
    for start, end, price in zip(starts, ends, prices, strict=True):
        if not all(type(each) is int and 0 <= each < _LATEST_S for each in (start, end)) or end <= start:
            raise unreadable(_NAME, "start and end are to be whole seconds since 1970, in order")
        if not is_price(price):
            raise unreadable(_NAME, "price is to hold numbers")
        first, step = datetime.fromtimestamp(start, UTC), timedelta(seconds=end - start)
        yield Quote(start=first, step=step, price_per_kwh=price / 1000)


def _last_line(file: IO[bytes]) -> str:
    """The last line that a program wrote: the error itself, below where it came from."""
    file.seek(0)
    lines = file.read(_MOST_READ).decode("utf-8", "replace").strip().splitlines()
    return printable(lines[-1])[:_QUOTED] if lines else "it says nothing"


def _remedy() -> str:
    where = "/opt/gridstatus"
    return f"python -m venv {where} && {where}/bin/pip install gridstatus, and set {PYTHON}={where}/bin/python"

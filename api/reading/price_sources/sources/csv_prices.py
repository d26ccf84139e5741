"""Prices in a CSV file at an address, such as a supplier's or one's own export."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.tables.csv_format import CsvFormat, Gaps
from ridethrough.domain import UnableToAccept

_NOT_FOUND, _NO_CONTENT = 404, 204
_ANY_GAP = Gaps(fill="hold", at_most_minutes=31 * 24 * 60)
"""Gaps are read as gaps: none is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPrices:
    """A file at `url`, in which `{zone}`, `{from}` and `{until}` stand for what is asked (times in UTC, ISO 8601).

    The file is read by the rules of all series files. It does not tell its currency, which is taken as the site's. A
    file that is not there (404) or has no rows is one that is not published yet. `headers` may hold a key.
    """

    url: str
    form: CsvFormat | None = None
    column: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    name: str = "csv"

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Read the file, see `PriceSource`."""
        request = Request(
            source=self.name,
            url=self._address(question),
            now=question.now,
            headers=self.headers,
            secrets=tuple(self.headers.values()),
            limits=self.limits,
            address_of=question.address_of,
        )
        answer = fetch(request, also=(_NOT_FOUND, _NO_CONTENT))
        if answer.status != 200 or _is_without_rows(answer.content):  # noqa: PLR2004 - OK
            return assembled(self.name, (), question, notes=("the file is not there yet, or has no rows",))
        query = SeriesQuery(
            source=f"{self.name} of {question.zone}",
            use="price",
            form=self.form,
            column=self.column,
            gaps=_ANY_GAP,
            timezone=question.timezone,
            holes_stay=True,
        )
        try:
            series = read_series(answer.content, query)
        except UnableToAccept as error:
            reason = "; ".join(str(fault) for fault in error.faults[:3])
            raise UnableToFetchPrices(self.name, reason, remedy="describe the file by its csv_format") from error
        quotes = _quotes(series.start, series.step, series.values)
        return assembled(self.name, quotes, question, notes=series.notes)

    def _address(self, question: PriceQuestion) -> str:
        said = {"{zone}": question.zone, "{from}": f"{question.start:%Y-%m-%dT%H:%MZ}"}
        said["{until}"] = f"{question.end:%Y-%m-%dT%H:%MZ}"
        url = self.url
        for name, value in said.items():
            url = url.replace(name, quote(value, safe=""))
        return url


def _quotes(start: datetime, step: timedelta, values: tuple[float, ...]) -> list[Quote]:
    return [
        Quote(start=start + index * step, step=step, price_per_kwh=value)
        for index, value in enumerate(values)
        if value == value  # noqa: PLR0124 - NaN: a gap
    ]


def _is_without_rows(content: bytes) -> bool:
    return len(content.strip().splitlines()) <= 1

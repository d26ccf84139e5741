"""The same prices as each source of prices writes them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from price_servers import Scripted

from ridethrough.api.reading.price_sources.fetching import Limits
from ridethrough.api.reading.price_sources.price_source import PriceSource
from ridethrough.api.reading.price_sources.sources.csv_prices import CsvPrices
from ridethrough.api.reading.price_sources.sources.energy_charts import EnergyCharts
from ridethrough.api.reading.price_sources.sources.entsoe import Entsoe
from ridethrough.api.reading.price_sources.sources.nord_pool import NordPool
from ridethrough.api.reading.price_sources.sources.open_adr import OpenAdr

SECRET = "5ecret-of-a-test"  # noqa: S105 - no key
LIMITS = Limits(seconds=2.0, size_bytes=2_000_000)
CENTRAL_EUROPE = ZoneInfo("Europe/Berlin")
Written = Sequence[tuple[datetime, timedelta, float]]
"""The start, the length and the price per MWh of each interval."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one source writes prices, and what it says where there are none yet."""

    name: str
    source: Callable[[str], PriceSource]
    write: Callable[[Written, str, str], bytes]
    nothing_yet: Scripted
    kind: str
    says_currency: bool = True
    has_key: bool = True

    def answer(self, written: Written, *, currency: str = "EUR", unit: str = "MWH") -> Scripted:
        """The answer of a server with these prices."""
        return Scripted(content=self.write(written, currency, unit), kind=self.kind)


def priced(start: str, step_min: int, prices: Sequence[float]) -> list[tuple[datetime, timedelta, float]]:
    """Prices from a time on, one each step."""
    first, step = datetime.fromisoformat(start).astimezone(UTC), timedelta(minutes=step_min)
    return [(first + index * step, step, price) for index, price in enumerate(prices)]


def as_csv(written: Written, _: str, unit: str) -> bytes:
    rows = "".join(f"{at:%Y-%m-%dT%H:%MZ},{price}\n" for at, _, price in written)
    return f"start,price_per_{unit.lower()}\n{rows}".encode()


def as_energy_charts(written: Written, currency: str, unit: str) -> bytes:
    document = {
        "license_info": "none",
        "unix_seconds": [int(at.timestamp()) for at, _, _ in written],
        "price": [price for _, _, price in written],
        "unit": f"{currency} / {unit}",
        "deprecated": False,
    }
    return json.dumps(document).encode()


def as_open_adr(written: Written, currency: str, unit: str) -> bytes:
    intervals = [
        {
            "id": index,
            "intervalPeriod": {"start": at.isoformat(), "duration": f"PT{step // timedelta(minutes=1)}M"},
            "payloads": [{"type": "PRICE", "values": [price]}],
        }
        for index, (at, step, price) in enumerate(written)
    ]
    descriptor = {"payloadType": "PRICE", "units": unit, "currency": currency}
    return json.dumps([{"programID": "DE_LU", "payloadDescriptors": [descriptor], "intervals": intervals}]).encode()


def period(start: datetime, end: datetime, step_min: int, points: Sequence[tuple[int, float]]) -> str:
    """A period of the transparency platform."""
    written = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
        for position, price in points
    )
    time = f"<start>{start.astimezone(UTC):%Y-%m-%dT%H:%MZ}</start><end>{end.astimezone(UTC):%Y-%m-%dT%H:%MZ}</end>"
    interval = f"<timeInterval>{time}</timeInterval>"
    return f"<Period>{interval}<resolution>PT{step_min}M</resolution>{written}</Period>"


def time_series(periods: str, *, currency: str = "EUR", unit: str = "MWH", curve: str = "A01", more: str = "") -> str:
    """A time series of the transparency platform."""
    names = f"<currency_Unit.name>{currency}</currency_Unit.name>"
    names += f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name>"
    zone = "<in_Domain.mRID>10Y1001A1001A82H</in_Domain.mRID>"
    return f"<TimeSeries>{more}{zone}{names}<curveType>{curve}</curveType>{periods}</TimeSeries>"


def as_nord_pool(written: Written, currency: str, unit: str) -> bytes:
    """An entry for each delivery day, as the market data API writes it."""
    return json.dumps(
        [
            nord_pool_day(day, list(periods), currency=currency, unit=f"{currency}/{unit}")
            for day, periods in groupby(written, key=lambda each: each[0].astimezone(CENTRAL_EUROPE).date())
        ]
    ).encode()


def nord_pool_day(day: date, periods: Written, **changed: str) -> dict[str, Any]:
    """What the market data API says of one area and delivery day."""
    entry = {
        "market": "DayAhead",
        "deliveryArea": "GER",
        "deliveryDateCET": day.isoformat(),
        "updatedAt": "2026-06-30T11:12:16.0856629Z",
        "status": "Final",
        "unit": "EUR/MWh",
        "currency": "EUR",
        "exchangeRate": 1,
        "marketMainCurrency": "EUR",
        "prices": [
            {
                "deliveryStart": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "deliveryEnd": f"{at + step:%Y-%m-%dT%H:%M:%SZ}",
                "price": price,
            }
            for at, step, price in periods
        ],
    }
    return {**entry, **changed}


def publication(series: str) -> bytes:
    """A price document of the transparency platform."""
    name = "Publication_MarketDocument"
    return f'<?xml version="1.0"?><{name} xmlns="urn:some:7:3"><type>A44</type>{series}</{name}>'.encode()


def refusal(code: str, text: str) -> bytes:
    """The document by which the transparency platform says that it has nothing."""
    reason = f"<Reason><code>{code}</code><text>{escape(text)}</text></Reason>"
    name = "Acknowledgement_MarketDocument"
    return f'<{name} xmlns="urn:other:7:0">{reason}</{name}>'.encode()


def as_entsoe(written: Written, currency: str, unit: str) -> bytes:
    periods = ""
    counted = list(enumerate(written))
    for _, group in groupby(counted, key=lambda pair: (pair[1][1], pair[1][0] - pair[0] * pair[1][1])):
        run = [each for _, each in group]
        end = run[-1][0] + run[-1][1]
        points = [(index + 1, price) for index, (_, _, price) in enumerate(run)]
        periods += period(run[0][0], end, run[0][1] // timedelta(minutes=1), points)
    return publication(time_series(periods, currency=currency, unit=unit))


DIALECTS = (
    Dialect(
        name="csv",
        source=lambda address: CsvPrices(url=f"{address}/prices.csv", headers={"X-Key": SECRET}, limits=LIMITS),
        write=as_csv,
        nothing_yet=Scripted(status=404),
        kind="text/csv",
        says_currency=False,
    ),
    Dialect(
        name="energy-charts",
        source=lambda address: EnergyCharts(address=address, limits=LIMITS),
        write=as_energy_charts,
        nothing_yet=Scripted(status=404, content=b'{"detail": "no data"}', kind="application/json"),
        kind="application/json",
        has_key=False,
    ),
    Dialect(
        name="entso-e",
        source=lambda address: Entsoe(address=f"{address}/api", limits=LIMITS),
        write=as_entsoe,
        nothing_yet=Scripted(content=refusal("999", "No matching data found for Data item"), kind="text/xml"),
        kind="text/xml",
    ),
    Dialect(
        name="nord-pool",
        source=lambda address: NordPool(address=address, token_address=f"{address}/connect/token", limits=LIMITS),
        write=as_nord_pool,
        nothing_yet=Scripted(status=204, kind=""),
        kind="application/json",
    ),
    Dialect(
        name="openadr",
        source=lambda address: OpenAdr(address=address, limits=LIMITS),
        write=as_open_adr,
        nothing_yet=Scripted(content=b"[]", kind="application/json"),
        kind="application/json",
    ),
)

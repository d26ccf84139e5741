"""The sources of prices by name, as commands and site documents write them."""

from dataclasses import dataclass
from enum import StrEnum

from ridethrough.api.reading.price_sources.price_source import PriceSource
from ridethrough.domain.validation import Checks

_LONGEST_ZONE, _LONGEST_URL = 100, 2000


class SourceName(StrEnum):
    """The sources that there are."""

    ENTSOE = "entso-e"
    ENERGY_CHARTS = "energy-charts"
    NORD_POOL = "nord-pool"
    OPENADR = "openadr"
    CSV = "csv"
    GRIDSTATUS = "gridstatus"


_WITHOUT_ADDRESS = (SourceName.OPENADR, SourceName.CSV)
"""Sources that everyone has at an address of their own."""
_OWN_ADDRESS = {
    SourceName.GRIDSTATUS: "left out: gridstatus knows the addresses of its markets",
    SourceName.NORD_POOL: "left out: user and password are sent to Nord Pool only",
}
"""Sources that are at no other address, and why none can be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPrices:
    """Prices that a service fetches itself: from which source, for which zone, and from which address.

    Without `url` the address is the one at which the source publishes; `openadr` and `csv` need one.
    """

    source: SourceName
    zone: str
    url: str | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(
            0 < len(self.zone) <= _LONGEST_ZONE,
            "zone",
            self.zone[:_LONGEST_ZONE],
            "a zone of the source: DE_LU, FR ...",
        )
        needs_url = self.source in _WITHOUT_ADDRESS
        checks.require(not needs_url or self.url is not None, "url", self.url, f"the address of {self.source}")
        without = _OWN_ADDRESS.get(self.source)
        checks.require(without is None or self.url is None, "url", self.url, without or "")
        fits = self.url is None or 0 < len(self.url) <= _LONGEST_URL
        checks.require(fits, "url", "a long text", f"an address of at most {_LONGEST_URL} characters")
        checks.raise_faults()

    def at_source(self) -> PriceSource:
        """Whom to ask."""
        from ridethrough.api.reading.price_sources.sources.csv_prices import CsvPrices  # noqa: PLC0415 - slow, and few need it
        from ridethrough.api.reading.price_sources.sources.energy_charts import EnergyCharts  # noqa: PLC0415
        from ridethrough.api.reading.price_sources.sources.entsoe import Entsoe  # noqa: PLC0415
        from ridethrough.api.reading.price_sources.sources.nord_pool import NordPool  # noqa: PLC0415
        from ridethrough.api.reading.price_sources.sources.open_adr import OpenAdr  # noqa: PLC0415
        from ridethrough.api.reading.price_sources.sources.us_markets import Gridstatus  # noqa: PLC0415

        if self.source is SourceName.ENTSOE:
            return Entsoe() if self.url is None else Entsoe(address=self.url)
        if self.source is SourceName.ENERGY_CHARTS:
            return EnergyCharts() if self.url is None else EnergyCharts(address=self.url)
        if self.source is SourceName.NORD_POOL:
            return NordPool()
        if self.source is SourceName.GRIDSTATUS:
            return Gridstatus()
        address = self.url or ""
        return OpenAdr(address=address) if self.source is SourceName.OPENADR else CsvPrices(url=address)

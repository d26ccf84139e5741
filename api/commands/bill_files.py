"""The files and options of `ridethrough bill`, and what is read from them."""

from dataclasses import dataclass
from pathlib import Path

from ridethrough.api.cases.billing import BillInputs
from ridethrough.api.reading.events_file import Events, read_events_file
from ridethrough.api.reading.series.series_file import read_series_file
from ridethrough.api.reading.series.series_options import query_from_options
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import read_state_file
from ridethrough.api.reading.tables.csv_format import known_clock
from ridethrough.api.reading.tariff_file import named_tariff
from ridethrough.domain.horizon import zone
from ridethrough.tariffs.documents.acceptance import together


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFiles:
    """What a bill is asked for with; `csv_format`, `column` and `gaps` say how the series are written."""

    tariff: str
    meter: Path
    timezone: str
    prices: Path | None = None
    state: Path | None = None
    events: Path | None = None
    power_factor: float | None = None
    csv_format: str | None = None
    column: str | None = None
    gaps: str | None = None
    prices_csv_format: str | None = None

    def read(self) -> BillInputs:
        """Read every file.

        Raises `UnableToAccept` with the faults of all of them.
        """
        tariff, meter, prices, state, events, _ = together(
            lambda: named_tariff(self.tariff),
            self._meter_series,
            self._price_series,
            lambda: read_state_file(self.state) if self.state else None,
            lambda: read_events_file(self.events) if self.events else Events(),
            lambda: zone(self.timezone),
        )
        return BillInputs(
            tariff=tariff,
            meter=meter,
            timezone=self.timezone,
            prices=prices,
            state=state,
            state_source=self.state.name if self.state else "state",
            events=events,
            power_factor=self.power_factor,
        )

    def _meter_series(self) -> TimeSeries:
        query = query_from_options(
            self.meter.name,
            csv_format=self.csv_format,
            column=self.column,
            gaps=self.gaps,
            timezone=known_clock(self.timezone),
        )
        return read_series_file(self.meter, query)

    def _price_series(self) -> TimeSeries | None:
        if self.prices is None:
            return None
        query = query_from_options(
            self.prices.name,
            use="price",
            csv_format=self.prices_csv_format,
            gaps=self.gaps,
            timezone=known_clock(self.timezone),
            option="--prices-csv-format",
        )
        return read_series_file(self.prices, query)

"""The inputs of a bill: a tariff, a meter series, and peaks and energy from before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.billing.bill import LineItem
from ridethrough.tariffs.billing.metered import MeterSeries
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingCase:
    """A tariff and the inputs of its lines; `power_factor` turns kW into kVA."""

    tariff: Tariff
    meter: MeterSeries
    state: SiteState
    prices: PriceSeries | None = None
    events: Sequence[CoincidentEvent] = ()
    power_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakLines:
    """The result of one kind of charge in one billing period: metered and billed kW by charge, and the lines."""

    peaks_kw: dict[str, float] = field(default_factory=dict)
    billed_kw: dict[str, float] = field(default_factory=dict)
    day_peaks_kw: dict[str, dict[str, float]] = field(default_factory=dict)
    lines: list[LineItem] = field(default_factory=list)

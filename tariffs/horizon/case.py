"""What a tariff is laid over: the horizon's calendar, and what was set before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonCase:
    """A tariff and what its terms over a horizon depend on; `power_factor` turns kW into kVA."""

    tariff: Tariff
    calendar: LocalCalendar
    state: SiteState = field(default_factory=SiteState)
    prices: PriceSeries | None = None
    events: Sequence[CoincidentEvent] = ()
    power_factor: float = 1.0

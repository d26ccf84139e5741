"""The inputs of a tariff's terms over a horizon: its calendar, and peaks and energy from before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonCase:
    """A tariff and the inputs of its terms over a horizon; `power_factor` turns kW into kVA."""

    tariff: Tariff
    calendar: LocalCalendar
    state: SiteState = field(default_factory=SiteState)
    prices: PriceSeries | None = None
    events: Sequence[CoincidentEvent] = ()
    power_factor: float = 1.0

"""Values on a horizon: loads and prices."""

import math
from dataclasses import dataclass
from datetime import datetime

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks

_HIGHEST_PRICE_PER_KWH = 1e6
"""No currency has a higher price: a feed with a higher one is broken, and its prices are not used."""


def _check_values(checks: Checks, horizon: Horizon, name: str, values: tuple[float, ...]) -> None:
    checks.require(
        len(values) == horizon.intervals, name, f"{len(values)} values", f"{horizon.intervals}, one for each interval"
    )
    for index, value in enumerate(values):
        checks.require(math.isfinite(value), f"{name}.{index}", value, "a finite number")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadForecast:
    """Mean load per interval, in kW AC; negative if generation behind the meter exceeds the load."""

    horizon: Horizon
    load_kw: tuple[float, ...]
    issued_at: datetime | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        _check_values(checks, self.horizon, "load_kw", self.load_kw)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeries:
    """Energy price per interval, in the site's currency per kWh; may be negative."""

    horizon: Horizon
    price_per_kwh: tuple[float, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        _check_values(checks, self.horizon, "price_per_kwh", self.price_per_kwh)
        for index, price in enumerate(self.price_per_kwh):
            plausible = not _HIGHEST_PRICE_PER_KWH < abs(price) < math.inf
            checks.require(plausible, f"price_per_kwh.{index}", price, f"within {_HIGHEST_PRICE_PER_KWH:g} a kWh")
        checks.raise_faults()

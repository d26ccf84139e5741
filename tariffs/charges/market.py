"""Energy that is bought, and sold, at a market price."""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedPrice(TariffPart):
    """A price that follows the market: `min(max(market, floor), cap) * loss_factor + adder_per_kwh`."""

    loss_factor: float = 1.0
    adder_per_kwh: float = 0.0
    floor_per_kwh: float | None = None
    cap_per_kwh: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("loss_factor", self.loss_factor)
        low, high = self.limits
        for name in ("adder_per_kwh", "floor_per_kwh", "cap_per_kwh"):
            value = getattr(self, name)
            checks.require(value is None or math.isfinite(value), name, value, "a finite number")
        checks.require(low <= high, "cap_per_kwh", self.cap_per_kwh, f"at least the floor of {self.floor_per_kwh}")
        checks.raise_faults()

    @property
    def limits(self) -> tuple[float, float]:
        """The floor and the cap; infinite where there is none."""
        low = -math.inf if self.floor_per_kwh is None else self.floor_per_kwh
        return low, math.inf if self.cap_per_kwh is None else self.cap_per_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyAdder(TariffPart):
    """An amount on every kWh that is bought in the hours of `period` of `schedule`, or in all hours."""

    name: str
    per_kwh: float
    schedule: str = ""
    period: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.require(math.isfinite(self.per_kwh), "per_kwh", self.per_kwh, "a finite number")
        checks.require(bool(self.schedule) == bool(self.period), "period", self.period, "a period of its schedule")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrice(IndexedPrice):
    """Energy bought at a market price, on top of the tariff's own rates.

    `adders` are amounts by hour beside `adder_per_kwh`. With `export`, exported energy earns a price that follows the
    market too, on top of what the tariff's own `sell_per_kwh` pays.
    """

    adders: tuple[EnergyAdder, ...] = ()
    export: IndexedPrice | None = None

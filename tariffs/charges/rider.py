"""Percentages on top of other charges."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import Written

ChargeKind = Literal["energy", "demand", "coincident", "fixed", "minimum", "export"]

CHARGE_KINDS: tuple[ChargeKind, ...] = ("energy", "demand", "coincident", "fixed", "minimum", "export")
_MOST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider(Written):
    """A fraction of the charges of some kinds: 0.05 adds 5 %, a negative one is a discount.

    Riders do not ride on each other. A tax comes after the minimum charge and rides on charges and riders alike, but
    not on other taxes.
    """

    name: str
    fraction: float
    applies_to: tuple[ChargeKind, ...] = ("energy", "demand", "coincident", "fixed", "minimum")
    tax: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.require(-1 < self.fraction < _MOST, "fraction", self.fraction, "a fraction, such as 0.05 for 5 %")
        checks.raise_faults()


def multiplier(riders: tuple[Rider, ...], kind: ChargeKind, *, tax: bool) -> float:
    """One plus the riders, or the taxes, on charges of a kind."""
    return 1.0 + sum(rider.fraction for rider in riders if rider.tax == tax and kind in rider.applies_to)

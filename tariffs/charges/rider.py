"""Percentages on top of other charges."""

from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart
from ridethrough.tariffs.charges.kind import CHARGE_KINDS, KIND_NAMES

_MOST = 10.0
_BY_DEFAULT = tuple(kind.name for kind in CHARGE_KINDS if kind.ridden_by_default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider(TariffPart):
    """A fraction of the charges of some kinds: 0.05 adds 5 %, a negative fraction is a discount.

    Riders do not apply to each other. A tax comes after the minimum charge and applies to charges and riders, but not
    to other taxes.
    """

    name: str
    fraction: float
    applies_to: tuple[str, ...] = _BY_DEFAULT
    tax: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.require(-1 < self.fraction < _MOST, "fraction", self.fraction, "a fraction, such as 0.05 for 5 %")
        for index, kind in enumerate(self.applies_to):
            checks.require(kind in KIND_NAMES, f"applies_to.{index}", kind, f"one of {', '.join(KIND_NAMES)}")
        checks.raise_faults()


def multiplier(riders: tuple[Rider, ...], kind: str, *, tax: bool) -> float:
    """One plus the riders, or the taxes, on charges of the kind with that name."""
    return 1.0 + sum(rider.fraction for rider in riders if rider.tax == tax and kind in rider.applies_to)


def ridden(riders: tuple[Rider, ...], kind: str) -> float:
    """The cost of one unit of a kind of charge, with its riders and taxes."""
    return multiplier(riders, kind, tax=False) * multiplier(riders, kind, tax=True)

"""Charges of a document that a bill cannot price."""

from collections.abc import Iterable
from dataclasses import dataclass

from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPriced(TariffPart):
    """A charge or a remark of a tariff that no amount of its bills includes, with the reason."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class UnableToPrice(ValueError):
    """A tariff was refused; `reasons` lists everything in it that cannot be priced."""

    def __init__(self, reasons: Iterable[NotPriced]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(str(reason) for reason in self.reasons))

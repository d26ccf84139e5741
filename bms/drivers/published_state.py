"""What others may know of one of our systems, on whatever protocol they listen."""

from dataclasses import dataclass
from datetime import datetime

from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedState:
    """The setpoint of a system until `valid_until`, its energy, and why it holds if it does."""

    charge_kw: float
    discharge_kw: float
    stored_kwh: float | None
    reserve_kwh: float | None
    mode: str
    why: str
    valid_until: datetime

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("charge_kw", self.charge_kw)
        checks.not_negative("discharge_kw", self.discharge_kw)
        zoned = self.valid_until.tzinfo is not None
        checks.require(zoned, "valid_until", str(self.valid_until), "a time with a UTC offset")
        checks.raise_faults()

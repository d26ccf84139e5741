"""The price of reactive demand."""

from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MONTHS, Months, TariffPart
from ridethrough.tariffs.charges.demand import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveCharge(TariffPart):
    """Reactive demand above a free share of real demand: kVAR beyond `free_kvar_per_kw` times the kW of the same peak.

    Reactive demand follows from the power factor of the premises: `tan(arccos(power factor))` kVAR a kW. A power
    factor of 0.9 is 0.4843 kVAR a kW. Without one nothing is billed, and bill and plan say so.
    """

    name: str
    rate_per_kvar: float
    free_kvar_per_kw: float = 0.0
    months: Months = MONTHS
    schedule: str = ""
    period: str = ""
    window_minutes: int = 0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.not_negative("rate_per_kvar", self.rate_per_kvar)
        checks.not_negative("free_kvar_per_kw", self.free_kvar_per_kw)
        checks.not_negative("window_minutes", self.window_minutes)
        checks.require(bool(self.schedule) == bool(self.period), "period", self.period, "a period of its schedule")
        checks.raise_faults()

    @property
    def apart(self) -> Stretch:
        """What the meter keeps a peak of: the billing period."""
        return "period"

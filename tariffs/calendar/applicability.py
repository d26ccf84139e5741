"""The customers that a tariff is for."""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicability(TariffPart):
    """Limits on monthly peak demand and monthly energy, and the service a tariff is offered for; warnings only."""

    least_peak_kw: float = 0.0
    most_peak_kw: float | None = None
    least_month_kwh: float = 0.0
    most_month_kwh: float | None = None
    voltage: str = ""
    phases: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        for low, high in (("least_peak_kw", "most_peak_kw"), ("least_month_kwh", "most_month_kwh")):
            checks.not_negative(low, getattr(self, low))
            top = getattr(self, high)
            checks.require(top is None or top >= getattr(self, low), high, top, f"at least {low}")
        checks.raise_faults()

    def warnings(self, peak_kw: float, month_kwh: float) -> tuple[str, ...]:
        """Warn if the highest demand or the highest monthly energy is outside the limits of the tariff."""
        limits = (
            ("peak demand", peak_kw, "kW", self.least_peak_kw, self.most_peak_kw),
            ("monthly energy", month_kwh, "kWh", self.least_month_kwh, self.most_month_kwh),
        )
        return tuple(
            f"{name} {value:,.0f} {unit} is outside of {low:,.0f} to {math.inf if high is None else high:,.0f} {unit},"
            " for which this tariff is offered"
            for name, value, unit, low, high in limits
            if value < low or (high is not None and value > high)
        )

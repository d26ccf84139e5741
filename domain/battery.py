"""The energy storage device of one UPS unit."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The battery of one unit; powers are in kW at its DC terminals, fractions are of `capacity_kwh`.

    `usable_fraction_by_c_rate` is the maker's table of the energy that can be drawn at a discharge rate (1/h), linear
    between its points; beyond its highest rate (`max_c_rate`) the maker promises nothing, and no reserve may rely on
    it. Without a table everything is usable at any rate. Where the table already holds the discharge loss,
    `usable_fraction_includes_loss` says so, and the reserve does not count it twice.
    """

    nominal_kwh: float
    charge_limit_kw: float
    discharge_limit_kw: float
    state_of_health: float = 1.0
    cutoff_fraction: float = 0.05
    max_fraction: float = 1.0
    charge_efficiency: float = 0.98
    discharge_efficiency: float = 0.98
    temperature_factor: float = 1.0
    standby_loss_per_h: float = 0.0
    usable_fraction_by_c_rate: Mapping[float, float] = field(default_factory=dict)
    usable_fraction_includes_loss: bool = False
    wear_cost_per_kwh: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("nominal_kwh", "charge_limit_kw", "discharge_limit_kw"):
            checks.positive(name, getattr(self, name))
        for name in ("state_of_health", "charge_efficiency", "discharge_efficiency", "temperature_factor"):
            checks.efficiency(name, getattr(self, name))
        for name in ("cutoff_fraction", "max_fraction"):
            checks.fraction(name, getattr(self, name))
        checks.require(
            self.cutoff_fraction < self.max_fraction,
            "max_fraction",
            self.max_fraction,
            f"above cutoff_fraction {self.cutoff_fraction}",
        )
        checks.require(
            0 <= self.standby_loss_per_h < 1, "standby_loss_per_h", self.standby_loss_per_h, "a fraction from 0 below 1"
        )
        checks.not_negative("wear_cost_per_kwh", self.wear_cost_per_kwh)
        self._check_usable_fractions(checks)
        checks.raise_faults()
        object.__setattr__(self, "usable_fraction_by_c_rate", dict(sorted(self.usable_fraction_by_c_rate.items())))

    def _check_usable_fractions(self, checks: Checks) -> None:
        previous = math.inf
        for rate, usable in sorted(self.usable_fraction_by_c_rate.items()):
            name = f"usable_fraction_by_c_rate.{rate:g}"
            checks.positive(name, rate)
            checks.efficiency(name, usable)
            checks.require(usable <= previous, name, usable, f"at most the {previous:g} usable at the rate below it")
            previous = usable

    @property
    def capacity_kwh(self) -> float:
        """Energy the battery holds today: nominal times state of health."""
        return self.nominal_kwh * self.state_of_health

    @property
    def max_c_rate(self) -> float:
        """The highest discharge rate (1/h) that the maker's table covers; infinite without a table."""
        return max(self.usable_fraction_by_c_rate, default=math.inf)

    def usable_fraction(self, c_rate: float) -> float:
        """The fraction of stored energy that can be drawn at `c_rate` (1/h of today's capacity), flat beyond the table.

        >>> table = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}
        >>> limits = {"charge_limit_kw": 240, "discharge_limit_kw": 1300}
        >>> cell = Battery(nominal_kwh=200, usable_fraction_by_c_rate=table, **limits)
        >>> round(cell.usable_fraction(7), 6)
        0.84
        """
        if not self.usable_fraction_by_c_rate:
            return 1.0
        rates = tuple(self.usable_fraction_by_c_rate)
        usable = tuple(self.usable_fraction_by_c_rate.values())
        above = bisect_left(rates, c_rate)
        if above == 0:
            return usable[0]
        if above == len(rates):
            return usable[-1]
        share = (c_rate - rates[above - 1]) / (rates[above] - rates[above - 1])
        return usable[above - 1] + share * (usable[above] - usable[above - 1])

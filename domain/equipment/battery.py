"""The energy storage device of one UPS unit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ridethrough.domain.equipment.curves import check_falls, check_fractions, check_rises, interpolate, segments
from ridethrough.domain.equipment.rate_table import rate_table
from ridethrough.domain.validation import Checks
from ridethrough.domain.wear.wear_model import WearModel

_STEEPEST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peukert:
    """Lead-acid capacity at a discharge rate: `t = H * (C / (I * H)) ** k`, with capacity C rated over H hours."""

    rated_h: float
    exponent: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("rated_h", self.rated_h)
        checks.require(1 <= self.exponent <= _STEEPEST, "exponent", self.exponent, f"from 1 to {_STEEPEST:g}")
        checks.raise_faults()

    def usable_fraction(self, c_rate: float) -> float:
        """The fraction of rated capacity that a discharge at `c_rate` (1/h) draws until the battery is empty.

        >>> round(Peukert(rated_h=20, exponent=1.2).usable_fraction(4.81370), 5)
        0.40114
        """
        return min(1.0, (c_rate * self.rated_h) ** (1 - self.exponent)) if c_rate > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The battery of one unit; powers are in kW at its DC terminals, fractions are of `capacity_kwh`.

    `usable_fraction_by_c_rate` is the maker's table of the fraction of energy that can be drawn at a discharge rate
    (1/h), read as `rate_table` says. The maker promises nothing beyond its highest rate (`max_c_rate`), so no reserve
    may rely on such a rate. Without a table all energy is usable at any rate. `usable_fraction_includes_loss` says that
    the table already contains the discharge loss; the reserve then does not count it twice. For lead-acid, `peukert`
    may replace the table.

    `charge_taper_by_fraction` is the fraction of the charge limit that is left as the battery fills, by fraction of
    capacity. `power_by_fraction` is the fraction of the discharge limit that is left as it empties.
    `charge_limit_on_generator_kw` holds while generators carry the site.

    `temperature_factor` is the fraction of the energy that is available at low temperature. With the maker's tables by
    temperature, this fraction and the fraction of the discharge limit follow from `temperature_c`.
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
    peukert: Peukert | None = None
    charge_taper_by_fraction: Mapping[float, float] = field(default_factory=dict)
    power_by_fraction: Mapping[float, float] = field(default_factory=dict)
    charge_limit_on_generator_kw: float | None = None
    temperature_c: float | None = None
    usable_fraction_by_temperature_c: Mapping[float, float] = field(default_factory=dict)
    power_fraction_by_temperature_c: Mapping[float, float] = field(default_factory=dict)
    wear: WearModel | None = None

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
        twice = self.wear_cost_per_kwh > 0 and self.wear is not None and bool(self.segment_costs)
        checks.require(not twice, "wear_cost_per_kwh", self.wear_cost_per_kwh, "left out where wear prices cycles")
        self._check_usable_fractions(checks)
        self._check_temperature(checks)
        self._check_charge_taper(checks)
        check_fractions(checks, "power_by_fraction", self.power_by_fraction)
        check_rises(checks, "power_by_fraction", self.power_by_fraction, "at the lower fraction")
        if self.charge_limit_on_generator_kw is not None:
            checks.not_negative("charge_limit_on_generator_kw", self.charge_limit_on_generator_kw)
        checks.raise_faults()
        object.__setattr__(self, "usable_fraction_by_c_rate", dict(sorted(self.usable_fraction_by_c_rate.items())))

    def _check_usable_fractions(self, checks: Checks) -> None:
        name = "usable_fraction_by_c_rate"
        for rate, usable in sorted(self.usable_fraction_by_c_rate.items()):
            checks.positive(f"{name}.{rate:g}", rate)
            checks.efficiency(f"{name}.{rate:g}", usable)
        both = self.peukert is not None and bool(self.usable_fraction_by_c_rate)
        checks.require(not both, "peukert", self.peukert, "left out where usable_fraction_by_c_rate is given")

    def _check_temperature(self, checks: Checks) -> None:
        for name in ("usable_fraction_by_temperature_c", "power_fraction_by_temperature_c"):
            table = getattr(self, name)
            for degrees, left in sorted(table.items()):
                checks.efficiency(f"{name}.{degrees:g}", left)
            known = self.temperature_c is not None and bool(table) and min(table) <= self.temperature_c <= max(table)
            allowed = f"from {min(table):g} to {max(table):g}, the range of {name}" if table else ""
            checks.require(known or not table, "temperature_c", self.temperature_c, allowed)
        twice = bool(self.usable_fraction_by_temperature_c) and self.temperature_factor != 1
        allowed = "left out where usable_fraction_by_temperature_c is given"
        checks.require(not twice, "temperature_factor", self.temperature_factor, allowed)

    def _check_charge_taper(self, checks: Checks) -> None:
        name = "charge_taper_by_fraction"
        check_fractions(checks, name, self.charge_taper_by_fraction)
        if self.charge_taper_by_fraction:
            points = sorted(self.charge_taper_by_fraction)
            whole = len(points) > 1 and points[-1] == 1 and self.charge_taper_by_fraction[points[0]] == 1
            checks.require(
                whole,
                name,
                dict(self.charge_taper_by_fraction),
                "a table whose first value is the whole limit (1) and whose last point is a full battery (1)",
            )
        check_falls(checks, name, self.charge_taper_by_fraction, "at the lower fraction")
        for (_, before), (_, after) in pairwise(segments(self.charge_taper_by_fraction)):
            checks.require(
                after <= before,
                name,
                dict(self.charge_taper_by_fraction),
                "a curve that only gets steeper towards full",
            )

    @property
    def capacity_kwh(self) -> float:
        """Energy the battery holds today: nominal times state of health."""
        return self.nominal_kwh * self.state_of_health

    def kept_fraction(self, hours: float) -> float:
        """The fraction of stored energy that is left after standing by for so long.

        >>> limits = {"nominal_kwh": 200, "charge_limit_kw": 240, "discharge_limit_kw": 1300}
        >>> round(Battery(standby_loss_per_h=0.01, **limits).kept_fraction(2), 4)
        0.9801
        """
        return float((1 - self.standby_loss_per_h) ** hours)

    @property
    def segment_costs(self) -> tuple[float, ...]:
        """The cost of a kWh discharged from each segment of depth, the shallowest first; empty without one."""
        return self.wear.segment_costs(self.discharge_efficiency) if self.wear is not None else ()

    @property
    def max_c_rate(self) -> float:
        """The highest discharge rate (1/h) that the maker's table covers; infinite without a table."""
        return max(self.usable_fraction_by_c_rate, default=math.inf)

    def usable_fraction(self, c_rate: float) -> float:
        """The fraction of stored energy that can be drawn at `c_rate` (1/h of today's capacity).

        >>> table = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}
        >>> limits = {"charge_limit_kw": 240, "discharge_limit_kw": 1300}
        >>> cell = Battery(nominal_kwh=200, usable_fraction_by_c_rate=table, **limits)
        >>> round(cell.usable_fraction(7), 6)
        0.84
        """
        if self.peukert is not None:
            return self.peukert.usable_fraction(c_rate)
        if not self.usable_fraction_by_c_rate:
            return 1.0
        return rate_table(self.usable_fraction_by_c_rate).usable_fraction(c_rate)

    @property
    def energy_at_temperature(self) -> float:
        """The fraction of the energy that is available at the battery's temperature."""
        return self._at_temperature(self.usable_fraction_by_temperature_c, otherwise=self.temperature_factor)

    @property
    def power_at_temperature(self) -> float:
        """The fraction of the discharge limit that is available at the battery's temperature."""
        return self._at_temperature(self.power_fraction_by_temperature_c, otherwise=1.0)

    def _at_temperature(self, table: Mapping[float, float], *, otherwise: float) -> float:
        return otherwise if self.temperature_c is None or not table else interpolate(table, self.temperature_c)

    def discharge_limit_at_kw(self, fraction: float) -> float:
        """The discharge limit (kW) at a fraction of capacity."""
        limit_kw = self.discharge_limit_kw * self.power_at_temperature
        return limit_kw * (interpolate(self.power_by_fraction, fraction) if self.power_by_fraction else 1.0)

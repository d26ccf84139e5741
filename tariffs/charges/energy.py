"""The price of a kilowatt-hour."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MONTHS, ByMonth, TariffPart
from ridethrough.tariffs.charges.market import MarketPrice

TierUnit = Literal["kWh", "kWh daily", "kWh/kW", "kWh/kW daily"]
TierCount = Literal["all", "period"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTier(TariffPart):
    """Energy of a billing period up to a cumulative limit (`None`: the rest), in currency per kWh.

    `unit` is the unit of the limit: kWh, kWh per day of the period, or one of these per kW of billed demand. `count`
    says which energy counts: all energy of the billing period, or only that of the tier's own `EnergyPeriod`. The price
    is `rate_per_kwh + adjustment_per_kwh`. Exported energy earns `sell_per_kwh`.
    """

    rate_per_kwh: float = 0.0
    adjustment_per_kwh: float = 0.0
    sell_per_kwh: float = 0.0
    up_to: float | None = None
    unit: TierUnit = "kWh"
    count: TierCount = "all"

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("rate_per_kwh", "adjustment_per_kwh", "sell_per_kwh"):
            value = getattr(self, name)
            checks.require(math.isfinite(value), name, value, "a finite number")
        if self.up_to is not None:
            checks.positive("up_to", self.up_to)
        checks.raise_faults()

    @property
    def price_per_kwh(self) -> float:
        """The sum of rate and adjustment."""
        return self.rate_per_kwh + self.adjustment_per_kwh

    @property
    def per_kw(self) -> bool:
        """Whether the limit grows with billed demand."""
        return self.unit.startswith("kWh/kW")

    def limit(self, days: int) -> float:
        """The limit in kWh, or in kWh per kW of billed demand, for a billing period of `days` days."""
        if self.up_to is None:
            return math.inf
        return self.up_to * days if self.unit.endswith("daily") else self.up_to


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyStep:
    """One tier with its limit resolved: it ends at `min(kwh + kwh_per_kw * D, cap_kwh_per_kw * D)`, D kW billed."""

    tier: EnergyTier
    number: int
    kwh: float
    kwh_per_kw: float
    cap_kwh_per_kw: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPeriod(TariffPart):
    """The prices of one period of the energy schedule, as tiers of the whole billing period's energy."""

    name: str
    tiers: tuple[EnergyTier, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.tiers), "tiers", self.tiers, "at least one tier")
        if self.tiers:
            last = self.tiers[-1].up_to
            checks.require(last is None, f"tiers.{len(self.tiers) - 1}.up_to", last, "nothing (the rest)")
        counts = {tier.count for tier in self.tiers if tier.up_to is not None}
        checks.require(len(counts) < 2, "tiers", sorted(counts), "limits that count alike")  # noqa: PLR2004 - one way
        runs = self._runs()
        for number, run in enumerate(runs):
            self._check_run(checks, run, between=0 < number < len(runs) - 1, last=number == len(runs) - 1)
        checks.raise_faults()

    def _runs(self) -> list[list[int]]:
        """Runs of successive tiers with the same kind of unit: kWh, or kWh per kW."""
        runs: list[list[int]] = []
        for number, tier in enumerate(self.tiers):
            if runs and self.tiers[runs[-1][-1]].per_kw == tier.per_kw:
                runs[-1].append(number)
            else:
                runs.append([number])
        return runs

    def _check_run(self, checks: Checks, run: list[int], *, between: bool, last: bool) -> None:
        """Note a fault unless limits rise within a run, and no tier without a limit precedes other tiers."""
        per_kw = self.tiers[run[0]].per_kw
        splits = between and not per_kw
        limits = [self.tiers[number].up_to for number in run]
        known = [limit for limit in limits if limit is not None]
        rising = all(low < high for low, high in pairwise(known))
        checks.require(rising, f"tiers.{run[0]}", known, "cumulative limits that rise")
        checks.require(None not in limits[:-1], f"tiers.{run[0]}", limits, "limits in every tier but the last")
        units = {self.tiers[number].unit for number in run if self.tiers[number].up_to is not None}
        checks.require(len(units) < 2, f"tiers.{run[0]}", sorted(units), "limits in one unit")  # noqa: PLR2004 - one
        unit = self.tiers[run[0]].unit
        if splits:
            opens = self.tiers[0].per_kw
            checks.require(opens, f"tiers.{run[0]}", unit, "in kWh/kW: tiers that begin with kWh cannot be split later")
            checks.require(limits[-1] is None, f"tiers.{run[-1]}.up_to", limits[-1], "nothing (the rest of its band)")
        elif not last:
            checks.require(limits[-1] is not None, f"tiers.{run[-1]}.up_to", None, "a limit, as more tiers follow")
        elif not per_kw and self.tiers[0].per_kw:
            checks.require(len(run) == 1, f"tiers.{run[0]}", limits, "one tier for what is above all limits in kWh/kW")

    @property
    def counts_its_own(self) -> bool:
        """Whether the limits count only the energy of this period."""
        return any(tier.count == "period" for tier in self.tiers if tier.up_to is not None)

    @property
    def is_tiered(self) -> bool:
        """Whether the price depends on the energy used."""
        return len({tier.price_per_kwh for tier in self.tiers}) > 1

    @property
    def needs_demand(self) -> bool:
        """Whether a limit counts kWh per kW."""
        return any(tier.per_kw for tier in self.tiers)

    def steps(self, days: int) -> tuple[EnergyStep, ...]:
        """Resolve the tiers for a billing period of `days` days, in order.

        A run of kWh tiers between two kWh/kW tiers splits the band of the first one and replaces its price: "the first
        200 kWh per kW: the first 3,000 kWh at a, the next 7,000 at b" (Georgia Power's blocks). ssc reads it in the
        same way (SAM, `lib_utility_rate_equations.cpp`).
        """
        steps: list[EnergyStep] = []
        band_start, band_end, cap = 0.0, 0.0, math.inf  # of the kWh/kW band, in kWh per kW; a cap while it is split
        for number, tier in enumerate(self.tiers):
            limit = tier.limit(days)
            if tier.per_kw:
                band_start, band_end = band_end, limit
                cap = limit if self._is_split(number) else math.inf
                if math.isinf(cap):
                    steps.append(EnergyStep(tier=tier, number=number, kwh=0.0, kwh_per_kw=limit))
            else:
                start = band_start if math.isfinite(cap) else 0.0
                steps.append(EnergyStep(tier=tier, number=number, kwh=limit, kwh_per_kw=start, cap_kwh_per_kw=cap))
        return tuple(steps)

    def _is_split(self, number: int) -> bool:
        """Whether kWh tiers split the band that ends at this tier: kWh tiers follow it, and then a limit per kW."""
        after = self.tiers[number + 1 :]
        opens = self.tiers[0].per_kw
        return opens and bool(after) and not after[0].per_kw and any(tier.per_kw for tier in after)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCharge(TariffPart):
    """The energy side of a tariff: prices by period of `schedule`, monthly adjustments, and a market price.

    `demand` names the demand charge whose billed kW (ratchet and minimum included) scales limits in kWh/kW. Without a
    schedule there is one period and it always holds.
    """

    periods: tuple[EnergyPeriod, ...]
    schedule: str = ""
    demand: str = ""
    fuel_adjustment_per_kwh: ByMonth = ()
    market: MarketPrice | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        names = [period.name for period in self.periods]
        checks.require(bool(names), "periods", names, "at least one period")
        checks.require(len(set(names)) == len(names), "periods", names, "different names")
        months = len(self.fuel_adjustment_per_kwh)
        checks.require(
            months in (0, len(MONTHS)), "fuel_adjustment_per_kwh", f"{months} values", "12, one for each month"
        )
        needs = any(period.needs_demand for period in self.periods)
        checks.require(bool(self.demand) or not needs, "demand", self.demand, "the charge that scales limits in kWh/kW")
        checks.raise_faults()

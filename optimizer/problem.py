"""What is asked of the optimizer: a site, a horizon, its loads and charges, and the state it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain import Horizon, ReserveRequirement, Site, SiteState, UpsSystem, reserve_requirement
from domain.validation import Checks
from tariffs.horizon_charges import HorizonCharges


@dataclass(frozen=True, kw_only=True)
class DispatchProblem:
    """One plan to make.

    `load_kw` holds a mean load (kW AC) per UPS system and interval, `unprotected_load_kw` everything else behind the
    meter (negative where generation exceeds it). The first `plan_intervals` are the plan, the rest is look-ahead.
    `reserve_profile_kwh` replaces the computed reserve of a system by one value per boundary (intervals + 1).
    """

    site: Site
    horizon: Horizon
    charges: HorizonCharges
    load_kw: Mapping[str, tuple[float, ...]]
    unprotected_load_kw: tuple[float, ...]
    state: SiteState = field(default_factory=SiteState)
    plan_intervals: int | None = None
    reserve_profile_kwh: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks = Checks()
        intervals = self.horizon.intervals
        checks.require(self.charges.horizon == self.horizon, "charges", self.charges.horizon, "on the plan's horizon")
        checks.require(
            len(self.unprotected_load_kw) == intervals,
            "unprotected_load_kw",
            f"{len(self.unprotected_load_kw)} values",
            f"{intervals}, one an interval",
        )
        for ups in self.site.ups:
            given = len(self.load_kw.get(ups.id, ()))
            checks.require(given == intervals, f"load_kw.{ups.id}", f"{given} values", f"{intervals}, one an interval")
            profile = self.reserve_profile_kwh.get(ups.id)
            if profile is not None:
                checks.require(
                    len(profile) == intervals + 1,
                    f"reserve_profile_kwh.{ups.id}",
                    f"{len(profile)} values",
                    f"{intervals + 1}, one a boundary",
                )
        if self.plan_intervals is not None:
            checks.require(
                1 <= self.plan_intervals <= intervals, "plan_intervals", self.plan_intervals, f"from 1 to {intervals}"
            )
        checks.raise_faults()
        self.state.check_against(self.site)

    @property
    def planned(self) -> int:
        """How many intervals belong to the plan itself."""
        return self.plan_intervals or self.horizon.intervals

    @cached_property
    def requirements(self) -> tuple[ReserveRequirement, ...]:
        """The reserve of each system for the largest of its contract and forecast load over the horizon."""
        return tuple(self._requirement(ups) for ups in self.site.ups)

    def _requirement(self, ups: UpsSystem) -> ReserveRequirement:
        protected_kw = max(ups.protected_load_kw, *self.load_kw[ups.id])
        others_kw = (
            max(self.unprotected_load_kw)
            + sum(_input_kw(each, max(self.load_kw[each.id])) for each in self.site.ups if each.id != ups.id)
            + _input_kw(ups, protected_kw)
        )
        headroom_kw = max(0.0, self.site.interconnection.import_limit_kw - others_kw)
        return reserve_requirement(ups, protected_load_kw=protected_kw, meter_headroom_kw=headroom_kw)

    def reserve_kwh(self, ups: UpsSystem) -> tuple[float, ...]:
        """The floor under stored energy of one system, at each boundary."""
        given = self.reserve_profile_kwh.get(ups.id)
        if given is not None:
            return given
        required = next(each for each in self.requirements if each.ups_id == ups.id)
        return (required.reserve_kwh,) * (self.horizon.intervals + 1)

    def stored_at_start_kwh(self, ups: UpsSystem) -> float:
        """Stored energy of one system when the horizon starts."""
        return self.state.stored_in(self.site, ups.id)


def _input_kw(ups: UpsSystem, load_kw: float) -> float:
    """The AC input a UPS draws to carry `load_kw` with its battery at rest."""
    return ups.dc_load_kw(load_kw) / ups.rectifier_efficiency

"""The question to the optimizer: a site, a horizon, its loads and charges, and the state at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState, UpsSystem
from ridethrough.domain.validation import Checks
from ridethrough.optimizer.problem.scenarios import Scenarios
from ridethrough.tariffs.horizon.charges import HorizonCharges

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DispatchProblem:
    """One plan to make.

    `load_kw` holds a mean load (kW AC) per UPS system and interval, `unprotected_load_kw` everything else behind the
    meter (negative where generation exceeds it). `load_after_kw` goes on where the loads of the systems are known after
    the horizon: the reserve at its end carries them. The first `plan_intervals` are the plan, the rest is look-ahead.
    `reserve_profile_kwh` replaces the computed reserve of a system by one value per boundary (intervals + 1). While a
    condition of the site or of its state holds, the reserve is raised and nothing is discharged.

    `uncertain` holds possible loads; `unprotected_load_kw` is then the expected one. `stored_value_per_kwh` (one value
    for each boundary) is the value of stored energy itself. With it, batteries may hold less energy at the end of the
    horizon than at its start.
    """

    site: Site
    horizon: Horizon
    charges: HorizonCharges
    load_kw: Mapping[str, tuple[float, ...]]
    unprotected_load_kw: tuple[float, ...]
    state: SiteState = field(default_factory=SiteState)
    plan_intervals: int | None = None
    reserve_profile_kwh: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    uncertain: Scenarios | None = None
    stored_value_per_kwh: tuple[float, ...] | None = None
    load_after_kw: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks = Checks()
        intervals = self.horizon.intervals
        checks.require(self.charges.horizon == self.horizon, "charges", self.charges.horizon, "on the plan's horizon")
        checks.require(
            len(self.unprotected_load_kw) == intervals,
            "unprotected_load_kw",
            f"{len(self.unprotected_load_kw)} values",
            f"{intervals}, one for each interval",
        )
        for ups in self.site.ups:
            given = len(self.load_kw.get(ups.id, ()))
            checks.require(
                given == intervals, f"load_kw.{ups.id}", f"{given} values", f"{intervals}, one for each interval"
            )
            profile = self.reserve_profile_kwh.get(ups.id)
            if profile is not None:
                checks.require(
                    len(profile) == intervals + 1,
                    f"reserve_profile_kwh.{ups.id}",
                    f"{len(profile)} values",
                    f"{intervals + 1}, one for each boundary",
                )
        if self.plan_intervals is not None:
            checks.require(
                1 <= self.plan_intervals <= intervals, "plan_intervals", self.plan_intervals, f"from 1 to {intervals}"
            )
        if self.uncertain is not None:
            given = self.uncertain.unprotected_load_kw.shape[1]
            checks.require(given == intervals, "uncertain", f"{given} intervals", f"{intervals}")
        if self.stored_value_per_kwh is not None:
            given = len(self.stored_value_per_kwh)
            checks.require(
                given == intervals + 1,
                "stored_value_per_kwh",
                f"{given} values",
                f"{intervals + 1}, one for each boundary",
            )
        checks.raise_faults()
        self.state.check_against(self.site)

    @cached_property
    def scenarios(self) -> Scenarios:
        """The possible loads; a single one if loads are known."""
        return self.uncertain or Scenarios.certain(self.unprotected_load_kw)

    @property
    def returns(self) -> bool:
        """Whether batteries must hold at least as much energy at the end of the horizon as at its start."""
        return self.stored_value_per_kwh is None

    @property
    def stored_value(self) -> FloatArray:
        """The value of stored energy at each boundary; 0 if energy must only return to its start."""
        given = self.stored_value_per_kwh
        return np.zeros(self.horizon.intervals + 1) if given is None else np.array(given)

    @property
    def planned(self) -> int:
        """The number of intervals of the plan, without look-ahead."""
        return self.plan_intervals or self.horizon.intervals

    def stored_at_start_kwh(self, ups: UpsSystem) -> float:
        """Stored energy of one system when the horizon starts."""
        return self.state.stored_in(self.site, ups.id)

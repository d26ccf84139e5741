"""What is asked of the optimizer: a site, a horizon, its loads and charges, and the state it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, ReserveRequirement, Site, SiteState, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import ConditionsOnHorizon, conditions_on
from ridethrough.domain.plan import PlanCost, UpsTrajectory
from ridethrough.domain.validation import Checks
from ridethrough.optimizer.pricing.price import ChargesCost, price
from ridethrough.optimizer.problem.floors import Floors, floors_of, reserve_comes_first
from ridethrough.optimizer.problem.meter import cost_of, grid_kw
from ridethrough.optimizer.problem.power_bounds import PowerBounds, power_bounds_of
from ridethrough.optimizer.problem.recovery import hold
from ridethrough.optimizer.problem.scenarios import Scenarios
from ridethrough.tariffs.horizon.charges import HorizonCharges

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DispatchProblem:
    """One plan to make.

    `load_kw` holds a mean load (kW AC) per UPS system and interval, `unprotected_load_kw` everything else behind the
    meter (negative where generation exceeds it). The first `plan_intervals` are the plan, the rest is look-ahead.
    `reserve_profile_kwh` replaces the computed reserve of a system by one value per boundary (intervals + 1). While a
    condition of the site or of its state holds, the reserve is raised and nothing is discharged.

    `uncertain` holds loads that may come in place of `unprotected_load_kw`, which then is the expected one.
    `stored_value_per_kwh` (one value a boundary) says what stored energy is worth by itself; with it, the batteries
    need not hold at the end of the horizon what they held at its start.
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
        if self.uncertain is not None:
            given = self.uncertain.unprotected_load_kw.shape[1]
            checks.require(given == intervals, "uncertain", f"{given} intervals", f"{intervals}")
        if self.stored_value_per_kwh is not None:
            given = len(self.stored_value_per_kwh)
            checks.require(
                given == intervals + 1, "stored_value_per_kwh", f"{given} values", f"{intervals + 1}, one a boundary"
            )
        checks.raise_faults()
        self.state.check_against(self.site)

    @cached_property
    def scenarios(self) -> Scenarios:
        """The loads that may come; one, where they are known."""
        return self.uncertain or Scenarios.certain(self.unprotected_load_kw)

    @property
    def returns(self) -> bool:
        """Whether the batteries must hold at the end of the horizon what they held at its start."""
        return self.stored_value_per_kwh is None

    @property
    def stored_value(self) -> FloatArray:
        """What stored energy is worth at each boundary; nothing where it is only to return."""
        given = self.stored_value_per_kwh
        return np.zeros(self.horizon.intervals + 1) if given is None else np.array(given)

    @property
    def planned(self) -> int:
        """How many intervals belong to the plan itself."""
        return self.plan_intervals or self.horizon.intervals

    @cached_property
    def requirements(self) -> tuple[ReserveRequirement, ...]:
        """The reserve of each system for the largest of its contract and forecast load over the horizon."""
        return tuple(self._requirement(ups) for ups in self.site.ups)

    def requirement_of(self, ups: UpsSystem) -> ReserveRequirement:
        """The reserve of one system, see `requirements`."""
        return self._requirement_by_id[ups.id]

    @cached_property
    def _requirement_by_id(self) -> dict[str, ReserveRequirement]:
        return {each.ups_id: each for each in self.requirements}

    @cached_property
    def _highest_input_kw(self) -> float:
        """What everything draws where every load is at its highest."""
        systems_kw = sum(_input_kw(ups, max(self.load_kw[ups.id])) for ups in self.site.ups)
        return max(self.unprotected_load_kw) + systems_kw

    def _requirement(self, ups: UpsSystem) -> ReserveRequirement:
        highest_kw = max(self.load_kw[ups.id])
        protected_kw = max(ups.protected_load_kw, highest_kw)
        others_kw = self._highest_input_kw - _input_kw(ups, highest_kw) + _input_kw(ups, protected_kw)
        headroom_kw = max(0.0, self.site.interconnection.import_limit_kw - others_kw)
        return reserve_requirement(ups, protected_load_kw=protected_kw, meter_headroom_kw=headroom_kw)

    def dc_load_kw(self, ups: UpsSystem) -> tuple[float, ...]:
        """What the inverters of one system draw from its DC bus, per interval."""
        return self._dc_load_kw[ups.id]

    @cached_property
    def _dc_load_kw(self) -> dict[str, tuple[float, ...]]:
        return {ups.id: tuple(ups.dc_load_kw(load) for load in self.load_kw[ups.id]) for ups in self.site.ups}

    def power_bounds(self, ups: UpsSystem) -> PowerBounds:
        """How far the batteries of one system may go in each interval, see `formulation.rectifier`."""
        return self._power_bounds[ups.id]

    @cached_property
    def _power_bounds(self) -> dict[str, PowerBounds]:
        may_export_kw = self.site.interconnection.export_limit_kw * (self.charges.energy_per_kwh >= 0)
        return {
            ups.id: power_bounds_of(
                ups,
                self.dc_load_kw(ups),
                may_export_kw.tolist() if ups.bidirectional else None,
                locked=tuple(map(bool, self.conditions_of(ups).intervals)),
                reserve_first=reserve_comes_first(self, ups) if ups.swing_headroom_kw > 0 else None,
                emptiest_fraction=self._emptiest_fraction(ups),
            )
            for ups in self.site.ups
        }

    def _emptiest_fraction(self, ups: UpsSystem) -> float:
        """How far the reserve lets the batteries of one system empty, as a fraction of capacity."""
        floors_kwh = self.reserve_profile_kwh.get(ups.id) or (self.requirement_of(ups).reserve_kwh,)
        return min(1.0, min(floors_kwh) / ups.capacity_kwh)

    @cached_property
    def resting_kw(self) -> tuple[float, ...]:
        """The meter with every load carried and every battery at rest, per interval."""
        total_kw = np.array(self.unprotected_load_kw)
        for ups in self.site.ups:
            total_kw = total_kw + np.array(self.dc_load_kw(ups)) / ups.rectifier_efficiency
        return tuple(total_kw.tolist())

    @cached_property
    def holding(self) -> tuple[UpsTrajectory, ...]:
        """What every system does where nothing is traded: keep its battery as it is."""
        return hold(self)

    @cached_property
    def holding_kw(self) -> FloatArray:
        """The meter per interval where nothing is traded."""
        return grid_kw(self, self.holding)

    @cached_property
    def reserve_first(self) -> tuple[bool, ...]:
        """Whether any system still charges for its reserve before all else, per interval."""
        each = [reserve_comes_first(self, ups) for ups in self.site.ups]
        return tuple(any(first) for first in zip(*each, strict=True))

    @cached_property
    def most_grid_kw(self) -> float:
        """The highest import that can be: every load and every charger at once, within the import limit."""
        return min(self.site.interconnection.import_limit_kw, float(self._most_per_interval_kw.max()))

    @cached_property
    def _most_per_interval_kw(self) -> FloatArray:
        total_kw = np.array(self.resting_kw) + self._beyond_expected_kw.max(axis=0)
        for ups in self.site.ups:
            total_kw += np.array(self.power_bounds(ups).charge_ceiling_kw) / ups.rectifier_efficiency
        return total_kw

    @cached_property
    def already_billed(self) -> ChargesCost:
        """What is billed whatever the horizon brings: the peaks and the energy so far."""
        return price(self.charges, np.zeros(self.horizon.intervals), 0)

    @cached_property
    def holding_cost(self) -> PlanCost:
        """What the whole horizon costs where nothing is traded."""
        return cost_of(self, self.holding, self.holding_kw, self.horizon.intervals)

    @property
    def _beyond_expected_kw(self) -> FloatArray:
        """By how much each scenario differs from the expected load (scenarios x intervals)."""
        return self.scenarios.unprotected_load_kw - np.array(self.unprotected_load_kw)

    @cached_property
    def could_break_meter_limits(self) -> bool:
        """Whether batteries could take the meter beyond a limit of the interconnection; if not, no law need hold it."""
        limits = self.site.interconnection
        least_kw = np.array(self.resting_kw) + self._beyond_expected_kw.min(axis=0)
        for ups in self.site.ups:
            bounds = self.power_bounds(ups)
            least_kw -= np.array(bounds.discharge_ceiling_kw) / ups.rectifier_efficiency
            least_kw -= np.array(bounds.feed_back_ceiling_kw)
        most_kw = float(self._most_per_interval_kw.max())
        return most_kw > limits.import_limit_kw or float(least_kw.min()) < -limits.export_limit_kw

    @cached_property
    def most_billed_kw(self) -> float:
        """The highest demand that any charge can bill."""
        past = [max(term.floor_kw, term.peak_so_far_kw) for term in self.charges.demand]
        expected = [term.peak_so_far_kw for term in self.charges.coincident]
        return max(self.most_grid_kw, *past, *expected) if past or expected else self.most_grid_kw

    def reserve_kwh(self, ups: UpsSystem) -> tuple[float, ...]:
        """The floor under stored energy of one system, at each boundary; see `floors`."""
        return self._floors.floor_kwh[ups.id]

    @property
    def condition_warnings(self) -> tuple[str, ...]:
        """What conditions ask for that cannot be there in time."""
        return self._floors.warnings

    @cached_property
    def _floors(self) -> Floors:
        return floors_of(self)

    def conditions_of(self, ups: UpsSystem) -> ConditionsOnHorizon:
        """The conditions of one system, per interval and boundary."""
        return self._conditions[ups.id]

    @cached_property
    def _conditions(self) -> dict[str, ConditionsOnHorizon]:
        conditions = (*self.site.conditions, *self.state.conditions)
        return {
            ups.id: conditions_on(self.horizon, conditions, ups_id=ups.id, timezone=self.site.timezone)
            for ups in self.site.ups
        }

    def stored_at_start_kwh(self, ups: UpsSystem) -> float:
        """Stored energy of one system when the horizon starts."""
        return self.state.stored_in(self.site, ups.id)


def _input_kw(ups: UpsSystem, load_kw: float) -> float:
    """The AC input a UPS draws to carry `load_kw` with its battery at rest."""
    return ups.dc_load_kw(load_kw) / ups.rectifier_efficiency

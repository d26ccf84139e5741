"""The policy of the search as responses for the control law: the meter power at each load of an hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.operation.ceilings.search import Ceilings
from ridethrough.operation.ceilings.simulate import Simulation

FloatArray = NDArray[np.float64]

_MINUTES_PER_HOUR = 60
_SURE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingResponse:
    """The meter power at a net load: never above the ceiling, lower if energy is given, higher if it is taken.

    Taking raises the meter to `fill_kw` at most; without it, to the ceiling.
    """

    ceiling_kw: float
    given_kw: float
    taken_kw: float
    fill_kw: float | None = None

    def wanted_kw(self, net_load_kw: float) -> float:
        """The planned meter power.

        >>> CeilingResponse(ceiling_kw=1000.0, given_kw=0.0, taken_kw=200.0).wanted_kw(900.0)
        1000.0
        """
        if self.given_kw > 0:
            return min(self.ceiling_kw, max(0.0, net_load_kw - self.given_kw))
        fill_kw = self.ceiling_kw if self.fill_kw is None else self.fill_kw
        return min(self.ceiling_kw, max(net_load_kw, min(fill_kw, net_load_kw + self.taken_kw)))


@dataclass(frozen=True, slots=True, kw_only=True)
class HourPolicy:
    """What the policy needs to answer for one hour from `start` on, whenever it is asked.

    Energies are kWh above the reserve, of all batteries of the site as one store (`MeterStore`). An hour that `gives`
    trades what is above `kept_kwh` and above `later_kwh`, which can be given later for the same price; one that `takes`
    fills the store, any other fills it up to `kept_kwh`. Filling raises the meter to `fill_kw` at most, or to the
    ceiling where a plan of a version before does not have it.
    """

    start: datetime
    ceiling_kw: float
    gives: bool
    takes: bool
    kept_kwh: float
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    stored_per_drawn: float
    stored_per_relieved: float
    later_kwh: float = 0.0
    fill_kw: float | None = None

    def response(self, stored_kwh: float, hours: float = 1.0) -> CeilingResponse:
        """The policy with `stored_kwh` above the reserve, for what is left of the hour."""
        given_kw = 0.0
        if self.gives:
            above_kwh = max(0.0, stored_kwh - self.kept_kwh - self.later_kwh)
            given_kw = min(self.discharge_kw, above_kwh / self.stored_per_relieved / hours)
        target_kwh = self.capacity_kwh if self.takes else min(self.capacity_kwh, self.kept_kwh)
        room_kwh = max(0.0, target_kwh - stored_kwh)
        return CeilingResponse(
            ceiling_kw=self.ceiling_kw,
            given_kw=given_kw,
            taken_kw=min(self.charge_kw, room_kwh / self.stored_per_drawn / hours),
            fill_kw=self.fill_kw,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterResponse:
    """The policy of an hour to come, with `left_h` of it left: what batteries hold is known when it is asked."""

    policy: HourPolicy
    left_h: float

    @property
    def ceiling_kw(self) -> float:
        """The level to hold the meter under, whatever is stored."""
        return self.policy.ceiling_kw

    def at(self, above_reserve_kwh: float) -> CeilingResponse:
        """The response with this energy above the reserve."""
        return self.policy.response(above_reserve_kwh, self.left_h)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CeilingPlan:
    """Ceilings, and the rest of the billing period for which they were searched."""

    simulation: Simulation
    ceilings: Ceilings

    def ceiling_kw(self, hour: int) -> float:
        """The level to hold the meter under in an hour of the rest: the lowest of the charges that meter it."""
        return self._lowest_kw(hour, self.ceilings.kw, self.simulation.peak_so_far_kw)

    def fill_kw(self, hour: int) -> float:
        """The level to fill the store under in an hour of the rest.

        Of later hours the peak so far is what 9 futures in 10 reach before, as far as the ceilings let it rise.
        """
        peak_kw, highest_kw = self.simulation.peak_so_far_kw, self.simulation.futures.highest_kw[:, :hour]
        if highest_kw.size:
            charges = self.simulation.rest.charges
            metered = np.array([charge.metered[:hour] for charge in charges], dtype=bool).reshape(len(charges), 1, hour)
            reached = np.quantile(np.where(metered, highest_kw, 0.0).max(axis=2), _SURE, axis=1)
            peak_kw = np.maximum(peak_kw, np.minimum(self.ceilings.kw, reached))
        return self._lowest_kw(hour, self.simulation.fill_kw(self.ceilings.candidates)[0], peak_kw)

    def _lowest_kw(self, hour: int, level_kw: FloatArray, peak_kw: FloatArray) -> float:
        """The lowest of the levels, or peaks where they are higher, of the charges that meter an hour."""
        held = zip(self.simulation.rest.charges, np.maximum(level_kw, peak_kw).tolist(), strict=True)
        levels_kw: list[float] = [kw for charge, kw in held if charge.metered[hour]]
        return min([self.simulation.store.import_limit_kw, *levels_kw])

    def hour(self, hour: int) -> HourPolicy:
        """The policy of an hour of the rest."""
        store, trading = self.simulation.store, self.simulation.trading
        return HourPolicy(
            start=self.simulation.rest.start + hour * timedelta(hours=1),
            ceiling_kw=self.ceiling_kw(hour),
            gives=bool(trading.gives[hour]),
            takes=bool(trading.takes[hour]),
            kept_kwh=self.ceilings.kept_kwh,
            capacity_kwh=store.capacity_kwh,
            charge_kw=store.charge_kw,
            discharge_kw=store.discharge_kw,
            stored_per_drawn=store.stored_per_drawn,
            stored_per_relieved=store.stored_per_relieved,
            later_kwh=float(trading.later_kwh[hour]),
            fill_kw=self.fill_kw(hour),
        )

    def hours(self, block: Horizon) -> Iterator[HourPolicy]:
        """The policy of every hour that a block within the rest touches."""
        first = (block.start - self.simulation.rest.start) // timedelta(hours=1)
        last = -((self.simulation.rest.start - block.end) // timedelta(hours=1))
        return (self.hour(hour) for hour in range(first, last))

    def response(self, hour: int, stored_kwh: float) -> CeilingResponse:
        """The policy in an hour that begins with `stored_kwh` above the reserve."""
        return self.hour(hour).response(stored_kwh)

    def responses(self, block: Horizon) -> tuple[CeilingResponse | LaterResponse, ...]:
        """One response an interval of a block within the rest.

        In its first hour what is stored is known; in later hours the policy is asked with what is stored then, as the
        control loop asks it.
        """
        first = (block.start - self.simulation.rest.start) // block.step
        per_hour = _MINUTES_PER_HOUR // block.interval_minutes
        now = self.response(0, self.simulation.store.stored_kwh)
        later = {hour: self.hour(hour) for hour in range(1, (first + block.intervals - 1) // per_hour + 1)}
        places = (divmod(first + index, per_hour) for index in range(block.intervals))
        return tuple(
            LaterResponse(policy=later[hour], left_h=1 - gone / per_hour) if hour else now for hour, gone in places
        )

"""The policy of the search as responses for the control law: the meter power at each load of an hour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.operation.ceilings.search import Ceilings
from ridethrough.operation.ceilings.simulate import Simulation

FloatArray = NDArray[np.float64]

_MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingResponse:
    """The meter power at a net load: never above the ceiling, lower if energy is given, higher if it is taken."""

    ceiling_kw: float
    given_kw: float
    taken_kw: float

    def wanted_kw(self, net_load_kw: float) -> float:
        """The planned meter power.

        >>> CeilingResponse(ceiling_kw=1000.0, given_kw=0.0, taken_kw=200.0).wanted_kw(900.0)
        1000.0
        """
        if self.given_kw > 0:
            return min(self.ceiling_kw, max(0.0, net_load_kw - self.given_kw))
        return min(self.ceiling_kw, net_load_kw + self.taken_kw)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CeilingPlan:
    """Ceilings, and the rest of the billing period for which they were searched."""

    simulation: Simulation
    ceilings: Ceilings

    def ceiling_kw(self, hour: int) -> float:
        """The level to hold the meter under in an hour of the rest: the lowest of the charges that meter it."""
        held = zip(
            self.simulation.rest.charges,
            self.ceilings.kw.tolist(),
            self.simulation.peak_so_far_kw.tolist(),
            strict=True,
        )
        levels_kw: list[float] = [max(kw, peak_kw) for charge, kw, peak_kw in held if charge.metered[hour]]
        return min([self.simulation.store.import_limit_kw, *levels_kw])

    def response(self, hour: int, stored_kwh: float) -> CeilingResponse:
        """The policy in an hour that begins with `stored_kwh` above the reserve."""
        store, trading, kept_kwh = self.simulation.store, self.simulation.trading, self.ceilings.kept_kwh
        given_kw = 0.0
        if trading.gives[hour]:
            given_kw = min(store.discharge_kw, max(0.0, stored_kwh - kept_kwh) / store.stored_per_relieved)
        target_kwh = store.capacity_kwh if trading.takes[hour] else min(store.capacity_kwh, kept_kwh)
        return CeilingResponse(
            ceiling_kw=self.ceiling_kw(hour),
            given_kw=given_kw,
            taken_kw=min(store.charge_kw, max(0.0, target_kwh - stored_kwh) / store.stored_per_drawn),
        )

    def responses(self, block: Horizon) -> tuple[CeilingResponse, ...]:
        """One response an interval of a block within the rest.

        What is stored is known for its first hour. In later hours the store is filled, and gives only for the ceilings.
        """
        first = (block.start - self.simulation.rest.start) // block.step
        per_hour = _MINUTES_PER_HOUR // block.interval_minutes
        of_hour = {0: self.response(0, self.simulation.store.stored_kwh)}
        for hour in range(1, (first + block.intervals - 1) // per_hour + 1):
            of_hour[hour] = CeilingResponse(
                ceiling_kw=self.ceiling_kw(hour), given_kw=0.0, taken_kw=self.simulation.store.charge_kw
            )
        return tuple(of_hour[(first + index) // per_hour] for index in range(block.intervals))

"""What batteries have been through so far: the throughput of the calendar year, and the cycles that are open."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState, UpsSystem
from ridethrough.domain.wear.segments import Filled, after_moves, filled_at
from ridethrough.domain.wear.warranty import year_of

FloatArray = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class WearSoFar:
    """Follows discharge (kW by system and interval) and stored energy (kWh at boundaries) of a horizon."""

    site: Site
    horizon: Horizon
    at: int = 0
    throughput_kwh: dict[str, float] = field(default_factory=dict)
    segments_filled: dict[str, Filled] = field(default_factory=dict)

    def known_in(self, state: SiteState, discharge_kw: FloatArray, stored_kwh: FloatArray, until: int) -> SiteState:
        """The state with what the intervals before `until` add to it; the same where no battery has a wear model."""
        worn = [(row, ups) for row, ups in enumerate(self.site.ups) if ups.battery.wear is not None]
        if not worn:
            return state
        for row, ups in worn:
            self._count(ups, discharge_kw[row], until)
            self._fill(ups, stored_kwh[row], until)
        self.at = until
        return replace(state, throughput_kwh=dict(self.throughput_kwh), segments_filled=dict(self.segments_filled))

    def _count(self, ups: UpsSystem, discharge_kw: FloatArray, until: int) -> None:
        begins, _ = year_of(self.horizon.start_of(until), self.horizon.timezone)
        first = max(0, -((self.horizon.start - begins) // self.horizon.step))
        before = self.throughput_kwh.get(ups.id, 0.0) if first <= self.at else 0.0
        new = discharge_kw[max(first, self.at) : until]
        self.throughput_kwh[ups.id] = before + float(new.sum()) * self.horizon.interval_h

    def _fill(self, ups: UpsSystem, stored_kwh: FloatArray, until: int) -> None:
        segments, width = len(ups.battery.segment_costs), ups.segment_kwh
        if not segments:
            return
        path = stored_kwh[self.at : until + 1].tolist()
        held = filled_at(
            path[0],
            full_kwh=ups.max_stored_kwh,
            width_kwh=width,
            segments=segments,
            carried=self.segments_filled.get(ups.id, ()),
        )
        self.segments_filled[ups.id] = after_moves(held, path, width)

"""The wear of a battery on a path of stored energy, in money: by throughput, by depth of cycles, and at rest.

It is written separately from the model's costs, which a test compares with it.
"""

from collections.abc import Sequence

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.domain.wear.segments import Filled, filled_at


def wear_cost(ups: UpsSystem, path: UpsTrajectory, interval_h: float, intervals: int, carried: Filled = ()) -> float:
    """The wear of one system over the first `intervals` intervals; `carried` is how full its segments were last."""
    discharged_kwh = [kw * interval_h for kw in path.discharge_kw[:intervals]]
    by_throughput = ups.battery.wear_cost_per_kwh * sum(discharged_kwh)
    stored_kwh = path.stored_kwh[: intervals + 1]
    by_cycles = _cost_of_cycles(ups, discharged_kwh, stored_kwh, carried)
    return by_throughput + by_cycles + _cost_of_rest(ups, stored_kwh, interval_h)


def _cost_of_cycles(
    ups: UpsSystem, discharged_kwh: Sequence[float], stored_kwh: Sequence[float], carried: Filled
) -> float:
    """Draw from the shallowest segment that holds energy, and charge into the shallowest that has room."""
    costs, width = ups.battery.segment_costs, ups.segment_kwh
    if not costs:
        return 0.0
    full = ups.max_stored_kwh
    shares = filled_at(stored_kwh[0], full_kwh=full, width_kwh=width, segments=len(costs), carried=carried)
    held = [share * width for share in shares]
    total = 0.0
    for t, given in enumerate(discharged_kwh):
        taken = given / ups.battery.discharge_efficiency
        charged = stored_kwh[t + 1] - stored_kwh[t] + taken
        for j, cost in enumerate(costs):
            part = min(held[j], taken)
            held[j] -= part
            taken -= part
            total += cost * part * ups.battery.discharge_efficiency
        for j in range(len(costs)) if charged > 0 else reversed(range(len(costs))):
            part = min(width - held[j], charged) if charged > 0 else -min(held[j], -charged)
            held[j] += part
            charged -= part
    return total


def _cost_of_rest(ups: UpsSystem, stored_kwh: Sequence[float], interval_h: float) -> float:
    """The mean of both ends of each interval."""
    lines = () if ups.battery.wear is None else ups.battery.wear.resting_lines_per_kwh_h
    if not lines:
        return 0.0
    ageing = [
        max(0.0, *(at_empty + slope * kwh / ups.capacity_kwh for at_empty, slope in lines)) * ups.nominal_kwh
        for kwh in stored_kwh
    ]
    return interval_h * (sum(ageing) - (ageing[0] + ageing[-1]) / 2)

"""An oracle for one battery: the optimum by dynamic programming over piecewise-linear values, without any solver.

The cost-to-go at a boundary is a convex piecewise-linear function of stored energy, kept as its breakpoints and slopes.
Going back one interval adds the interval's convex cost of changing stored energy: an infimal convolution, which for
convex piecewise-linear functions merges their segments in order of slope. A demand charge is one more dimension: the
best peak is found by a search over a convex function of the peak.

Scope: one system, prices at which charging and discharging at once never pays, no standby loss.
"""

from dataclasses import dataclass

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of

_TINY = 1e-15


@dataclass(frozen=True)
class Convex:
    """A convex piecewise-linear function on [left, left + sum of widths], with value `value` at the left end."""

    left: float
    value: float
    segments: tuple[tuple[float, float], ...]
    """(slope, width) in rising order of slope."""

    def plus(self, other: "Convex") -> "Convex":
        """Infimal convolution: the cheapest way to split an argument between the two."""
        merged = sorted((*self.segments, *other.segments))
        return Convex(self.left + other.left, self.value + other.value, tuple(merged))

    def within(self, low: float, high: float) -> "Convex | None":
        """The function restricted to [low, high]; None where nothing is left."""
        position, value = self.left, self.value
        kept: list[tuple[float, float]] = []
        if low < position - _TINY:
            low = position
        start_value: float | None = None if low > position + _TINY else value
        for slope, width in self.segments:
            end = position + width
            begin, stop = max(position, low), min(end, high)
            if start_value is None and low <= end + _TINY:
                start_value = value + slope * (min(max(low, position), end) - position)
            if stop > begin:
                kept.append((slope, stop - begin))
            value += slope * width
            position = end
        if start_value is None:
            if low > position + 1e-9:
                return None
            start_value = value
        if high < self.left - 1e-9:
            return None
        return Convex(low, start_value, tuple(kept))

    def at(self, x: float) -> float:
        """The value at `x`; infinite outside the domain."""
        if x < self.left - 1e-9:
            return np.inf
        position, value = self.left, self.value
        for slope, width in self.segments:
            if x <= position + width:
                return value + slope * (x - position)
            value += slope * width
            position += width
        return value if x <= position + 1e-9 else np.inf


def cheapest(problem: DispatchProblem, demand_rate: float = 0.0) -> float:
    """The least cost of a problem of one system with at most one demand charge over all intervals."""
    if not demand_rate:
        return _cost_under(problem, np.inf)
    already = max(problem.charges.demand[0].peak_so_far_kw, 0.0)
    high = max(already, problem.site.interconnection.import_limit_kw)
    return _minimum(lambda peak: _cost_under(problem, peak) + demand_rate * (peak - already), already, high)


def _minimum(cost: object, low: float, high: float) -> float:
    """The least value of a convex function that may be infinite below some argument (golden section, then polish)."""
    golden = (np.sqrt(5) - 1) / 2
    a, b = low, high
    best = min(cost(low), cost(high))  # type: ignore[operator]
    for _ in range(120):
        c, d = b - golden * (b - a), a + golden * (b - a)
        fc, fd = cost(c), cost(d)  # type: ignore[operator]
        best = min(best, fc, fd)
        if fc < fd:
            b = d
        else:
            a = c
    return float(best)


def _cost_under(problem: DispatchProblem, peak_kw: float) -> float:
    """The least cost of energy and wear while the meter stays under `peak_kw`."""
    ups = problem.site.ups[0]
    start = problem.stored_at_start_kwh(ups)
    laid = basis_of(problem).floors
    floors = laid.floor_kwh[ups.id]
    last = max(laid.return_kwh[ups.id], floors[-1])
    to_go: Convex | None = Convex(last, 0.0, ((0.0, ups.max_stored_kwh - last),))
    total = 0.0
    for t in reversed(range(problem.horizon.intervals)):
        step, fixed = _interval_cost(problem, ups, t, peak_kw)
        if step is None or to_go is None:
            return np.inf
        total += fixed
        floor = start if t == 0 else floors[t]
        to_go = to_go.plus(step).within(floor, ups.max_stored_kwh)
    return total + (to_go.at(start) if to_go else np.inf)


def _interval_cost(problem: DispatchProblem, ups: UpsSystem, t: int, peak_kw: float) -> tuple[Convex | None, float]:
    """Cost of using up x kWh of stored energy in interval t (negative: storing), and the cost of doing nothing."""
    h = problem.horizon.interval_h
    battery = ups.battery
    price = float(problem.charges.energy_per_kwh[t])
    load_dc = ups.dc_load_kw(problem.load_kw[ups.id][t])
    resting_kw = problem.unprotected_load_kw[t] + load_dc / ups.rectifier_efficiency
    limit_kw = min(problem.site.interconnection.import_limit_kw, peak_kw)
    headroom_dc = (limit_kw - resting_kw) * ups.rectifier_efficiency
    charge = min(ups.charge_limit_kw, max(0.0, ups.input_limit_kw * ups.rectifier_efficiency - load_dc), headroom_dc)
    discharge = min(ups.discharge_limit_kw, load_dc)
    needed = max(0.0, load_dc - ups.input_limit_kw * ups.rectifier_efficiency, -headroom_dc)
    if needed > discharge + 1e-9:
        return None, 0.0
    dc_price = price / ups.rectifier_efficiency
    earn = (battery.wear_cost_per_kwh - dc_price) * battery.discharge_efficiency
    pay = -dc_price / battery.charge_efficiency
    used_most = discharge * h / battery.discharge_efficiency
    used_least = needed * h / battery.discharge_efficiency
    stored_most = max(charge, 0.0) * h * battery.charge_efficiency
    segments = []
    if needed <= 0:
        segments.append((pay, stored_most))
        left, value = -stored_most, -pay * stored_most
    else:
        left, value = used_least, earn * used_least
    segments.append((earn, used_most - max(used_least, 0.0)))
    return Convex(left, value, tuple(sorted(segments))), price * resting_kw * h

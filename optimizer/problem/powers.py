"""What loads and equipment leave to the batteries in each interval, and what the meter shows when they rest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.power_bounds import PowerBounds, power_bounds_of
from ridethrough.optimizer.problem.reserves import Reserves

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """Powers per interval (kW).

    By UPS system, `dc_load_kw` is what the inverters draw from the DC bus, and `bounds` how far batteries may go.
    `resting_kw` is the meter with every load carried and every battery at rest. In `reserve_first` a system still
    charges for its reserve before all else.
    """

    dc_load_kw: Mapping[str, tuple[float, ...]]
    bounds: Mapping[str, PowerBounds]
    resting_kw: tuple[float, ...]
    reserve_first: tuple[bool, ...]


def powers_of(problem: DispatchProblem, reserves: Reserves) -> Powers:
    """Work out the powers of a problem."""
    site = problem.site
    dc_load_kw = {ups.id: tuple(ups.dc_load_kw(load) for load in problem.load_kw[ups.id]) for ups in site.ups}
    first = {ups.id: _reserve_comes_first(problem, ups, reserves.asked_kwh[ups.id]) for ups in site.ups}
    may_export_kw = site.interconnection.export_limit_kw * (problem.charges.energy_per_kwh >= 0)
    resting_kw = np.array(problem.unprotected_load_kw)
    for ups in site.ups:
        resting_kw = resting_kw + np.array(dc_load_kw[ups.id]) / ups.rectifier_efficiency
    return Powers(
        dc_load_kw=dc_load_kw,
        bounds={
            ups.id: power_bounds_of(
                ups,
                dc_load_kw[ups.id],
                may_export_kw.tolist() if ups.bidirectional else None,
                locked=tuple(map(bool, reserves.conditions[ups.id].intervals)),
                reserve_first=first[ups.id] if ups.swing_headroom_kw > 0 else None,
                emptiest_fraction=min(1.0, min(reserves.usual_kwh[ups.id]) / ups.capacity_kwh),
            )
            for ups in site.ups
        },
        resting_kw=tuple(resting_kw.tolist()),
        reserve_first=tuple(any(each) for each in zip(*first.values(), strict=True)),
    )


def _reserve_comes_first(problem: DispatchProblem, ups: UpsSystem, asked_kwh: tuple[float, ...]) -> tuple[bool, ...]:
    """Say for each interval whether more than what is stored at the start is still to be reserved.

    Until it is there, charging comes before what load swings and the ramp limit ask for. What only the look-ahead needs
    counts in the look-ahead.
    """
    start_kwh = problem.stored_at_start_kwh(ups) * (1 + _ROUNDING)
    lacking = [b for b, most in enumerate(asked_kwh) if most > start_kwh]
    in_plan = max((b for b in lacking if b <= problem.planned), default=-1)
    last = max(lacking, default=-1)
    return tuple(t < in_plan or problem.planned <= t < last for t in range(problem.horizon.intervals))

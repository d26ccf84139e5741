"""Merging identical systems: the same equipment, load, stored energy and floors, `n` times.

The laws of the model are homogeneous: the optimum of `n` identical systems is `n` times the optimum of one system
behind an n-th of the meter, and by convexity all may do the same. So a merged system has `n` times the units, failures,
loads and stored energy, and its trajectory is divided evenly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import ReserveCondition, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.plan_basis import PlanBasis, basis_of

FloatArray = NDArray[np.float64]

_MOST_UNITS = 10_000
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The basis of a problem with fewer systems, and the systems of the `original` that each of them represents."""

    basis: PlanBasis
    original: PlanBasis
    stands_for: Mapping[str, tuple[str, ...]]

    def split(self, trajectories: tuple[UpsTrajectory, ...]) -> tuple[UpsTrajectory, ...]:
        """The trajectories of the original systems, in the site's order."""
        shared = {
            ups_id: _share(self.original, ups_id, each, len(self.stands_for[each.ups_id]))
            for each in trajectories
            for ups_id in self.stands_for[each.ups_id]
        }
        return tuple(shared[ups.id] for ups in self.original.problem.site.ups)


def merge_identical(basis: PlanBasis) -> Merged:
    """Merge systems that are equal in everything that a plan depends on; if that is uncertain, they stay separate.

    A merged system has the id of the first system that it represents.
    """
    alike: dict[str, list[UpsSystem]] = {}
    for ups in basis.problem.site.ups:
        alike.setdefault(_identity(basis, ups), []).append(ups)
    groups = [part for systems in alike.values() for part in _within_units(systems)]
    if len(groups) == len(basis.problem.site.ups):
        return Merged(basis=basis, original=basis, stands_for={ups.id: (ups.id,) for ups in basis.problem.site.ups})
    merged = _merged(basis, groups)
    sound = [_is_sound(basis, merged.basis, group) for group in groups]
    if all(sound):
        return merged
    kept = [part for group, good in zip(groups, sound, strict=True) for part in ([group] if good else _apart(group))]
    return _merged(basis, kept)


def _identity(basis: PlanBasis, ups: UpsSystem) -> str:
    """Everything that a plan depends on; systems that may feed back share the site's limit, and stay separate."""
    if ups.bidirectional:
        return ups.id
    problem = basis.problem
    return repr(
        (
            replace(ups, id="-"),
            problem.load_kw[ups.id],
            problem.load_after_kw.get(ups.id),
            basis.floors.floor_kwh[ups.id],
            problem.stored_at_start_kwh(ups),
            problem.state.unit_stored_kwh.get(ups.id),
            problem.state.throughput_kwh.get(ups.id),
            problem.state.segments_filled.get(ups.id),
            problem.state.discharges_today.get(ups.id),
            basis.powers.bounds[ups.id],
            basis.floors.return_kwh[ups.id],
            basis.powers.need[ups.id],
        )
    )


def _within_units(systems: list[UpsSystem]) -> list[list[UpsSystem]]:
    most = max(1, _MOST_UNITS // systems[0].units)
    return [systems[first : first + most] for first in range(0, len(systems), most)]


def _apart(group: list[UpsSystem]) -> list[list[UpsSystem]]:
    return [[ups] for ups in group]


def _merged(basis: PlanBasis, groups: list[list[UpsSystem]]) -> Merged:
    first = {group[0].id: len(group) for group in groups}
    problem, state = basis.problem, basis.problem.state

    stands_in = {ups.id: group[0].id for group in groups for ups in group}

    def concerning(conditions: tuple[ReserveCondition, ...]) -> tuple[ReserveCondition, ...]:
        """The conditions of systems, each for the one that represents it: alike systems differ only in past ones."""
        return tuple(each if each.ups is None else replace(each, ups=stands_in[each.ups]) for each in conditions)

    def scaled(values: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        return {ups_id: _scaled(values[ups_id], n) for ups_id, n in first.items() if ups_id in values}

    merged = replace(
        problem,
        site=replace(
            problem.site,
            ups=tuple(_times(group[0], len(group)) for group in groups),
            conditions=concerning(problem.site.conditions),
        ),
        load_kw=scaled(problem.load_kw),
        load_after_kw=scaled(problem.load_after_kw),
        reserve_profile_kwh=_floors(basis, groups),
        state=replace(
            state,
            conditions=concerning(state.conditions),
            stored_kwh={i: state.stored_kwh[i] * n for i, n in first.items() if i in state.stored_kwh},
            throughput_kwh={i: state.throughput_kwh[i] * n for i, n in first.items() if i in state.throughput_kwh},
            discharges_today={i: state.discharges_today[i] for i in first if i in state.discharges_today},
            segments_filled={i: state.segments_filled[i] for i in first if i in state.segments_filled},
            unit_stored_kwh={i: state.unit_stored_kwh[i] * n for i, n in first.items() if i in state.unit_stored_kwh},
        ),
    )
    return Merged(
        basis=basis_of(merged),
        original=basis,
        stands_for={group[0].id: tuple(ups.id for ups in group) for group in groups},
    )


def _floors(basis: PlanBasis, groups: list[list[UpsSystem]]) -> dict[str, tuple[float, ...]]:
    """The floors times the number of systems; a system that stays alone keeps its own floors."""
    given = basis.problem.reserve_profile_kwh
    return {
        group[0].id: _scaled(basis.floors.floor_kwh[group[0].id], len(group)) if len(group) > 1 else given[group[0].id]
        for group in groups
        if len(group) > 1 or group[0].id in given
    }


def _scaled(values: tuple[float, ...], n: int) -> tuple[float, ...]:
    return tuple(value * n for value in values)


def _times(ups: UpsSystem, n: int) -> UpsSystem:
    """One system with everything multiplied by `n`."""
    if n == 1:
        return ups
    swing, capacitor = ups.swing, ups.capacitor
    return replace(
        ups,
        units=ups.units * n,
        tolerated_failures=ups.tolerated_failures * n,
        protected_load_kw=ups.protected_load_kw * n,
        unit_state_of_health=ups.unit_state_of_health * n,
        unit_modes=ups.unit_modes * n,
        swing=swing and replace(swing, amplitude_kw=swing.amplitude_kw * n),
        capacitor=capacitor
        and replace(capacitor, energy_kwh=capacitor.energy_kwh * n, power_kw=capacitor.power_kw * n),
    )


def _is_sound(basis: PlanBasis, merged: PlanBasis, group: list[UpsSystem]) -> bool:
    """Whether a merged system has `n` times the limits, floors and energy of one."""
    one = _limits(basis, group[0])
    whole = _limits(merged, merged.problem.site.ups_system(group[0].id))
    return bool(np.allclose(whole, len(group) * one, rtol=_ROUNDING, atol=0))


def _limits(basis: PlanBasis, ups: UpsSystem) -> FloatArray:
    bounds = basis.powers.bounds[ups.id]
    return np.concatenate(
        [
            bounds.charge_ceiling_kw,
            bounds.discharge_floor_kw,
            bounds.discharge_ceiling_kw,
            basis.powers.dc_load_kw[ups.id],
            basis.floors.floor_kwh[ups.id],
            basis.powers.need[ups.id].charge_kw,
            [basis.floors.return_kwh[ups.id]],
            [ups.max_stored_kwh, basis.problem.stored_at_start_kwh(ups), ups.charge_limit_kw, ups.capacity_kwh],
        ]
    )


def _share(basis: PlanBasis, ups_id: str, whole: UpsTrajectory, n: int) -> UpsTrajectory:
    return UpsTrajectory(
        ups_id=ups_id,
        load_kw=basis.problem.load_kw[ups_id],
        charge_kw=tuple(kw / n for kw in whole.charge_kw),
        discharge_kw=tuple(kw / n for kw in whole.discharge_kw),
        stored_kwh=tuple(kwh / n for kwh in whole.stored_kwh),
        reserve_kwh=basis.floors.reserve_kwh[ups_id],
    )

"""A dispatch problem as the arrays of the dynamic program."""

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.dynamic_program.peaks import Meter
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.tariffs.horizon.charges import DemandStep

FloatArray = NDArray[np.float64]


def battery_steps(basis: PlanBasis, ups: UpsSystem) -> BatterySteps:
    """Lay out the battery of one UPS system, at the energy prices of the meter."""
    battery, h = ups.battery, basis.problem.horizon.interval_h
    bounds = basis.powers.bounds[ups.id]
    stored_per_kw, taken_per_kw = h * battery.charge_efficiency, h / battery.discharge_efficiency
    must_kw = np.array(bounds.discharge_floor_kw)
    dc_price = basis.problem.charges.energy_per_kwh / ups.rectifier_efficiency
    start_kwh = basis.problem.stored_at_start_kwh(ups)
    floor_kwh = np.array(basis.floors.floor_kwh[ups.id])
    floor_kwh[0] = min(floor_kwh[0], start_kwh)
    floor_kwh[-1] = max(floor_kwh[-1], basis.floors.return_kwh[ups.id])
    return BatterySteps(
        charge_price=dc_price / battery.charge_efficiency,
        discharge_price=(dc_price - battery.wear_cost_per_kwh) * battery.discharge_efficiency,
        least_kwh=-np.array(bounds.discharge_ceiling_kw) * taken_per_kw,
        most_kwh=np.array(bounds.charge_ceiling_kw) * stored_per_kw - must_kw * taken_per_kw,
        floor_kwh=floor_kwh,
        top_kwh=ups.max_stored_kwh,
        kept=battery.kept_fraction(h),
        start_kwh=start_kwh,
        end_value=0.0,
    )


def meter_of_battery(basis: PlanBasis, ups: UpsSystem) -> Meter:
    """Lay out the meter of one UPS system, and every peak that is billed at it."""
    battery, h = ups.battery, basis.problem.horizon.interval_h
    terms = basis.problem.charges.demand
    resting_kw = np.array(basis.powers.resting_kw)
    highest_kw = resting_kw + np.array(basis.powers.bounds[ups.id].charge_ceiling_kw) / ups.rectifier_efficiency
    metered = np.zeros((len(terms), len(resting_kw)), dtype=bool)
    for row, term in zip(metered, terms, strict=True):
        row[term.intervals] = True
    lowest_kw = np.array([term.peak_so_far_kw for term in terms])
    most_steps = max((len(each.steps) for each in terms), default=0)
    steps = [_padded(term.steps, most_steps) for term in terms]
    linked = np.zeros((len(terms), len(terms)))
    for row, term in zip(linked, terms, strict=True):
        for link in term.links:
            row[link.index] = max(row[link.index], link.fraction)
    return Meter(
        resting_kw=resting_kw,
        import_limit_kw=basis.problem.site.interconnection.import_limit_kw,
        kwh_per_kw=(
            ups.rectifier_efficiency * h * battery.charge_efficiency,
            ups.rectifier_efficiency * h / battery.discharge_efficiency,
        ),
        metered=metered,
        lowest_kw=lowest_kw,
        highest_kw=np.maximum(lowest_kw, np.where(metered, highest_kw, -np.inf).max(axis=1, initial=-np.inf)),
        own_fraction=np.array([term.own_fraction for term in terms]),
        floor_kw=np.array([term.floor_kw for term in terms]),
        linked=linked,
        step_up_to_kw=np.array([[step.up_to_kw for step in each] for each in steps]).reshape(len(terms), most_steps),
        step_rate=np.array([[step.rate_per_kw for step in each] for each in steps]).reshape(len(terms), most_steps),
    )


def _padded(steps: tuple[DemandStep, ...], length: int) -> tuple[DemandStep, ...]:
    return (*steps, *(DemandStep(up_to_kw=0.0, rate_per_kw=0.0) for _ in range(length - len(steps))))


def resting_cost(basis: PlanBasis) -> float:
    """The cost of energy with every battery at rest."""
    problem = basis.problem
    return float(problem.charges.energy_per_kwh @ np.array(basis.powers.resting_kw)) * problem.horizon.interval_h


def trajectory(basis: PlanBasis, ups: UpsSystem, stored_kwh: FloatArray) -> UpsTrajectory:
    """The trajectory of one UPS system whose stored energy follows a path (n + 1 values)."""
    battery, h = ups.battery, basis.problem.horizon.interval_h
    bounds = basis.powers.bounds[ups.id]
    added = np.diff(stored_kwh) + (1 - battery.kept_fraction(h)) * stored_kwh[:-1]
    charge_kw = np.minimum(np.maximum(added, 0.0) / battery.charge_efficiency / h, bounds.charge_ceiling_kw)
    discharge_kw = np.maximum(-added, 0.0) * battery.discharge_efficiency / h
    discharge_kw = np.clip(discharge_kw, bounds.discharge_floor_kw, bounds.discharge_ceiling_kw)
    return UpsTrajectory(
        ups_id=ups.id,
        load_kw=basis.problem.load_kw[ups.id],
        charge_kw=tuple(charge_kw.tolist()),
        discharge_kw=tuple(discharge_kw.tolist()),
        stored_kwh=tuple(stored_kwh.tolist()),
        reserve_kwh=basis.floors.reserve_kwh[ups.id],
    )

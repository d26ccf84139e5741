"""Sets and parameters: every number the laws speak of, mutable, so that one model can serve many plans."""

from collections.abc import Callable

import pyomo.core as pyo

from domain import UpsSystem
from optimizer.problem import DispatchProblem


def add_sets(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare UPS systems, intervals, boundaries, and the demand charges with their steps."""
    intervals = problem.horizon.intervals
    demand = problem.charges.demand
    model.UPS = pyo.Set(initialize=[ups.id for ups in problem.site.ups])
    model.FEEDS_BACK = pyo.Set(initialize=[ups.id for ups in problem.site.ups if ups.bidirectional])
    model.INTERVALS = pyo.RangeSet(0, intervals - 1)
    model.BOUNDARIES = pyo.RangeSet(0, intervals)
    model.DEMAND = pyo.RangeSet(0, len(demand) - 1)
    model.METERED = pyo.Set(
        dimen=2, initialize=[(term, int(t)) for term, each in enumerate(demand) for t in each.intervals]
    )
    model.DEMAND_STEPS = pyo.Set(
        dimen=2, initialize=[(term, step) for term, each in enumerate(demand) for step in range(len(each.steps))]
    )
    model.CHEAPER_STEPS = pyo.Set(
        dimen=2,
        initialize=[
            (term, step)
            for term, each in enumerate(demand)
            for step in range(1, len(each.steps))
            if each.steps[step].rate_per_kw < each.steps[step - 1].rate_per_kw
        ],
    )


def add_ups_parameters(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare what each UPS system and its batteries can do, per system and per interval."""
    systems = {ups.id: ups for ups in problem.site.ups}
    h = problem.horizon.interval_h

    def per_system(value_of: Callable[[UpsSystem], float]) -> pyo.Param:
        values = {ups_id: value_of(ups) for ups_id, ups in systems.items()}
        return pyo.Param(model.UPS, mutable=True, initialize=values)

    model.rectifier_efficiency = per_system(lambda ups: ups.rectifier_efficiency)
    model.charge_efficiency = per_system(lambda ups: ups.battery.charge_efficiency)
    model.discharge_efficiency = per_system(lambda ups: ups.battery.discharge_efficiency)
    model.kept_fraction = per_system(lambda ups: (1 - ups.battery.standby_loss_per_h) ** h)
    model.wear_cost_per_kwh = per_system(lambda ups: ups.battery.wear_cost_per_kwh)
    model.max_stored_kwh = per_system(lambda ups: ups.max_stored_kwh)
    model.stored_at_start_kwh = per_system(problem.stored_at_start_kwh)
    model.stored_at_end_min_kwh = per_system(
        lambda ups: max(problem.stored_at_start_kwh(ups), problem.reserve_kwh(ups)[-1])
    )
    model.dc_load_kw = pyo.Param(
        model.UPS,
        model.INTERVALS,
        mutable=True,
        initialize={
            (ups_id, t): ups.dc_load_kw(load)
            for ups_id, ups in systems.items()
            for t, load in enumerate(problem.load_kw[ups_id])
        },
    )
    model.reserve_kwh = pyo.Param(
        model.UPS,
        model.BOUNDARIES,
        mutable=True,
        initialize={(ups.id, b): kwh for ups in systems.values() for b, kwh in enumerate(_floor_kwh(problem, ups))},
    )
    _add_power_bounds(model, problem, systems)


def _floor_kwh(problem: DispatchProblem, ups: UpsSystem) -> tuple[float, ...]:
    """The reserve at each boundary; at the first no more than what is measured, as a rounding below it is no fault."""
    first, *rest = problem.reserve_kwh(ups)
    return min(first, problem.stored_at_start_kwh(ups)), *rest


def _add_power_bounds(model: pyo.ConcreteModel, problem: DispatchProblem, systems: dict[str, UpsSystem]) -> None:
    """Declare how far each battery may charge, discharge and feed back in each interval, see `rectifier`.

    Feeding back at a negative price could only burn energy, so it is closed there.
    """
    names = ("charge_ceiling_kw", "discharge_floor_kw", "discharge_ceiling_kw", "feed_back_ceiling_kw")
    bounds: dict[str, dict[tuple[str, int], float]] = {name: {} for name in names}
    may_export_kw = problem.site.interconnection.export_limit_kw * (problem.charges.energy_per_kwh >= 0)
    for ups_id, ups in systems.items():
        rectifier_dc_kw = ups.input_limit_kw * ups.rectifier_efficiency
        for t, load in enumerate(problem.load_kw[ups_id]):
            dc_load_kw = ups.dc_load_kw(load)
            feed_back_kw = float(may_export_kw[t]) if ups.bidirectional else 0.0
            most_kw = min(ups.discharge_limit_kw, dc_load_kw + feed_back_kw / ups.rectifier_efficiency)
            bounds["charge_ceiling_kw"][ups_id, t] = min(ups.charge_limit_kw, max(0.0, rectifier_dc_kw - dc_load_kw))
            bounds["discharge_floor_kw"][ups_id, t] = max(0.0, dc_load_kw - rectifier_dc_kw)
            bounds["discharge_ceiling_kw"][ups_id, t] = most_kw
            bounds["feed_back_ceiling_kw"][ups_id, t] = feed_back_kw
    for name, values in bounds.items():
        model.add_component(name, pyo.Param(model.UPS, model.INTERVALS, mutable=True, initialize=values))


def add_meter_parameters(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare what is behind the meter besides the UPS systems, its limits, and every price."""
    limits = problem.site.interconnection
    charges = problem.charges
    model.interval_h = pyo.Param(mutable=True, initialize=problem.horizon.interval_h)
    model.import_limit_kw = pyo.Param(mutable=True, initialize=limits.import_limit_kw)
    model.export_limit_kw = pyo.Param(mutable=True, initialize=limits.export_limit_kw)
    model.unprotected_load_kw = pyo.Param(
        model.INTERVALS, mutable=True, initialize=dict(enumerate(problem.unprotected_load_kw))
    )
    model.energy_per_kwh = pyo.Param(
        model.INTERVALS, mutable=True, initialize=dict(enumerate(charges.energy_per_kwh.tolist()))
    )
    already = [max(term.floor_kw, term.peak_so_far_kw) for term in charges.demand]
    model.billed_already_kw = pyo.Param(model.DEMAND, mutable=True, initialize=dict(enumerate(already)))
    steps = {(d, k): step for d, term in enumerate(charges.demand) for k, step in enumerate(term.steps)}
    model.demand_rate_per_kw = pyo.Param(
        model.DEMAND_STEPS, mutable=True, initialize={key: step.rate_per_kw for key, step in steps.items()}
    )
    model.demand_step_width_kw = pyo.Param(
        model.DEMAND_STEPS,
        mutable=True,
        initialize={(d, k): step.up_to_kw - (steps[d, k - 1].up_to_kw if k else 0.0) for (d, k), step in steps.items()},
    )

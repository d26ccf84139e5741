"""The dispatch model in Pyomo: its table of contents."""

from collections.abc import Collection
from dataclasses import dataclass

import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.cost import add_prices, price_parameters
from ridethrough.optimizer.formulation.costs.cycle_wear import add_cycle_wear, cycle_wear_parameters, cycle_wear_sets
from ridethrough.optimizer.formulation.costs.energy_tiers import add_energy_tiers, tier_parameters, tier_sets
from ridethrough.optimizer.formulation.costs.mean_peaks import add_mean_peaks, mean_peak_parameters, mean_peak_sets
from ridethrough.optimizer.formulation.costs.minimum_bill import add_minimum_bills, minimum_parameters, minimum_sets
from ridethrough.optimizer.formulation.costs.objective import add_objective
from ridethrough.optimizer.formulation.costs.peak_causes import add_peak_causes, cause_sets
from ridethrough.optimizer.formulation.costs.peaks import Peaks, add_peaks, peak_parameters, peak_sets
from ridethrough.optimizer.formulation.costs.resting_wear import (
    add_resting_wear,
    resting_wear_parameters,
    resting_wear_sets,
)
from ridethrough.optimizer.formulation.costs.uncertainty import (
    add_uncertainty,
    uncertainty_parameters,
    uncertainty_sets,
)
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, add_horizon, horizon_parameters, horizon_sets
from ridethrough.optimizer.formulation.physics.battery import add_batteries, battery_parameters
from ridethrough.optimizer.formulation.physics.exclusivity import exclusivity_sets, forbid_charging_while_discharging
from ridethrough.optimizer.formulation.physics.hold_off import add_hold_off, hold_off_parameters, hold_off_sets
from ridethrough.optimizer.formulation.physics.meter import add_meter, meter_parameters, meter_sets
from ridethrough.optimizer.formulation.physics.ramp import add_ramp, ramp_parameters, ramp_sets
from ridethrough.optimizer.formulation.physics.rectifier import add_rectifiers, rectifier_parameters, rectifier_sets
from ridethrough.optimizer.formulation.physics.taper import add_taper, taper_parameters, taper_sets
from ridethrough.optimizer.formulation.physics.throughput import (
    add_throughput,
    throughput_parameters,
    throughput_sets,
)
from ridethrough.optimizer.pricing.price import Metered, meter_of
from ridethrough.optimizer.pricing.tier_blocks import TierBlock, tier_blocks
from ridethrough.optimizer.pricing.tier_slopes import shared_tier_slopes
from ridethrough.optimizer.problem.plan_basis import PlanBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelData:
    """The sets of a model and the numbers of one problem. Problems with the same sets share one model."""

    sets: Sets
    parameters: Parameters


def state_model(sets: Sets) -> pyo.AbstractModel:
    """State the dispatch problem over some sets, as a linear model whose parameters have no values yet."""
    model = pyo.AbstractModel()
    add_horizon(model, sets)
    add_batteries(model)
    add_taper(model, sets)
    add_throughput(model, sets)
    add_rectifiers(model, sets)
    add_meter(model, sets)
    add_ramp(model, sets)
    add_hold_off(model, sets)
    add_peaks(model, sets)
    add_mean_peaks(model, sets)
    add_peak_causes(model, sets)
    add_energy_tiers(model, sets)
    add_cycle_wear(model, sets)
    add_resting_wear(model, sets)
    add_prices(model)
    add_minimum_bills(model, sets)
    forbid_charging_while_discharging(model, sets)
    add_uncertainty(model, sets)
    add_objective(model)
    return model


def model_sets(basis: PlanBasis, exclusive: Collection[tuple[str, int]] = ()) -> Sets:
    """The sets of a problem's model; the sets of a law are empty if it does not apply."""
    problem, peaks = basis.problem, Peaks(basis)
    return _sets(basis, peaks, tier_blocks(problem.charges, _resting(basis)), exclusive)


def model_data(
    basis: PlanBasis, around: Metered | None = None, exclusive: Collection[tuple[str, int]] = ()
) -> ModelData:
    """The sets and parameters of a problem.

    `around` is the meter at which to read tiers that are not blocks of their own (see `pricing.tier_blocks`); without
    it, the baseline's meter. `exclusive` are the intervals in which the batteries of a UPS system must not charge and
    discharge at once.
    """
    problem, resting = basis.problem, _resting(basis)
    blocks, peaks = tier_blocks(problem.charges, resting), Peaks(basis)
    return ModelData(
        sets=_sets(basis, peaks, blocks, exclusive),
        parameters={
            **horizon_parameters(problem),
            **battery_parameters(basis),
            **taper_parameters(problem),
            **throughput_parameters(basis),
            **rectifier_parameters(basis),
            **meter_parameters(basis),
            **ramp_parameters(basis, grid_before_kw=float(resting.grid_kw[0])),
            **hold_off_parameters(basis),
            **peak_parameters(basis, peaks),
            **mean_peak_parameters(peaks),
            **tier_parameters(basis, blocks),
            **cycle_wear_parameters(basis),
            **resting_wear_parameters(problem),
            **price_parameters(problem, shared_tier_slopes(around or resting)),
            **minimum_parameters(problem),
            **uncertainty_parameters(problem),
        },
    )


def _resting(basis: PlanBasis) -> Metered:
    return meter_of(basis.problem.charges, basis.baseline.grid_kw, basis.problem.horizon.intervals)


def _sets(
    basis: PlanBasis, peaks: Peaks, blocks: tuple[TierBlock, ...], exclusive: Collection[tuple[str, int]]
) -> Sets:
    problem = basis.problem
    return {
        **horizon_sets(problem),
        **taper_sets(problem),
        **throughput_sets(basis),
        **rectifier_sets(problem),
        **meter_sets(basis),
        **ramp_sets(basis),
        **hold_off_sets(basis),
        **peak_sets(peaks),
        **mean_peak_sets(peaks),
        **cause_sets(peaks, blocks),
        **tier_sets(problem, blocks),
        **cycle_wear_sets(basis),
        **resting_wear_sets(problem),
        **minimum_sets(problem),
        **exclusivity_sets(exclusive),
        **uncertainty_sets(problem),
    }


def build_model(basis: PlanBasis, exclusive: Collection[tuple[str, int]] = ()) -> pyo.ConcreteModel:
    """The model of one basis with every row written out, for other solvers and for inspection."""
    data = model_data(basis, exclusive=exclusive)
    model = state_model(data.sets)
    for index_set in model.component_objects((pyo.Set, pyo.RangeSet)):
        index_set.construct()
    values = {
        name: dict(zip(model.component(name).index_set(), given.tolist(), strict=True))
        for name, given in data.parameters.items()
    }
    return model.create_instance({None: values})

"""The dispatch model in Pyomo: its table of contents."""

import pyomo.core as pyo

from optimizer.formulation.battery import add_batteries
from optimizer.formulation.cost import add_cost
from optimizer.formulation.demand import add_demand
from optimizer.formulation.meter import add_meter
from optimizer.formulation.parameters import add_meter_parameters, add_sets, add_ups_parameters
from optimizer.formulation.rectifier import add_rectifiers
from optimizer.problem import DispatchProblem


def build_model(problem: DispatchProblem) -> pyo.ConcreteModel:
    """State the dispatch problem as a linear model; exclusivity is added later, where it is needed."""
    model = pyo.ConcreteModel(name=problem.site.id)
    add_sets(model, problem)
    add_ups_parameters(model, problem)
    add_meter_parameters(model, problem)
    add_batteries(model)
    add_rectifiers(model)
    add_meter(model)
    add_demand(model)
    add_cost(model)
    return model

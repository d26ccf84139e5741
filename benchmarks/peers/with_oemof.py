"""The pod in oemof-solph: bus, source, sink and storage; the demand charge is added to its Pyomo model by hand."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from oemof import solph


def solved(file: str) -> dict[str, float]:
    numbers = dict(np.load(file))
    began = time.process_time()
    model, grid, site = stated(numbers)
    block = model.peaks = pyo.Block()
    floor_kw = numbers["peak_so_far_kw"].tolist()
    block.peak = pyo.Var(range(len(floor_kw)), bounds=lambda _, m: (floor_kw[m], None))
    month = numbers["month"].tolist()
    block.metered = pyo.Constraint(model.TIMESTEPS, rule=lambda b, t: b.peak[month[t]] >= model.flow[grid, site, t])
    model.objective.expr += float(numbers["rate_per_kw"]) * sum(block.peak.values())
    model.solve(solver="highs", solve_kwargs={"tee": False}, cmdline_options={"threads": 1})
    spent_s = time.process_time() - began
    return {"cpu_s": spent_s, "objective": float(pyo.value(model.objective))}


def stated(numbers: dict[str, np.ndarray]) -> tuple[solph.Model, solph.components.Source, solph.buses.Bus]:
    """Storage levels are fractions of its capacity; the reserve is the least level, the end no lower than the start."""
    n, top = len(numbers["load_kw"]), float(numbers["top_kwh"])
    floor = np.full(n + 1, float(numbers["floor_kwh"]) / top)
    floor[-1] = float(numbers["start_kwh"]) / top
    index = pd.date_range("2026-01-01", periods=n + 1, freq="15min")
    system = solph.EnergySystem(timeindex=index, infer_last_interval=False)
    site = solph.buses.Bus(label="site")
    flow = solph.flows.Flow
    grid = solph.components.Source(label="grid", outputs={site: flow(variable_costs=numbers["price_per_kwh"])})
    load = solph.components.Sink(label="load", inputs={site: flow(nominal_capacity=1, fix=numbers["load_kw"])})
    storage = solph.components.GenericStorage(
        label="storage",
        inputs={site: flow(nominal_capacity=float(numbers["charge_limit_kw"]))},
        outputs={site: flow(nominal_capacity=float(numbers["discharge_limit_kw"]))},
        nominal_capacity=top,
        initial_storage_level=float(numbers["start_kwh"]) / top,
        min_storage_level=floor,
        balanced=False,
        inflow_conversion_factor=float(numbers["charge_efficiency"]),
        outflow_conversion_factor=float(numbers["discharge_efficiency"]),
    )
    system.add(site, grid, load, storage)
    return solph.Model(system), grid, site


warnings.filterwarnings("ignore")
print(json.dumps([solved(file) for file in sys.argv[1:]]))

"""The pod in PyPSA: a bus, a supply, two links and a store; the demand charge is added by hand, as PyPSA has none."""

import json
import sys
import time

import numpy as np
import pandas as pd
import pypsa


def solved(file: str) -> dict[str, float]:
    numbers = dict(np.load(file))
    began = time.process_time()
    network = stated(numbers)
    snapshots = network.snapshots
    model = network.optimize.create_model()
    grid = model["Generator-p"].sel(name="grid")
    floor_kw = np.maximum(numbers["peak_so_far_kw"], 0.0)
    months = pd.RangeIndex(len(floor_kw), name="m")
    peak = model.add_variables(lower=pd.Series(floor_kw, months), name="peak")
    month = pd.Series(numbers["month"], snapshots, name="m").to_xarray()
    model.add_constraints(peak.sel(m=month) - grid >= 0, name="peaks")
    model.objective = model.objective + float(numbers["rate_per_kw"]) * peak.sum()
    network.optimize.solve_model(solver_name="highs", io_api="direct", threads=1, output_flag=False)
    spent_s = time.process_time() - began
    return {"cpu_s": spent_s, "objective": float(model.objective.value)}


def stated(numbers: dict[str, np.ndarray]) -> pypsa.Network:
    """Limits in kW, energies in kWh; the reserve is the least energy of the store, its end no lower than its start."""
    n, h = len(numbers["load_kw"]), float(numbers["interval_h"])
    top, start = float(numbers["top_kwh"]), float(numbers["start_kwh"])
    floor = np.full(n, float(numbers["floor_kwh"]) / top)
    floor[-1] = start / top
    charge_kw, discharge_kw = float(numbers["charge_limit_kw"]), float(numbers["discharge_limit_kw"])
    charged, discharged = float(numbers["charge_efficiency"]), float(numbers["discharge_efficiency"])
    network = pypsa.Network()
    network.set_snapshots(range(n))
    weightings = network.snapshot_weightings
    network.snapshot_weightings = pd.DataFrame(h, index=weightings.index, columns=weightings.columns)
    network.add("Bus", ["site", "battery"])
    network.add("Load", "load", bus="site", p_set=numbers["load_kw"])
    most_kw = float(numbers["load_kw"].max()) + charge_kw
    network.add("Generator", "grid", bus="site", p_nom=most_kw, marginal_cost=numbers["price_per_kwh"])
    network.add("Link", "charge", bus0="site", bus1="battery", p_nom=charge_kw, efficiency=charged)
    network.add(
        "Link", "discharge", bus0="battery", bus1="site", p_nom=discharge_kw / discharged, efficiency=discharged
    )
    network.add("Store", "store", bus="battery", e_nom=top, e_initial=start, e_min_pu=floor)
    return network


print(json.dumps([solved(file) for file in sys.argv[1:]]))

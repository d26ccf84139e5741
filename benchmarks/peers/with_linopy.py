"""The pod in linopy, by its direct path to HiGHS. Runs where linopy is installed: python with_linopy.py YEAR.npz ...

Prints one JSON list: CPU seconds from numbers to result, and the cost, of each file (see `benchmarks.lean.PodArrays`).
"""

import json
import sys
import time

import linopy
import numpy as np
import pandas as pd


def solved(file: str) -> dict[str, float]:
    numbers = dict(np.load(file))
    began = time.process_time()
    model = stated(numbers)
    model.solve(solver_name="highs", io_api="direct", threads=1, output_flag=False)
    spent_s = time.process_time() - began
    return {"cpu_s": spent_s, "objective": float(model.objective.value)}


def stated(numbers: dict[str, np.ndarray]) -> linopy.Model:
    """Charge, discharge, stored energy, grid and peaks, as a user of linopy writes them."""
    n, h = len(numbers["load_kw"]), float(numbers["interval_h"])
    t, months = pd.RangeIndex(n, name="t"), pd.RangeIndex(len(numbers["peak_so_far_kw"]), name="m")
    floor, top = np.full(n, numbers["floor_kwh"]), np.full(n, numbers["top_kwh"])
    floor[-1] = numbers["start_kwh"]
    model = linopy.Model()
    charge = model.add_variables(lower=0, upper=numbers["charge_limit_kw"], coords=[t], name="charge")
    discharge = model.add_variables(lower=0, upper=numbers["discharge_limit_kw"], coords=[t], name="discharge")
    stored = model.add_variables(lower=pd.Series(floor, t), upper=pd.Series(top, t), name="stored")
    grid = model.add_variables(lower=0, coords=[t], name="grid")
    peak = model.add_variables(lower=pd.Series(numbers["peak_so_far_kw"], months), name="peak")
    model.add_constraints(grid - charge + discharge == pd.Series(numbers["load_kw"], t), name="balance")
    gained = float(numbers["charge_efficiency"]) * h * charge - h / float(numbers["discharge_efficiency"]) * discharge
    start = np.zeros(n)
    start[0] = numbers["start_kwh"]
    model.add_constraints(stored - stored.shift(t=1) - gained == pd.Series(start, t), name="energy")
    month = pd.Series(numbers["month"], t, name="m").to_xarray()
    model.add_constraints(peak.sel(m=month) - grid >= 0, name="peaks")
    price = pd.Series(numbers["price_per_kwh"] * h, t)
    model.add_objective((price * grid).sum() + float(numbers["rate_per_kw"]) * peak.sum())
    return model


print(json.dumps([solved(file) for file in sys.argv[1:]]))

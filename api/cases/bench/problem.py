"""The built-in problem of the bench: a pod, its load, and a tariff of the catalog."""

from datetime import UTC, datetime

import numpy as np

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, UpsSystem
from ridethrough.optimizer import DispatchProblem
from ridethrough.tariffs.calendar.local_calendar import FloatArray
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff

TIMEZONE = "America/New_York"
DAY = datetime(2026, 7, 15, 4, tzinfo=UTC)
DAY_INTERVALS = 96


def example_load_kw(intervals: int) -> FloatArray:
    """A data center's load in quarter hours: flat, with a daily and a weekly pattern and a little noise."""
    quarter = np.arange(intervals)
    day = np.sin(2 * np.pi * quarter / 96)
    week = np.sin(2 * np.pi * quarter / 672)
    noise = np.random.default_rng(1).normal(0, 25, intervals)
    return np.asarray(4300 + 120 * day + 60 * week + noise, dtype=np.float64)


def example_problem(tariff: Tariff, intervals: int = DAY_INTERVALS, first: int = 0) -> DispatchProblem:
    """A 4.8 MW pod of five 1.2 MW units, one of which may fail, from one summer day of a tariff on.

    `first` is where in the example's load the horizon begins: problems that differ in it have one structure.
    """
    battery = Battery(
        nominal_kwh=200, state_of_health=0.92, charge_limit_kw=240, discharge_limit_kw=1300, wear_cost_per_kwh=0.0375
    )
    pod = UpsSystem(
        id="pod-1",
        units=5,
        tolerated_failures=1,
        unit_output_limit_kw=1200,
        unit_input_limit_kw=1500,
        protected_load_kw=4800,
        battery=battery,
        reserve=ReservePolicy(ride_through_s=300),
    )
    site = Site(id="example", timezone=TIMEZONE, interconnection=Interconnection(import_limit_kw=6500), ups=(pod,))
    horizon = Horizon(start=DAY, interval_minutes=15, intervals=intervals, timezone=TIMEZONE)
    return DispatchProblem(
        site=site,
        horizon=horizon,
        charges=charges_over(tariff, horizon),
        load_kw={"pod-1": tuple(example_load_kw(first + intervals)[first:].tolist())},
        unprotected_load_kw=(900.0,) * intervals,
    )

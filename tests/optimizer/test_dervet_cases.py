"""DER-VET's two published cases, through the project's own model.

Source: EPRI DER-VET (BSD-3), validation cases `der_for_bill_reduction` and `der_for_reliability`: a year of hours, a
battery whose whole loss is on charging, photovoltaics as negative load, start and end at half charge.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from programs import program_of

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, SiteState, UpsSystem
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases" / "dervet"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.long,
    pytest.mark.skipif(not CASES.is_dir(), reason="the DER-VET cases are not beside the repository"),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    energy_kwh: float
    power_kw: float
    energy_cost: float
    demand_cost: float


BILL_REDUCTION = Case(
    name="der_for_bill_reduction", energy_kwh=9450, power_kw=1575, energy_cost=3772156.4771, demand_cost=649895.6557
)
RELIABILITY = Case(
    name="der_for_reliability", energy_kwh=18590, power_kw=2438, energy_cost=3720005.9349, demand_cost=603915.0330
)
PV_KW = 1000.0
ROUND_TRIP_EFFICIENCY = 0.91
SOC_TARGET = 0.5
HOURS = Horizon(start=datetime(2017, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)


@pytest.mark.parametrize("case", [BILL_REDUCTION, RELIABILITY], ids=lambda case: case.name)
def test_the_years_bill_is_the_published_one(case: Case) -> None:
    problem = _problem(case)

    solution = solve(program_of(problem), time_limit_s=300)

    assert solution.objective == pytest.approx(case.energy_cost + case.demand_cost, rel=1e-6)


def _problem(case: Case) -> DispatchProblem:
    load, solar, floor = _series(case)
    battery = Battery(
        nominal_kwh=case.energy_kwh,
        charge_limit_kw=case.power_kw,
        discharge_limit_kw=case.power_kw,
        cutoff_fraction=0.0,
        charge_efficiency=ROUND_TRIP_EFFICIENCY,
        discharge_efficiency=1.0,
    )
    ups = UpsSystem(
        id="battery",
        units=1,
        tolerated_failures=0,
        unit_output_limit_kw=1e5,
        unit_input_limit_kw=1e5,
        protected_load_kw=1.0,
        battery=battery,
        reserve=ReservePolicy(ride_through_s=1),
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
    )
    site = Site(
        id=case.name,
        timezone="UTC",
        interconnection=Interconnection(import_limit_kw=1e5),
        ups=(ups,),
        interval_minutes=60,
    )
    return DispatchProblem(
        site=site,
        horizon=HOURS,
        charges=_charges(case),
        load_kw={"battery": load},
        unprotected_load_kw=tuple(-PV_KW * each for each in solar),
        state=SiteState(stored_kwh={"battery": SOC_TARGET * case.energy_kwh}),
        reserve_profile_kwh={"battery": (*floor, 0.0)},
    )


def _series(case: Case) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Site load (kW), solar output (kW per rated kW), and the published reserve profile (kWh; 0 without one)."""
    rows = list(_rows(case, "inputs/timeseries.csv.gz"))
    solar = next(name for name in rows[0] if name.startswith("PV Gen"))
    results = _rows(case, "results/timeseries_results.csv.gz")
    return (
        tuple(float(row["Site Load (kW)"]) for row in rows),
        tuple(float(row[solar]) for row in rows),
        tuple(float(row.get("Reliability Min State of Energy (kWh)", 0.0)) for row in results),
    )


def _charges(case: Case) -> HorizonCharges:
    rows = list(_rows(case, "inputs/tariff.csv"))
    starts = list(HOURS.starts())
    energy = np.array([_price(rows, start) for start in starts])
    rate = next(float(row["Value"]) for row in rows if row["Charge"] == "Demand")
    months = np.array([start.month for start in starts])
    demand = tuple(
        DemandTerm(
            charge="demand",
            billing_period=f"2017-{month:02d}",
            intervals=np.flatnonzero(months == month),
            steps=(DemandStep(up_to_kw=np.inf, rate_per_kw=rate),),
        )
        for month in range(1, 13)
    )
    return HorizonCharges(horizon=HOURS, energy_per_kwh=energy, demand=demand)


def _price(rows: list[dict[str, str]], start: datetime) -> float:
    """The energy price of the hour that ends at `start.hour + 1` (hour-ending convention)."""
    weekday = "1" if start.isoweekday() <= 5 else "0"
    for row in rows:
        in_season = int(row["Start Month"]) <= start.month <= int(row["End Month"])
        in_hours = int(row["Start Time"]) <= start.hour + 1 <= int(row["End Time"])
        if row["Charge"] == "Energy" and in_season and in_hours and row["Weekday?"] == weekday:
            return float(row["Value"])
    raise AssertionError(start)


def _rows(case: Case, name: str) -> Iterator[dict[str, str]]:
    path = CASES / case.name / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from csv.DictReader(file)

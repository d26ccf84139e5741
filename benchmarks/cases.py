"""The sites that are measured: a 4.8 MW pod at any length, and fleets of unequal units behind one meter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, SiteState, UpsSystem
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.formulation.model import ModelData, model_data
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges

FloatArray = NDArray[np.float64]

START = datetime(2026, 1, 1, tzinfo=UTC)
STEPS_PER_DAY, STEPS_PER_MONTH = 96, 2976
_DEMAND_PER_KW = 18.0
_RESERVE_FRACTION = 0.4
_SEED = 7


@dataclass(frozen=True, kw_only=True)
class Case:
    """One plan to make."""

    problem: DispatchProblem

    @cached_property
    def data(self) -> ModelData:
        """Sets and parameters of its model."""
        return model_data(self.problem)


def pod_cases(steps: int, count: int, *, stored_at_start: bool = True) -> list[Case]:
    """`count` plans of one structure: prices, loads, stored energy and the peak so far differ from plan to plan.

    With `stored_at_start` false every plan starts full, as a study of many years does.
    """
    return [Case(problem=_pod_problem(steps, number, stored_at_start=stored_at_start)) for number in range(count)]


def fleet_case(units: int) -> Case:
    """A day of `units` unequal UPS systems, each of its own size, health, wear and losses."""
    random = np.random.default_rng(_SEED + units)
    systems = tuple(_of_fleet(index, random) for index in range(units))
    price, shape = prices(STEPS_PER_DAY, random), _load_shape(STEPS_PER_DAY, random)
    loads = {ups.id: tuple((ups.protected_load_kw * shape).tolist()) for ups in systems}
    total_kw = sum(ups.protected_load_kw for ups in systems)
    site = Site(id="campus", timezone="UTC", interconnection=Interconnection(import_limit_kw=3 * total_kw), ups=systems)
    return Case(
        problem=DispatchProblem(
            site=site,
            horizon=_horizon(STEPS_PER_DAY),
            charges=charges(price, peak_so_far_kw=0.8 * total_kw),
            load_kw=loads,
            unprotected_load_kw=(0.0,) * STEPS_PER_DAY,
        )
    )


def prices(steps: int, random: np.random.Generator) -> FloatArray:
    """Day-ahead prices about a time-of-use tariff (currency per kWh), always above zero."""
    hour = np.arange(steps) % STEPS_PER_DAY // 4
    level = np.where((hour >= 16) & (hour < 21), 0.245, np.where((hour >= 7) & (hour < 23), 0.108, 0.072))
    return np.asarray(np.maximum(0.01, level + random.normal(0, 0.008, steps)))


def charges(price_per_kwh: FloatArray, *, peak_so_far_kw: float = 0.0) -> HorizonCharges:
    """Energy at these prices, and demand by the month (of 31 days)."""
    steps = len(price_per_kwh)
    months = np.minimum(np.arange(steps) // STEPS_PER_MONTH, 11)
    return HorizonCharges(
        horizon=_horizon(steps),
        energy_per_kwh=price_per_kwh,
        demand=tuple(
            DemandTerm(
                charge="demand",
                billing_period=f"month {month + 1}",
                intervals=np.flatnonzero(months == month),
                steps=(DemandStep(up_to_kw=float("inf"), rate_per_kw=_DEMAND_PER_KW),),
                peak_so_far_kw=peak_so_far_kw if month == 0 else 0.0,
            )
            for month in _months(months)
        ),
    )


def _months(months: NDArray[np.intp]) -> Iterator[int]:
    return iter(range(int(months[-1]) + 1))


def _horizon(steps: int) -> Horizon:
    return Horizon(start=START, interval_minutes=15, intervals=steps, timezone="UTC")


def _load_shape(steps: int, random: np.random.Generator) -> FloatArray:
    """A load about its peak: a day, a week, and noise that fades over an hour or two."""
    quarter = np.arange(steps)
    noise = np.convolve(random.normal(0, 0.02, steps + 7), np.full(8, 0.35), mode="valid")
    shape = 0.86 + 0.05 * np.sin(2 * np.pi * quarter / 96) + 0.02 * np.sin(2 * np.pi * quarter / 672) + noise
    return np.clip(shape, 0.3, 1.0)


def _pod_problem(steps: int, number: int, *, stored_at_start: bool) -> DispatchProblem:
    random = np.random.default_rng((_SEED, steps, number))
    site = _pod_site()
    load_kw = 4800.0 * _load_shape(steps, random)
    stored_kwh = 2000.0 * (random.uniform(0.5, 1.0) if stored_at_start else 1.0)
    return DispatchProblem(
        site=site,
        horizon=_horizon(steps),
        charges=charges(prices(steps, random), peak_so_far_kw=float(random.uniform(4000, 4500))),
        load_kw={"pod": tuple(load_kw.tolist())},
        unprotected_load_kw=(0.0,) * steps,
        state=SiteState(stored_kwh={"pod": stored_kwh}),
        reserve_profile_kwh={"pod": (2000.0 * _RESERVE_FRACTION,) * (steps + 1)},
    )


def _pod_site() -> Site:
    """2 MWh and 4.8 MW, of which 40 % are kept; without conversion losses, so that peers can state the same."""
    battery = Battery(
        nominal_kwh=2000.0,
        cutoff_fraction=0.0,
        charge_limit_kw=4800.0,
        discharge_limit_kw=4800.0,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
    )
    pod = UpsSystem(
        id="pod",
        units=1,
        tolerated_failures=0,
        unit_output_limit_kw=5000.0,
        unit_input_limit_kw=20_000.0,
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
        protected_load_kw=4800.0,
        battery=battery,
        reserve=ReservePolicy(ride_through_s=300.0),
    )
    return Site(id="pod", timezone="UTC", interconnection=Interconnection(import_limit_kw=50_000.0), ups=(pod,))


def _of_fleet(index: int, random: np.random.Generator) -> UpsSystem:
    load_kw = float(random.uniform(500, 1500))
    battery = Battery(
        nominal_kwh=load_kw * float(random.uniform(0.25, 0.5)),
        state_of_health=float(random.uniform(0.8, 1.0)),
        charge_limit_kw=load_kw * float(random.uniform(0.15, 0.4)),
        discharge_limit_kw=load_kw * float(random.uniform(1.2, 1.5)),
        charge_efficiency=float(random.uniform(0.94, 0.98)),
        discharge_efficiency=float(random.uniform(0.94, 0.98)),
        wear_cost_per_kwh=float(random.uniform(0.01, 0.04)),
    )
    return UpsSystem(
        id=f"ups-{index}",
        units=1,
        tolerated_failures=0,
        unit_output_limit_kw=1.1 * load_kw,
        unit_input_limit_kw=2.0 * load_kw,
        protected_load_kw=load_kw,
        battery=battery,
        reserve=ReservePolicy(ride_through_s=300.0),
    )

"""Problems of many UPS systems behind one meter, alike or not."""

from dataclasses import replace

import numpy as np
from sites import problem, ups_system

from ridethrough.domain import SiteState, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.pricing.price import price
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges


def unequal_system(rng: np.random.Generator, name: str) -> UpsSystem:
    """One unit of its own size, age, efficiency, limits and wear."""
    nominal_kwh = float(rng.uniform(300, 1000))
    return ups_system(
        id=name,
        units=1,
        tolerated_failures=0,
        nominal_kwh=nominal_kwh,
        state_of_health=float(rng.uniform(0.8, 1.0)),
        charge_efficiency=float(rng.uniform(0.94, 0.98)),
        discharge_efficiency=float(rng.uniform(0.94, 0.98)),
        rectifier_efficiency=float(rng.uniform(0.95, 0.98)),
        charge_limit_kw=nominal_kwh * float(rng.uniform(0.1, 0.8)),
        discharge_limit_kw=nominal_kwh * float(rng.uniform(1, 4)),
        standby_loss_per_h=1e-4,
        wear_cost_per_kwh=float(rng.uniform(0.005, 0.02)),
        protected_load_kw=1100.0,
    )


def fleet_problem(
    systems: int,
    *,
    intervals: int = 96,
    seed: int = 0,
    copies: int = 1,
    demand_rate: float = 12.0,
    import_margin: float = 1.2,
) -> DispatchProblem:
    """A day of `systems` unequal UPS systems, each `copies` times over, with one demand charge.

    The import limit is `import_margin` times the highest load with every battery at rest. Floors are given, so that a
    large site need not work out its reserves.
    """
    rng = np.random.default_rng(seed)
    kinds = [unequal_system(rng, f"pod-{index}") for index in range(systems)]
    loads = {ups.id: rng.uniform(600, 1100, intervals) for ups in kinds}
    floor = {ups.id: float(rng.uniform(0.4, 0.7)) * ups.max_stored_kwh for ups in kinds}
    stored = {
        ups.id: floor[ups.id] + float(rng.uniform(0.3, 1)) * (ups.max_stored_kwh - floor[ups.id]) for ups in kinds
    }
    names = [(ups, f"{ups.id}-{copy}") for ups in kinds for copy in range(copies)]
    hours = np.arange(intervals) / 4
    price = 0.12 + 0.06 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(0, 0.02, intervals)
    made = problem(
        *(replace(ups, id=name) for ups, name in names),
        price=price.tolist(),
        unprotected_kw=100.0 * len(names),
        import_limit_kw=1e9,
    )
    made = replace(
        made,
        load_kw={name: tuple(loads[ups.id].tolist()) for ups, name in names},
        reserve_profile_kwh={name: (floor[ups.id],) * (intervals + 1) for ups, name in names},
        state=SiteState(stored_kwh={name: stored[ups.id] for ups, name in names}),
    )
    limit_kw = import_margin * max(basis_of(made).powers.resting_kw)
    limits = replace(made.site.interconnection, import_limit_kw=limit_kw)
    return replace(made, site=replace(made.site, interconnection=limits), charges=_charges(made, demand_rate))


def whole_cost(made: DispatchProblem, trajectories: tuple[UpsTrajectory, ...]) -> float:
    """What trajectories cost with all billed demand, also what is billed already: the model's objective."""
    n = made.horizon.intervals
    before = price(made.charges, np.zeros(n), 0)
    cost = basis_of(made).cost_of(trajectories, basis_of(made).grid_kw(trajectories), n)
    return cost.total + before.by_kind["demand"] + before.by_kind["coincident"]


def _charges(made: DispatchProblem, rate: float) -> HorizonCharges:
    n = made.horizon.intervals
    charge = DemandTerm(
        charge="facility",
        billing_period="2026-07",
        intervals=np.arange(n),
        steps=(DemandStep(up_to_kw=np.inf, rate_per_kw=rate),),
        peak_so_far_kw=0.9 * max(basis_of(made).powers.resting_kw),
    )
    evening = DemandTerm(
        charge="evening",
        billing_period="2026-07",
        intervals=np.arange(n // 2, 3 * n // 4),
        steps=(
            DemandStep(up_to_kw=max(basis_of(made).powers.resting_kw), rate_per_kw=rate / 2),
            DemandStep(up_to_kw=np.inf, rate_per_kw=rate),
        ),
        floor_kw=0.92 * max(basis_of(made).powers.resting_kw),
        own_fraction=0.95,
    )
    return replace(made.charges, demand=(charge, evening))

"""Random sites, days and states for campaigns: whatever a site file may say, corners included."""

import numpy as np
from sites import START

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, SiteState, UpsSystem
from ridethrough.domain.equipment.rate_table import rate_table
from ridethrough.optimizer import DispatchProblem
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges

Rng = np.random.Generator


def random_problem(rng: Rng) -> DispatchProblem:
    """One to three systems over 3 to 14 intervals; some reserves are infeasible, some batteries are below theirs."""
    systems = [random_ups(rng, f"ups-{number}") for number in range(1, rng.integers(1, 4) + 1)]
    minutes = int(rng.choice([5, 15, 30, 60]))
    horizon = Horizon(start=START, interval_minutes=minutes, intervals=int(rng.integers(3, 15)))
    n = horizon.intervals
    loads = {ups.id: _load_kw(rng, ups, n) for ups in systems}
    unprotected = rng.uniform(0, 0.5) * sum(ups.protected_load_kw for ups in systems) * rng.uniform(0.5, 1, n)
    return DispatchProblem(
        site=_site(rng, systems, loads, float(unprotected.max())),
        horizon=horizon,
        charges=HorizonCharges(horizon=horizon, energy_per_kwh=_prices(rng, n), demand=_demand(rng, n)),
        load_kw=loads,
        unprotected_load_kw=tuple(unprotected.tolist()),
        state=SiteState(stored_kwh=_stored(rng, systems)),
        plan_intervals=int(rng.integers(2, n + 1)) if rng.random() < 0.3 else None,
    )


def random_ups(rng: Rng, name: str) -> UpsSystem:
    """A system whose batteries are sized so that its reserve falls somewhere between low and just above full."""
    units = int(rng.integers(1, 9))
    failures = int(min(rng.integers(0, 3), units - 1))
    load_kw = float(np.exp(rng.uniform(np.log(50), np.log(5000))))
    unit_load_kw = load_kw / (units - failures)
    inverter = float(rng.uniform(0.88, 1.0))
    error = float(rng.choice([0.0, rng.uniform(0, 0.08)]))
    ride_through_s = float(np.exp(rng.uniform(np.log(30), np.log(900))))
    return UpsSystem(
        id=name,
        units=units,
        tolerated_failures=failures,
        unit_output_limit_kw=unit_load_kw * _headroom(rng),
        unit_input_limit_kw=load_kw / units / inverter * float(rng.uniform(1.05, 1.6)),
        protected_load_kw=load_kw,
        battery=_battery(rng, unit_load_kw / inverter, ride_through_s, error),
        reserve=ReservePolicy(ride_through_s=ride_through_s, soc_error_fraction=error),
        rectifier_efficiency=float(rng.uniform(0.9, 1.0)),
        inverter_efficiency=inverter,
        bidirectional=bool(rng.random() < 0.3),
    )


def _headroom(rng: Rng) -> float:
    """How far a limit lies above what is needed: rarely below, sometimes exactly at it."""
    return float(rng.choice([0.98, 1.0, rng.uniform(1.0, 1.5)], p=[0.005, 0.095, 0.9]))


def _battery(rng: Rng, terminal_kw: float, ride_through_s: float, error: float) -> Battery:
    health, cold = float(rng.uniform(0.6, 1.0)), float(rng.choice([1.0, rng.uniform(0.7, 1.0)]))
    cutoff = float(rng.choice([0.0, rng.uniform(0, 0.2)]))
    full = float(rng.choice([1.0, rng.uniform(0.85, 1.0)]))
    efficiency = float(rng.uniform(0.85, 1.0))
    table, usable = _table(rng)
    includes_loss = bool(table) and bool(rng.random() < 0.5)
    part = rng.uniform(0.08, full - cutoff - error) * rng.choice([1.0, 1.05], p=[0.9, 0.1])
    lost = usable * cold * (1.0 if includes_loss else efficiency)
    nominal_kwh = float(terminal_kw * ride_through_s / 3600 / lost / part / health)
    per_h = terminal_kw / (nominal_kwh * health)
    return Battery(
        nominal_kwh=nominal_kwh,
        charge_limit_kw=terminal_kw * float(rng.uniform(0.02, 0.5)),
        discharge_limit_kw=terminal_kw * _headroom(rng),
        state_of_health=health,
        cutoff_fraction=cutoff,
        max_fraction=full,
        charge_efficiency=float(rng.uniform(0.85, 1.0)),
        discharge_efficiency=efficiency,
        temperature_factor=cold,
        standby_loss_per_h=float(rng.choice([0.0, 1e-4, 1e-3])),
        usable_fraction_by_c_rate={rate * per_h: share for rate, share in table.items()},
        usable_fraction_includes_loss=includes_loss,
        wear_cost_per_kwh=float(rng.choice([0.0, 0.01, 0.05])),
    )


def _table(rng: Rng) -> tuple[dict[float, float], float]:
    """A maker's table over multiples of the rate in an outage, and what it says there."""
    if rng.random() < 0.3:
        return {}, 1.0
    rates = np.sort(rng.uniform(0.1, 0.98, rng.integers(1, 5)))
    rates = np.append(rates, rng.choice([0.99, 1.0 + 1e-9, rng.uniform(1.0, 2.0)], p=[0.005, 0.095, 0.9]))
    shares = np.sort(rng.uniform(0.6, 1.0, len(rates)))[::-1]
    table = dict(zip(rates.tolist(), shares.tolist(), strict=True))
    return table, rate_table(table).usable_fraction(1.0)


def _load_kw(rng: Rng, ups: UpsSystem, n: int) -> tuple[float, ...]:
    """A load below the protected one, and now and then above it."""
    most = 1.04 if rng.random() < 0.1 else 1.0
    return tuple((ups.protected_load_kw * rng.uniform(rng.uniform(0.2, 0.95), most, n)).tolist())


def _site(rng: Rng, systems: list[UpsSystem], loads: dict[str, tuple[float, ...]], unprotected_kw: float) -> Site:
    most_kw = unprotected_kw + sum(
        max(loads[ups.id]) / ups.inverter_efficiency / ups.rectifier_efficiency for ups in systems
    )
    room = rng.choice([rng.uniform(0.97, 1.02), rng.uniform(1.02, 1.5)], p=[0.1, 0.9])
    limits = Interconnection(
        import_limit_kw=float(most_kw * room), export_limit_kw=float(rng.choice([0.0, most_kw * rng.uniform(0, 0.5)]))
    )
    return Site(id="site", timezone="UTC", interconnection=limits, ups=tuple(systems))


def _prices(rng: Rng, n: int) -> np.ndarray:
    prices = rng.uniform(0.02, 0.4, n)
    if rng.random() < 0.3:
        prices -= rng.uniform(0, 0.5)
    if rng.random() < 0.3:
        prices[rng.integers(n)] *= np.exp(rng.uniform(np.log(3), np.log(300)))
    return prices


def _demand(rng: Rng, n: int) -> tuple[DemandTerm, ...]:
    if rng.random() < 0.5:
        return ()
    step = DemandStep(up_to_kw=float("inf"), rate_per_kw=float(rng.uniform(0.5, 20)))
    return (DemandTerm(charge="facility", billing_period="2026-07", intervals=np.arange(n), steps=(step,)),)


def _stored(rng: Rng, systems: list[UpsSystem]) -> dict[str, float]:
    """Mostly full, as a UPS is; some part full; some so low that the reserve may be gone."""
    low = rng.choice([1.0, 0.9, 0.0], p=[0.55, 0.4, 0.05])
    return {ups.id: ups.max_stored_kwh * float(rng.uniform(low, 1.0)) for ups in systems}

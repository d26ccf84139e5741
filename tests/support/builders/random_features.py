"""Random problems with everything that a site file may say of batteries, duties, swings, ramps and conditions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from random_sites import Rng, random_problem

from ridethrough.domain import (
    Capacitor,
    CleanShutdown,
    GeneratorSequence,
    LoadSwing,
    ReserveCondition,
    ReservePolicy,
    SiteState,
    UpsMode,
    UpsSystem,
    reserve_requirement,
)
from ridethrough.domain.conditions import ConditionKind
from ridethrough.domain.equipment.battery import Peukert
from ridethrough.optimizer import DispatchProblem

_KINDS = tuple(ConditionKind)
_FULL = (ConditionKind.STORM, ConditionKind.GRID_ALERT)


def random_featured_problem(rng: Rng) -> DispatchProblem:
    """A random problem whose systems, site and state have some of the features, each now and then."""
    plain = random_problem(rng)
    systems = tuple(_featured(rng, ups) for ups in plain.site.ups)
    n = plain.horizon.intervals
    loads = {ups.id: _loads(rng, ups, plain.load_kw[ups.id]) for ups in systems}
    after = {ups.id: tuple((ups.protected_load_kw * rng.uniform(0.3, 1.03, 3)).tolist()) for ups in systems}
    unprotected = np.array(plain.unprotected_load_kw)
    drawn_kw = float(unprotected.max()) + sum(ups.input_kw(max(loads[ups.id])) for ups in systems)
    room = float(rng.choice([1.02, rng.uniform(1.05, 1.6)], p=[0.1, 0.9]))
    limits = replace(
        plain.site.interconnection,
        import_limit_kw=drawn_kw * room,
        ramp_limit_kw_per_min=_ramp(rng, drawn_kw, plain.horizon.interval_minutes),
    )
    site = replace(plain.site, ups=systems, interconnection=limits)
    of_site, of_state = (_conditions(rng, plain, site.ups) for _ in range(2))
    return DispatchProblem(
        site=replace(site, conditions=of_site),
        horizon=plain.horizon,
        charges=plain.charges,
        load_kw=loads,
        unprotected_load_kw=plain.unprotected_load_kw,
        state=_state(rng, systems, of_state),
        plan_intervals=int(rng.integers(2, n + 1)) if rng.random() < 0.3 else None,
        load_after_kw=after if rng.random() < 0.5 else {},
    )


def _featured(rng: Rng, ups: UpsSystem) -> UpsSystem:
    """A system with features, its batteries sized again so that its reserve is mostly there."""
    changes: dict[str, Any] = {}
    battery: dict[str, Any] = {}
    if rng.random() < 0.2:
        battery |= {
            "usable_fraction_by_c_rate": {},
            "usable_fraction_includes_loss": False,
            "peukert": Peukert(rated_h=float(rng.choice([1, 10, 20])), exponent=float(rng.uniform(1.02, 1.3))),
        }
    if rng.random() < 0.25:
        start = float(rng.uniform(0.6, 0.9))
        battery["charge_taper_by_fraction"] = {start: 1.0, 1.0: float(rng.uniform(0.05, 0.9))}
    if rng.random() < 0.2:
        battery["power_by_fraction"] = {0.05: float(rng.uniform(0.75, 0.95)), 0.4: 0.97, 1.0: 1.0}
        battery["discharge_limit_kw"] = ups.battery.discharge_limit_kw * 1.5
    if rng.random() < 0.2:
        cold = float(rng.uniform(0.8, 1.0))
        battery |= {
            "temperature_factor": 1.0,
            "temperature_c": float(rng.uniform(-5, 30)),
            "usable_fraction_by_temperature_c": {-10.0: 0.7, 10.0: cold, 35.0: 1.0},
            "power_fraction_by_temperature_c": {-10.0: 0.8, 10.0: 0.95, 35.0: 1.0},
            "discharge_limit_kw": ups.battery.discharge_limit_kw * 1.4,
        }
    if rng.random() < 0.2:
        top = min(1.0, ups.inverter_efficiency)
        changes["inverter_efficiency_by_load_fraction"] = {
            0.1: 0.9 * top, 0.3: 0.97 * top, 0.6: top, 1.0: 0.985 * top,
        }  # fmt: skip
        changes["unit_input_limit_kw"] = ups.unit_input_limit_kw * 1.1
    if rng.random() < 0.2:
        changes["unit_state_of_health"] = tuple(rng.uniform(0.7, 1.0, ups.units).tolist())
    if rng.random() < 0.1 and ups.tolerated_failures:
        changes["unit_modes"] = (UpsMode.BYPASS,) + (UpsMode.NORMAL,) * (ups.units - 1)
        changes["unit_input_limit_kw"] = ups.unit_input_limit_kw * 1.6
    if rng.random() < 0.3:
        changes["reserve"] = _policy(rng, ups)
    if rng.random() < 0.25:
        changes |= _swing(rng, ups)
    changed = replace(ups, battery=replace(ups.battery, **battery), **changes)
    return _sized(changed, float(rng.choice([rng.uniform(0.3, 0.9), 1.02], p=[0.95, 0.05])))


def _sized(ups: UpsSystem, part: float) -> UpsSystem:
    """The system with as much nominal energy as makes its reserve about this part of what it may store."""
    for _ in range(12):
        fraction = reserve_requirement(ups, protected_load_kw=1.03 * ups.protected_load_kw).reserve_fraction
        unusable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
        wanted = unusable + part * (ups.battery.max_fraction - unusable)
        by = (fraction - unusable) / (wanted - unusable)
        if abs(by - 1) < 1e-3:
            break
        battery = ups.battery
        rates = {rate / by: usable for rate, usable in battery.usable_fraction_by_c_rate.items()}
        sized = replace(battery, nominal_kwh=battery.nominal_kwh * by, usable_fraction_by_c_rate=rates)
        ups = replace(ups, battery=sized)
    return ups


def _policy(rng: Rng, ups: UpsSystem) -> ReservePolicy:
    doubt = ups.reserve.soc_error_fraction
    kind = rng.integers(3)
    if kind == 0:
        return ReservePolicy(
            clean_shutdown=CleanShutdown(
                notice_s=float(rng.integers(10, 60)),
                checkpoint_s=float(rng.integers(0, 200)),
                power_off_s=float(rng.integers(0, 120)),
                checkpoint_load_fraction=float(rng.uniform(0.5, 1.0)),
            ),
            soc_error_fraction=doubt,
        )
    if kind == 1:
        terms = ("detection_s", "run_up_s", "synchronization_s", "transfer_s", "walk_in_s", "margin_s")
        seconds = {name: float(rng.integers(1, 20)) for name in terms}
        sequence = GeneratorSequence(attempts=int(rng.integers(1, 4)), **seconds)
        return ReservePolicy(generator_sequence=sequence, soc_error_fraction=doubt)
    return ReservePolicy(
        ride_through_s=float(rng.uniform(30, 300)), soc_error_fraction=doubt, outages_before_recharge=2
    )


def _swing(rng: Rng, ups: UpsSystem) -> dict[str, Any]:
    most_kw = min(ups.charge_limit_kw, ups.discharge_limit_kw)
    amplitude_kw = min(2 * ups.protected_load_kw, 2 * most_kw * float(rng.uniform(0.05, 1.1)))
    swing = LoadSwing(amplitude_kw=amplitude_kw, frequency_hz=float(rng.uniform(0.1, 3)))
    if rng.random() < 0.5:
        return {"swing": swing}
    capacitor = Capacitor(
        energy_kwh=amplitude_kw / 4 / swing.frequency_hz / 3600 * float(rng.uniform(0.2, 1.2)),
        power_kw=amplitude_kw / 2 * float(rng.uniform(0.2, 1.2)),
        healthy=bool(rng.random() < 0.8),
    )
    return {"swing": swing, "capacitor": capacitor}


def _loads(rng: Rng, ups: UpsSystem, load_kw: tuple[float, ...]) -> tuple[float, ...]:
    """Now and then a stretch above the protected load, that the rectifiers of the units in service can carry."""
    loads = np.minimum(np.array(load_kw), ups.protected_load_kw)
    if rng.random() < 0.3:
        first = int(rng.integers(len(loads)))
        loads[first : first + int(rng.integers(1, 4))] = ups.protected_load_kw * float(rng.uniform(1.0, 1.03))
    return tuple(loads.tolist())


def _ramp(rng: Rng, drawn_kw: float, minutes: int) -> float | None:
    if rng.random() < 0.7:
        return None
    return float(drawn_kw * np.exp(rng.uniform(np.log(1e-3), np.log(0.3))) / minutes)


def _conditions(rng: Rng, plain: DispatchProblem, systems: tuple[UpsSystem, ...]) -> tuple[ReserveCondition, ...]:
    if rng.random() < 0.75:
        return ()
    horizon = plain.horizon
    minutes = horizon.intervals * horizon.interval_minutes
    start = horizon.start + timedelta(minutes=float(rng.integers(-30, int(minutes * 1.1))))
    kind = _KINDS[rng.integers(len(_KINDS))]
    once_s = max(ups.reserve.outage.duration_s for ups in systems)
    longer = None if kind in _FULL or rng.random() < 0.3 else once_s * float(rng.uniform(0.5, 2.0))
    return (
        ReserveCondition(
            start=start,
            end=start + timedelta(minutes=float(rng.integers(5, 240))),
            kind=kind,
            ride_through_s=longer,
            ups=systems[rng.integers(len(systems))].id if rng.random() < 0.4 else None,
            hold_off_minutes=float(rng.integers(0, 240)) if rng.random() < 0.3 else None,
            ramp_minutes=float(rng.integers(0, 600)) if rng.random() < 0.3 else None,
        ),
    )


def _state(rng: Rng, systems: tuple[UpsSystem, ...], conditions: tuple[ReserveCondition, ...]) -> SiteState:
    """Mostly full, as a UPS is; some part full; a few so low that the reserve may be gone."""
    low = float(rng.choice([1.0, 0.95, 0.8, 0.0], p=[0.4, 0.35, 0.2, 0.05]))
    stored, units = {}, {}
    for ups in systems:
        if ups.unit_state_of_health:
            nominal = ups.battery.nominal_kwh * ups.battery.max_fraction
            of_units = nominal * np.array(ups.unit_state_of_health) * rng.uniform(low, 1.0, ups.units)
            units[ups.id] = tuple(of_units.tolist())
        else:
            stored[ups.id] = ups.max_stored_kwh * float(rng.uniform(low, 1.0))
    return SiteState(stored_kwh=stored, unit_stored_kwh=units, conditions=conditions)

"""The control law about a storm: no trade in the hold-off before it, no large step of the meter after it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from control_orders import ALONE_KW, horizon, orders, reserve_kwh
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import START, site, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, Site
from ridethrough.operation.control.control_law import ControlOutcome, apply_control_law
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.control.steps import MeterBefore

RESTS = MeterBefore(grid_kw=ALONE_KW, net_load_kw=ALONE_KW, carried_kw=ALONE_KW)
STEP_KW = 6500 / 480 * 15
"""The batteries' 6,500 kW in eight hours, a quarter of an hour of it."""


def stormy(premises: Site, start_h: float, end_h: float, ramp_minutes: float = 480.0) -> Site:
    start, end = (START + timedelta(hours=hours) for hours in (start_h, end_h))
    storm = ReserveCondition(start=start, end=end, kind=ConditionKind.STORM, ramp_minutes=ramp_minutes)
    return replace(premises, conditions=(storm,))


def loads_of(premises: Site, load_kw: list[float] | np.ndarray) -> MeasuredLoads:
    loads = np.broadcast_to(np.asarray(load_kw, dtype=float), (len(premises.ups), len(load_kw))).copy()
    return measured_loads(premises, horizon(len(load_kw)), loads, np.full(len(load_kw), 900.0))


def followed(
    premises: Site,
    asked: Orders,
    *,
    load_kw: list[float] | None = None,
    stored_kwh: float = 920.0,
    before: MeterBefore | None = RESTS,
) -> ControlOutcome:
    loads = loads_of(premises, load_kw or [4300.0] * asked.charge_kw.shape[1])
    return apply_control_law(premises, 0.25, loads, asked, [stored_kwh] * len(premises.ups), before)


def test_in_a_hold_off_orders_and_targets_discharge_nothing() -> None:
    done = followed(stormy(site(), 2, 3), orders(discharge=300, target=ALONE_KW - 500, intervals=8))

    assert done.discharge_kw.max() == 0
    assert followed(site(), orders(discharge=300, intervals=8)).discharge_kw[0, 0] == 300


def test_in_a_hold_off_the_import_limit_is_still_kept() -> None:
    limited = stormy(site(import_limit_kw=ALONE_KW - 80), 2, 3)

    done = followed(limited, orders(discharge=300, intervals=4))

    assert done.grid_kw == pytest.approx([ALONE_KW - 80] * 4)


def test_after_a_storm_a_discharge_rises_in_steps() -> None:
    done = followed(stormy(site(), -2, 0), orders(discharge=400, intervals=3))

    assert done.grid_kw == pytest.approx(ALONE_KW - np.minimum(STEP_KW * np.arange(1, 4), 400 / 0.97))


def test_after_a_storm_a_discharge_ends_in_steps_too() -> None:
    before = MeterBefore(grid_kw=ALONE_KW - 400, net_load_kw=ALONE_KW, carried_kw=ALONE_KW)

    done = followed(stormy(site(), -2, 0), orders(intervals=3), before=before)

    assert done.grid_kw == pytest.approx(ALONE_KW - np.maximum(0, 400 - STEP_KW * np.arange(1, 4)))


def test_the_reserve_comes_before_the_steps() -> None:
    """10 kWh are missing: they are charged at once, beyond the step; and a discharge ends where the reserve begins."""
    premises = stormy(site(), -2, 0, ramp_minutes=10_000)
    floor_kwh = reserve_kwh(premises)
    before = MeterBefore(grid_kw=ALONE_KW - 400, net_load_kw=ALONE_KW, carried_kw=ALONE_KW)

    charges = followed(premises, orders(), stored_kwh=floor_kwh - 10)
    ends = followed(premises, orders(), stored_kwh=floor_kwh, before=before)

    assert charges.charge_kw.item() == pytest.approx(10 / 0.97 * 4)
    assert ends.discharge_kw.item() == 0


def test_loads_may_step_and_batteries_do_not_add_to_it() -> None:
    loads = [4300.0, 4000.0, 4000.0]
    done = followed(stormy(site(), -2, 0, 10_000), orders(discharge=500, intervals=3), load_kw=loads, stored_kwh=900)

    small = 6500 / 10_000 * 15
    rests = 900 + np.array(loads) / 0.95 / 0.97
    assert np.abs(np.diff(done.grid_kw)) == pytest.approx([rests[0] - rests[1], small])


def test_without_what_was_before_the_first_step_is_free() -> None:
    done = followed(stormy(site(), -2, 0), orders(discharge=300), before=None)

    assert done.discharge_kw.item() == 300


def test_a_law_that_goes_on_from_its_last_interval_does_the_same() -> None:
    premises, asked = stormy(site(), -2, 0), orders(discharge=500, intervals=4)
    whole = followed(premises, asked, stored_kwh=900)
    loads, stored, before, parts = loads_of(premises, [4300.0] * 4), [900.0], RESTS, []
    for t in range(4):
        done = apply_control_law(premises, 0.25, loads.part(t, t + 1), orders(discharge=500), stored, before)
        assert done.last is not None
        stored, before = done.stored_kwh[:, -1].tolist(), done.last
        parts.append(done.grid_kw.item())

    assert parts == pytest.approx(whole.grid_kw.tolist(), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whatever_is_ordered_no_step_after_a_storm_is_larger_than_loads_and_reserve_ask(seed: int) -> None:
    rng = np.random.default_rng(seed)
    premises = stormy(
        site(*(ups_system(id=f"pod-{n}") for n in range(2)), import_limit_kw=13_000),
        -1,
        0,
        float(rng.uniform(120, 2000)),
    )
    ordered = Orders(
        charge_kw=rng.uniform(0, 1500, (2, 8)) * (rng.random((2, 8)) < 0.5),
        discharge_kw=rng.uniform(0, 3000, (2, 8)) * (rng.random((2, 8)) < 0.5),
        grid_target_kw=rng.uniform(9_000, 13_000, 8),
    )
    load_kw = rng.uniform(4200, 4400, 8)
    loads = loads_of(premises, load_kw)
    floor_kwh = reserve_kwh(premises)
    stored = rng.uniform(floor_kwh, 920, 2).tolist()
    rests = loads.net_load_kw

    done = apply_control_law(
        premises, 0.25, loads, ordered, stored,
        MeterBefore(grid_kw=rests[0], net_load_kw=rests[0], carried_kw=rests[0]),
    )  # fmt: skip

    limit = loads.step_limit_kw[0]
    on_floor = done.stored_kwh.min(axis=0)[1:] <= floor_kwh + 1e-6  # no energy is left to end a discharge gently
    meters = [rests[0], *done.grid_kw]
    for t, (was, now) in enumerate(pairwise(meters)):
        alone = abs(rests[t] - rests[max(t - 1, 0)])
        assert now - was <= max(limit, alone) + 1e-6 or on_floor[t]
        full = done.stored_kwh[:, t + 1].max() >= 920 - 1e-6
        assert was - now <= max(limit, alone) + 1e-6 or full

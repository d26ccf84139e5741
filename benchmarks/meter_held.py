"""How well the control loop holds the meter under a ceiling: one-second loads, billed by means of 15 minutes.

PYTHONPATH=$(make -s support) python -m benchmarks.meter_held [DAYS] [CYCLE_S] [PROCESSES]

The load is generated: a level with a daily wave, noise with a memory of a minute, a square swing of 100 kW with a
period of 10 s as AI training has it, and on most afternoons 20 to 40 minutes of 250 to 450 kW more. Every hour's policy
has the same ceiling: the lowest, in steps of 10 kW, that a study of the same days holds, and a step more. The study is
the same law on the load's means of 15 minutes, as if each were known when its interval begins. With several processes
each has some of the days, and begins at midnight with full batteries.
"""

import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta

import live
import numpy as np
from control_benches import RATES, control_bench
from numpy.typing import NDArray
from sites import START, ups_system

from ridethrough.domain import Horizon, Site
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.measured_loads import measured_loads
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.live.plan_in_force import PlanInForce

INTERVAL_S, DAY_S = 900, 86_400
UNPROTECTED_KW, PRICE_PER_KW = 900.0, 20.0
_ETA = 0.95 * 0.97
_STEP_KW, _OVER_KW = 10.0, 0.5
FloatArray = NDArray[np.float64]


def one_second_loads(days: int, seed: int = 1) -> FloatArray:
    """The load of the UPS system in each second (kW AC)."""
    random, seconds = np.random.default_rng(seed), np.arange(days * DAY_S)
    noise, kept, pushes = np.zeros(len(seconds)), float(np.exp(-1 / 60)), random.normal(0, 1, len(seconds))
    for second in range(1, len(seconds)):
        noise[second] = kept * noise[second - 1] + pushes[second]
    noise *= 40 / noise.std()
    load_kw = 4000 + 120 * np.sin(2 * np.pi * (seconds / DAY_S - 0.3)) + noise + 50 * np.sign(seconds % 10 - 4.5)
    for day in range(days):
        if random.random() < 0.8:
            begins = day * DAY_S + int(random.uniform(13, 16) * 3600)
            load_kw[begins : begins + int(random.uniform(20, 40) * 60)] += random.uniform(250, 450)
    return np.clip(load_kw, 3000, 4799)


def ceiling_plan(site: Site, days: int, ceiling_kw: float) -> PlanInForce:
    made = live.plan(site, discharge_kw=0.0, target_kw=ceiling_kw)
    intervals = days * DAY_S // INTERVAL_S
    hours = tuple(
        replace(live.POLICY, start=START + timedelta(hours=hour), ceiling_kw=ceiling_kw) for hour in range(24 * days)
    )

    def longer(row: tuple[float, ...], more: int = 0) -> tuple[float, ...]:
        return (row[0],) * (intervals + more)

    systems = {
        ups_id: replace(
            each,
            load_kw=longer(each.load_kw),
            charge_kw=longer(each.charge_kw),
            discharge_kw=longer(each.discharge_kw),
            stored_kwh=longer(each.stored_kwh, 1),
            reserve_kwh=longer(each.reserve_kwh, 1),
        )
        for ups_id, each in made.orders.systems.items()
    }
    orders = replace(
        made.orders,
        horizon=Horizon(start=START, interval_minutes=15, intervals=intervals),
        systems=systems,
        grid_target_kw=(ceiling_kw,) * intervals,
        spare_below_kw=(None,) * intervals,
        unprotected_load_kw=(UNPROTECTED_KW,) * intervals,
        hours=hours,
    )
    return replace(made, orders=orders, expires_at=START + timedelta(days=days))


async def controlled_kw(load_kw: FloatArray, days: int, cycle_s: int, ceiling_kw: float) -> FloatArray:
    """The mean of each interval at the meter, with the loop on the simulated equipment."""
    bench = control_bench(
        ups_system(usable_fraction_by_c_rate=RATES),
        plan=lambda site: ceiling_plan(site, days, ceiling_kw),
        load_kw=float(load_kw[0]),
        unprotected_kw=UNPROTECTED_KW,
        now=START,
        cycle_s=float(cycle_s),
        setpoint_s=3.0 * cycle_s,
        reading_max_age_s=2.0 * cycle_s,
        reversal_s=0.0,
    )
    meter_kw = np.zeros(len(load_kw))
    for second, load in enumerate(load_kw.tolist()):
        bench.ups.change(load_kw=load)
        if second % cycle_s == 0:
            await bench.controller.cycle()
            bench.ups.settle()
        meter_kw[second] = bench.simulated.grid_kw
        bench.simulated.advance(1.0)
        if (second + 1) % DAY_S == 0:
            day_kw = meter_kw[second + 1 - DAY_S : second + 1].reshape(-1, INTERVAL_S).mean(axis=1)
            print(f"day {(second + 1) // DAY_S}: highest interval {day_kw.max():,.1f} kW", file=sys.stderr, flush=True)
    return meter_kw.reshape(-1, INTERVAL_S).mean(axis=1)


def studied_kw(load_kw: FloatArray, days: int, ceiling_kw: float) -> FloatArray:
    """What a study meets: the control law on means of 15 minutes."""
    bench = control_bench(ups_system(usable_fraction_by_c_rate=RATES))
    site, plan = bench.site, ceiling_plan(bench.site, days, ceiling_kw)
    means = load_kw.reshape(-1, INTERVAL_S).mean(axis=1)
    horizon = plan.orders.horizon
    loads = measured_loads(site, horizon, means[None, :], np.full(len(means), UNPROTECTED_KW))
    stored, last, grid_kw = [site.ups[0].max_stored_kwh], None, []
    for index in range(len(means)):
        policy = plan.orders.policy_at(horizon.start + index * horizon.step)
        assert policy is not None
        part = loads.part(index, index + 1)
        left_h = 1 - index % 4 / 4
        orders = Orders(
            charge_kw=np.zeros((1, 1)),
            discharge_kw=np.zeros((1, 1)),
            grid_target_kw=np.array([ceiling_kw]),
            responses=(policy.response(max(0.0, stored[0] - float(part.floor_kwh.max())), left_h),),
        )
        done = apply_control_law(site, horizon.interval_h, part, orders, stored, last)
        stored, last = done.stored_kwh[:, -1].tolist(), done.last
        grid_kw.append(float(done.grid_kw[0]))
    return np.array(grid_kw)


def held_ceiling_kw(load_kw: FloatArray, days: int, highest_kw: float) -> float:
    """The lowest ceiling, in steps of 10 kW, that a study holds on all days, and a step more."""
    ceiling_kw = float(np.ceil(highest_kw / _STEP_KW) * _STEP_KW)
    while (studied_kw(load_kw, days, ceiling_kw - _STEP_KW) <= ceiling_kw - _STEP_KW + _OVER_KW).all():
        ceiling_kw -= _STEP_KW
    return ceiling_kw + _STEP_KW


def _part_of_days(load_kw: FloatArray, cycle_s: int, ceiling_kw: float) -> FloatArray:
    return asyncio.run(controlled_kw(load_kw, len(load_kw) // DAY_S, cycle_s, ceiling_kw))


def main() -> None:
    given = [int(each) for each in sys.argv[1:]]
    days, cycle_s, processes = (*given, *(30, 3, 1)[len(given) :])
    load_kw = one_second_loads(days)
    without = (load_kw / _ETA + UNPROTECTED_KW).reshape(-1, INTERVAL_S).mean(axis=1)
    ceiling_kw = held_ceiling_kw(load_kw, days, float(without.max()))
    parts = [part.ravel() for part in np.array_split(load_kw.reshape(days, DAY_S), processes)]
    with ProcessPoolExecutor(processes) as pool:
        done = pool.map(_part_of_days, parts, [cycle_s] * processes, [ceiling_kw] * processes)
        with_loop = np.concatenate(list(done))
    in_study = studied_kw(load_kw, days, ceiling_kw)
    print(f"{days} days of one-second loads, a cycle each {cycle_s} s, a ceiling of {ceiling_kw:,.0f} kW")
    for name, kw in (("without batteries", without), ("the loop", with_loop), ("the study", in_study)):
        over = kw > ceiling_kw + _OVER_KW
        saved = (without.max() - kw.max()) * PRICE_PER_KW
        highest = f"{name:18} highest interval {kw.max():8,.1f} kW"
        above = (
            f"above the ceiling {int(over.sum()):4} of {len(kw)} intervals by at most {kw.max() - ceiling_kw:6.1f} kW"
        )
        print(f"{highest}, {above}; saves {saved:8,.0f} a month at {PRICE_PER_KW:g} per kW")


if __name__ == "__main__":
    main()

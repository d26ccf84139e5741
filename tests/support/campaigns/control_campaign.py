"""Days of the control loop with random faults: is the reserve kept, and is every fault met in time?

PYTHONPATH=$(make -s support) python tests/support/campaigns/control_campaign.py [DAYS] [FIRST SEED]

A day has 24 h of cycles on a clock that the campaign moves, a plan that wants as much as it can get, a load that
changes, and 50 faults at random times. What is judged is the equipment itself, never what it tells:

- a reserve violation: stored energy falls below the floor while a setpoint discharges;
- an outage that is not carried. The reserve promises two between times at which batteries are at the floor again; what
  the third and later ones lose is told apart, and nothing may discharge between them;
- a setpoint past its expiry: the equipment follows a discharge after the time that was written with it;
- a reaction: after how many cycles of the controller a discharge that the fault must stop is no longer followed.

The floor is worked out here by the formula of the reserve, from the true load and the units that truly work.
"""

import asyncio
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

import live
from control_benches import RATES, ControlBench, control_bench
from sites import START, ups_system

from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.domain import ReservePolicy

CYCLE_S = 30.0
RESERVE = ReservePolicy(ride_through_s=150.0, outages_before_recharge=2)
"""Two outages of 150 s before batteries are recharged: 300 s of the protected load."""
FAULTS_A_DAY = 50
MOST_CYCLES = 2
KINDS = (
    "stale",
    "lost",
    "jump",
    "dead link",
    "wrong read-back",
    "refused",
    "clock ahead",
    "clock behind",
    "unit failure",
    "outage",
    "second outage",
    "generator test",
    "bypass",
    "operator hold",
    "dead meter",
    "own clock set",
    "another's setpoint",
)
_TELLING = {
    "stale": {"stale": True},
    "lost": {"lost": True},
    "jump": {"jump_kwh": 300.0},
    "dead link": {"dead": True},
    "wrong read-back": {"wrong_read_back_kw": 90.0},
    "refused": {"refuses": True},
    "clock ahead": {"clock_skew_s": 90.0},
    "clock behind": {"clock_skew_s": -200.0},
}
_ROUNDING_KWH = 1e-6
_GIVES = 0.7
_PLENTY_KWH = 20.0
_SUBSTEP_S = 5.0
_GIVEN_UP = 50
_SHOWN_EVERY = 50


@dataclass(kw_only=True)
class Tally:
    """What a campaign found."""

    days: int = 0
    cycles: int = 0
    discharging_cycles: int = 0
    discharged_kwh: float = 0.0
    outages: int = 0
    outages_in_discharge: int = 0
    below_floor: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)
    beyond_promise: list[str] = field(default_factory=list)
    past_expiry: list[str] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def violations(self) -> list[str]:
        slow = [f"{kind}: {max(cycles)} cycles" for kind, cycles in self.reactions.items() if max(cycles) > MOST_CYCLES]
        return [*self.below_floor, *self.unserved, *self.past_expiry, *slow]

    def table(self) -> str:
        rows = [f"{'fault':18} {'times':>6} {'in discharge':>13} {'reaction, cycles: mean':>23} {'worst':>6}"]
        for kind in KINDS:
            found = self.reactions.get(kind, [])
            met = [each for each in found if each > 0]
            mean = sum(met) / len(met) if met else 0.0
            rows.append(f"{kind:18} {len(found):6} {len(met):13} {mean:23.2f} {max(found, default=0):6}")
        return "\n".join(
            [
                f"{self.days} days, {self.cycles:,} cycles of {CYCLE_S:g} s",
                f"{self.discharging_cycles:,} cycles with a discharge, {self.discharged_kwh:,.0f} kWh",
                f"{self.outages} outages, {self.outages_in_discharge} of them in the middle of a discharge",
                f"reserve violations: {len(self.below_floor)}",
                f"outages not carried: {len(self.unserved)}",
                f"not carried, as the third or a later one before a recharge: {len(self.beyond_promise)}",
                f"setpoints past their expiry: {len(self.past_expiry)}",
                "",
                *rows,
            ]
        )


def floor_kwh(ups: SimulatedUps) -> float:
    """The reserve of the units that truly work, by its formula: protected or true load, one failure left of one."""
    working, load_kw = ups.state.working, max(4800.0, ups.state.load_kw)
    survivors = 4
    dc_kw = load_kw / 0.95
    rate = dc_kw / survivors / 184.0
    usable = next(
        at_low + (at_high - at_low) * (rate - low) / (high - low)
        for (low, at_low), (high, at_high) in pairwise(sorted(RATES.items()))
        if low <= rate <= high
    )
    fraction = 0.05 + dc_kw * 300 / 3600 / survivors / (184.0 * usable * 0.98)
    return fraction * working * 184.0


@dataclass(kw_only=True)
class _Fault:
    kind: str
    starts: int
    lasts: int


class Day:
    """One day; the fault that is on now is the only one, so that each reaction is its own."""

    def __init__(self, seed: int, tally: Tally) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a campaign, no secret
        self.seed, self.tally = seed, tally
        self.bench = self._bench()
        self.faults = self._faults()
        self.cycles = int(24 * 3600 / CYCLE_S)
        self.on: _Fault | None = None
        self.reacted, self.counting = 0, False
        self._unserved_kwh = 0.0
        self._outages_since_floor = 0

    def _bench(self) -> ControlBench:
        bench = control_bench(
            ups_system(usable_fraction_by_c_rate=RATES, reserve=RESERVE),
            load_kw=4300.0,
            generator_start_s=self.random.choice([60.0, 100.0, 145.0]),
            now=START,
            cycle_s=CYCLE_S,
            setpoint_s=2 * CYCLE_S,
            reading_max_age_s=1.5 * CYCLE_S,
            requalify_s=120.0,
            reversal_s=60.0,
        )
        bench.ups.faults = NO_FAULTS
        return bench

    def _faults(self) -> dict[int, _Fault]:
        cycles = int(24 * 3600 / CYCLE_S)
        slot = cycles // FAULTS_A_DAY
        kinds = [self.random.choice(KINDS) for _ in range(FAULTS_A_DAY)]
        faults = {}
        for index, kind in enumerate(kinds):
            starts = index * slot + self.random.randrange(10, slot // 2)
            faults[starts] = _Fault(kind=kind, starts=starts, lasts=self.random.randrange(3, slot // 3))
        return faults

    async def run(self) -> None:
        for index in range(self.cycles):
            self._plan(index)
            await self.bench.controller.cycle()
            self._count()
            if self.on is not None and index >= self.on.starts + self.on.lasts:
                self.tally.reactions[self.on.kind].append(self.reacted)
                self._end(self.on)
                self.on = None
            self._advance(self.faults.get(index))
        self.tally.days += 1
        self.tally.cycles += self.cycles

    def _count(self) -> None:
        """After each cycle since a fault that found a discharge: has the equipment still one to follow?"""
        if self.on is not None and self.counting:
            self.reacted += 1
            self.counting = self._ordered_kw() > 0 and self.reacted < _GIVEN_UP

    def _plan(self, index: int) -> None:
        """Every quarter of an hour a new plan that knows of the last outage: it gives or takes."""
        if index % int(900 / CYCLE_S):
            return
        now, gives = self.bench.simulated.now, self.random.random() < _GIVES
        power = {"discharge_kw": self.random.uniform(60, 600) if gives else 0.0, "charge_kw": 0.0 if gives else 1100.0}
        made = live.plan(self.bench.site, target_kw=6500.0, stored_kwh=900.0, **power)
        horizon = replace(made.orders.horizon, start=now)
        self.bench.plan = replace(
            made, made_at=now, expires_at=now + timedelta(hours=2), orders=replace(made.orders, horizon=horizon)
        )
        self.bench.ups.change(load_kw=self.random.uniform(3600.0, 4750.0))

    def _begin(self, fault: _Fault) -> None:
        ups, simulated = self.bench.ups, self.bench.simulated
        self.on, self.reacted = fault, 0
        self.counting = in_discharge = self._ordered_kw() > 0
        if fault.kind in _TELLING:
            ups.faults = replace(NO_FAULTS, **_TELLING[fault.kind])  # type: ignore[arg-type]
        elif fault.kind == "unit failure":
            ups.fail_units(1)
        elif fault.kind in {"outage", "second outage"}:
            fault.lasts = max(fault.lasts, 4)
            self.tally.outages += 1
            self.tally.outages_in_discharge += in_discharge
            if self.random.random() < 0.5:
                ups.fail_units(1)
            self._outage()
        elif fault.kind == "generator test":
            ups.change(generator_test=True)
        elif fault.kind == "bypass":
            ups.change(bypass=True)
        elif fault.kind == "operator hold":
            self.bench.held = "held by an operator"
        elif fault.kind == "own clock set":
            self.bench.clock_ahead = timedelta(seconds=self.random.choice([-1, 1]) * self.random.uniform(10, 7200))
        elif fault.kind == "another's setpoint":
            self._command()
        else:
            simulated.meter_faults = replace(NO_FAULTS, dead=True)

    def _end(self, fault: _Fault) -> None:
        ups, simulated = self.bench.ups, self.bench.simulated
        ups.faults = simulated.meter_faults = NO_FAULTS
        self.bench.held, self.bench.clock_ahead = "", timedelta()
        ups.change(generator_test=False, bypass=False, utility=True)
        ups.fail_units(0)
        if fault.kind == "second outage":
            # the utility comes back for a minute, and is lost again before batteries are recharged
            simulated.advance(60.0)
            self._outage()
            simulated.advance(120.0)
            simulated.restore()
            self.tally.outages += 1

    def _command(self) -> None:
        """Somebody else orders once: a discharge where energy is plenty, for ten minutes."""
        spare = self.bench.ups.state.stored_kwh > floor_kwh(self.bench.ups) + _PLENTY_KWH
        power = {"charge_kw": 0.0 if spare else 400.0, "discharge_kw": 700.0 if spare else 0.0}
        self.bench.ups.order(DeviceSetpoint(**power, valid_for_s=600.0))

    def _outage(self) -> None:
        self._outages_since_floor += 1
        self.bench.simulated.outage()

    def _ordered_kw(self) -> float:
        ordered = self.bench.ups.state.ordered
        return 0.0 if ordered is None else ordered.discharge_kw

    def _advance(self, fault: _Fault | None) -> None:
        """The time of a cycle in small steps, so that nothing is missed; a fault begins at one of them."""
        ups, simulated, tally = self.bench.ups, self.bench.simulated, self.tally
        gives, steps = False, int(CYCLE_S / _SUBSTEP_S)
        begins = self.random.randrange(steps)
        for number in range(steps):
            if fault is not None and number == begins:
                self._begin(fault)
            simulated.advance(_SUBSTEP_S)
            state = ups.state
            ordered = state.ordered
            if state.fed and state.stored_kwh >= floor_kwh(ups) - _ROUNDING_KWH:
                self._outages_since_floor = 0
            if not (state.fed and not state.bypass and state.discharge_kw > 0):
                continue
            gives = True
            tally.discharged_kwh += state.discharge_kw * _SUBSTEP_S / 3600
            if ordered is None or ordered.until < state.now - timedelta(seconds=_SUBSTEP_S):
                tally.past_expiry.append(f"day {self.seed}: {state.now} discharges without a setpoint in force")
            if state.stored_kwh < floor_kwh(ups) - _ROUNDING_KWH:
                tally.below_floor.append(f"day {self.seed}: {state.now} {state.stored_kwh} < {floor_kwh(ups)}")
        tally.discharging_cycles += gives
        if ups.state.unserved_kwh > self._unserved_kwh + _ROUNDING_KWH:
            lost = f"day {self.seed}: {ups.state.now} {ups.state.unserved_kwh - self._unserved_kwh} kWh"
            promised = self._outages_since_floor <= RESERVE.outages_before_recharge
            (tally.unserved if promised else tally.beyond_promise).append(lost)
            self._unserved_kwh = ups.state.unserved_kwh


def run_days(days: int, first_seed: int = 1) -> Tally:
    """Run days, each from its own seed."""
    tally = Tally()
    for seed in range(first_seed, first_seed + days):
        asyncio.run(Day(seed, tally).run())
    return tally


def main() -> int:
    days, first = (*map(int, sys.argv[1:]), *(10, 1)[len(sys.argv) - 1 :])
    began = time.monotonic()
    tally = Tally()
    for seed in range(first, first + days):
        asyncio.run(Day(seed, tally).run())
        if tally.days % _SHOWN_EVERY == 0 or tally.days == days:
            sys.stdout.write(f"{tally.table()}\n{time.monotonic() - began:,.0f} s\n")
            sys.stdout.writelines(f"VIOLATION {each}\n" for each in tally.violations[:20])
            sys.stdout.flush()
    return bool(tally.violations)


if __name__ == "__main__":
    sys.exit(main())

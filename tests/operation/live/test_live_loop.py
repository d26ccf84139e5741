"""Setpoints asked for again and again, and carried out by a battery: its energy never falls below the live reserve."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from live import plan, reading, situation, telemetry
from sites import START, site, ups_system

from ridethrough.domain import reserve_requirement
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.live.setpoints import setpoints_now

UPS = ups_system()
FLOOR_KWH = reserve_requirement(UPS).reserve_kwh
HOURS = 4
MINUTE = timedelta(minutes=1)


@st.composite
def hours(draw: st.DrawFn) -> tuple[HourPolicy, ...]:
    """A policy for every hour of the plan: some give, some take, all keep a ceiling."""
    found = []
    for hour in range(HOURS):
        does = draw(st.sampled_from(["gives", "takes", "rests"]))
        found.append(
            HourPolicy(
                start=START + timedelta(hours=hour),
                ceiling_kw=draw(st.floats(4500, 6500)),
                gives=does == "gives",
                takes=does == "takes",
                kept_kwh=draw(st.floats(0, 300)),
                capacity_kwh=920 - FLOOR_KWH,
                charge_kw=1200.0,
                discharge_kw=5000.0,
                stored_per_drawn=0.94,
                stored_per_relieved=0.99,
                fill_kw=draw(st.none() | st.floats(0, 6500)),
            )
        )
    return tuple(found)


@settings(max_examples=40)
@given(
    policies=hours(),
    start_kwh=st.floats(FLOOR_KWH, 920),
    asked_every=st.integers(1, 15),
    loads=st.lists(st.floats(0, 4800), min_size=16, max_size=16),
    powers_are_read=st.booleans(),
)
def test_a_battery_that_follows_never_falls_below_the_reserve(
    policies: tuple[HourPolicy, ...],
    start_kwh: float,
    asked_every: int,
    loads: list[float],
    powers_are_read: bool,  # noqa: FBT001 - drawn
) -> None:
    premises = replace(site(), ups=(UPS,))
    in_force = plan(premises, hours=policies)
    stored_kwh, charge_kw, discharge_kw = start_kwh, 0.0, 0.0
    for minute in range(60 * HOURS):
        now, load_kw = START + minute * MINUTE, loads[minute // 15]
        if minute % asked_every == 0:
            meter_kw = 900 + max(0.0, load_kw / 0.95 + charge_kw - discharge_kw) / 0.97
            powers = {"charge_kw": charge_kw, "discharge_kw": discharge_kw} if powers_are_read else {}
            read = reading(stored_kwh=stored_kwh, load_kw=load_kw, **powers)
            seen = telemetry(read, grid_kw=meter_kw, measured_at=now)
            answer = setpoints_now(situation(premises, now=now, plan=in_force, telemetry=seen))
            assert answer.mode == "plan", answer.why
            charge_kw, discharge_kw = answer.ups["pod-1"].charge_kw, answer.ups["pod-1"].discharge_kw
            at_meter_kw = 900 + (load_kw / 0.95 + charge_kw - discharge_kw) / 0.97
            resting_kw = 900 + load_kw / 0.95 / 0.97
            assert at_meter_kw <= max(6500.0, resting_kw) + 1e-6
            assert discharge_kw <= load_kw / 0.95 + 1e-6
        stored_kwh += (charge_kw * 0.97 - discharge_kw / 0.98) / 60
        assert FLOOR_KWH - 1e-6 <= stored_kwh <= 920 + 1e-6

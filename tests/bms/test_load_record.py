"""Loads are measured interval by interval, as they are and not as batteries make them look, or not at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from control_benches import control_bench
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.bms.load_record import LoadRecord, MeasuredLoads
from ridethrough.bms.meter_on_paper import began_of
from ridethrough.bms.simulated.faults import NO_FAULTS


def test_the_loads_of_each_interval_are_the_true_ones_while_batteries_give_power() -> None:
    bench = control_bench(cycle_s=30.0, setpoint_s=60.0, reading_max_age_s=60.0)
    told: list[MeasuredLoads] = []
    record = LoadRecord(site=bench.site, cycle_s=30.0, tell=told.append)
    for number in range(121):
        bench.ups.change(load_kw=4300.0 if number < 60 else 4000.0)
        bench.simulated.unprotected_load_kw = 900.0 if number < 90 else 700.0
        record.add(bench.cycle().reading)
    assert bench.ups.state.discharge_kw > 0
    assert [each.load_kw["pod-1"] for each in told] == pytest.approx([4300.0, 4300.0, 4000.0, 4000.0], abs=1.0)
    assert [each.unprotected_kw for each in told] == pytest.approx([900.0, 900.0, 900.0, 700.0], abs=2.0)
    assert [each.start for each in told] == [told[0].start + n * timedelta(minutes=15) for n in range(4)]
    assert MeasuredLoads.of(told[0].document()) == told[0]


def test_an_interval_with_an_outage_or_a_lost_value_in_it_is_not_measured() -> None:
    bench = control_bench(cycle_s=30.0, setpoint_s=60.0, reading_max_age_s=60.0, generator_start_s=60.0)
    told: list[MeasuredLoads] = []
    record = LoadRecord(site=bench.site, cycle_s=30.0, tell=told.append)
    for number in range(151):
        if number == 40:
            bench.simulated.outage()
        if number == 44:
            bench.simulated.restore()
        bench.simulated.meter_faults = NO_FAULTS if number != 100 else type(NO_FAULTS)(dead=True)
        record.add(bench.cycle().reading)
    assert [(each.start - told[0].start) / timedelta(minutes=15) for each in told] == [0, 2, 4]


@given(
    at=st.integers(0, 365 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    minutes=st.sampled_from([5, 15, 30, 60]),
    timezone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin"]),
)
def test_intervals_begin_on_the_local_clock(at: datetime, minutes: int, timezone: str) -> None:
    began = began_of(at, interval_s=60.0 * minutes, timezone=timezone)
    assert timedelta() <= at - began < timedelta(minutes=minutes)
    local = began.astimezone(ZoneInfo(timezone))
    assert (local.hour * 60 + local.minute) % minutes == 0
    assert (local.second, local.microsecond) == (0, 0)

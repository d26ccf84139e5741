"""What a control loop remembers of its readings bounds stored energy as all of them would, and stays small."""

from datetime import timedelta

import live
from hypothesis import given
from hypothesis import strategies as st
from sites import START, site

from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.history import ReadingHistory
from ridethrough.operation.live.judging import judge

readings = st.lists(st.tuples(st.floats(60, 600), st.none() | st.floats(0, 920)), min_size=1, max_size=40)


@given(steps=readings, last_kwh=st.floats(0, 920))
def test_it_believes_what_all_readings_together_let_it_believe(
    steps: list[tuple[float, float | None]], last_kwh: float
) -> None:
    """With readings that are a minute apart or more nothing is lost: the judgement is that of the whole history."""
    premises, history, told, now = site(), ReadingHistory(site=site()), [], START
    for seconds, stored_kwh in steps:
        now += timedelta(seconds=seconds)
        each = live.telemetry(live.reading(stored_kwh=stored_kwh), measured_at=now)
        history.add(each)
        told.append(each)
    now += timedelta(seconds=30)
    latest = live.telemetry(live.reading(stored_kwh=last_kwh), measured_at=now)
    by_all = judge(premises, latest, EnergyHistory.of(told), now).systems["pod-1"].stored_kwh
    by_kept = judge(premises, latest, history.before(), now).systems["pod-1"].stored_kwh
    assert by_kept == by_all


def test_it_stays_small_and_keeps_the_reading_before() -> None:
    history = ReadingHistory(site=site())
    for second in range(7200):
        history.add(live.telemetry(live.reading(stored_kwh=700.0), measured_at=START + timedelta(seconds=second)))
    before = history.before()
    assert len(before.measured_us) <= 14
    assert before.measured_us[-1] == (START + timedelta(seconds=7199)).timestamp() * 1e6

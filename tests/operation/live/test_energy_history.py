"""Many readings at once are believed as each is alone, and histories put together are as one."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from live import NOW
from sites import ups_system

from ridethrough.domain import UpsMode, UpsSystem
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.stored_energy import believed_kwh, stored_energy

ENERGY = st.none() | st.floats(-10.0, 1100.0)
READINGS = st.lists(
    st.builds(
        UpsReading,
        stored_kwh=ENERGY,
        unit_stored_kwh=st.lists(st.none() | st.floats(-1.0, 215.0), max_size=6).map(tuple)
        | st.lists(st.floats(0.0, 210.0), min_size=5, max_size=5).map(tuple),
        discharge_kw=st.none() | st.floats(0.0, 900.0),
        charge_kw=st.none() | st.floats(0.0, 900.0),
    )
    | st.none(),
    min_size=1,
    max_size=8,
)
MODES = st.just(()) | st.lists(st.sampled_from((UpsMode.NORMAL, UpsMode.BYPASS)), min_size=4, max_size=4).map(
    lambda four: (UpsMode.NORMAL, *four)
)
HEALTH = st.just(()) | st.lists(st.floats(0.6, 1.0), min_size=5, max_size=5).map(tuple)


def at_each_second(readings: list[UpsReading | None]) -> list[Telemetry]:
    return [
        Telemetry(measured_at=NOW + timedelta(seconds=second), ups={} if each is None else {"pod-1": each})
        for second, each in enumerate(readings)
    ]


@given(readings=READINGS, modes=MODES, health=HEALTH)
def test_each_is_believed_as_it_is_alone(
    readings: list[UpsReading | None], modes: tuple[UpsMode, ...], health: tuple[float, ...]
) -> None:
    ups: UpsSystem = ups_system(unit_modes=modes, unit_state_of_health=health)
    history = EnergyHistory.of(at_each_second(readings))
    found = believed_kwh(ups, history.systems["pod-1"]) if history.systems else np.full(len(readings), np.nan)
    alone = [None if each is None else stored_energy(ups, each)[0] for each in readings]
    np.testing.assert_allclose(found, [np.nan if each is None else each for each in alone], rtol=1e-12, atol=1e-12)


@given(readings=READINGS, cut=st.integers(0, 8))
def test_a_history_that_is_continued_is_as_one_that_was_read_at_once(
    readings: list[UpsReading | None], cut: int
) -> None:
    telemetry = at_each_second(readings)
    whole = EnergyHistory.of(telemetry)
    joined = EnergyHistory.of(telemetry[:cut]).followed_by(EnergyHistory.of(telemetry[cut:]))
    assert joined.systems.keys() == whole.systems.keys()
    np.testing.assert_array_equal(joined.measured_us, whole.measured_us)
    for name, system in whole.systems.items():
        np.testing.assert_array_equal(joined.systems[name].rows, system.rows)
    backwards = np.arange(len(telemetry))[::-1]
    np.testing.assert_array_equal(whole.at(backwards).measured_us, whole.measured_us[::-1])

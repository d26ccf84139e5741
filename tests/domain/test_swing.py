"""Load swings: the closed forms against a simulation of the wave, and what stays for the battery."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import ups_system

from ridethrough.domain import Capacitor, Interconnection, LoadSwing, Smoothing, UnableToAccept

AMPLITUDES = st.floats(1, 1e5)
FREQUENCIES = st.floats(0.05, 20)
RAMPS = st.floats(0, 1e6)


def smoothing(amplitude_kw: float = 2400.0, frequency_hz: float = 1.0, ramp_kw_per_s: float = 0.0) -> Smoothing:
    return Smoothing(swing=LoadSwing(amplitude_kw=amplitude_kw, frequency_hz=frequency_hz), ramp_kw_per_s=ramp_kw_per_s)


@pytest.mark.parametrize(("frequency_hz", "expected_kwh"), [(1.0, 0.167), (0.2, 0.833)])
def test_the_reference_figures(frequency_hz: float, expected_kwh: float) -> None:
    made = smoothing(frequency_hz=frequency_hz)

    assert made.energy_kwh == pytest.approx(expected_kwh, abs=5e-4)
    assert made.power_kw == 1200
    assert made.foreseen_energy_kwh == made.energy_kwh


@given(amplitude_kw=AMPLITUDES, frequency_hz=FREQUENCIES, ramp=RAMPS, more=st.floats(1, 10))
def test_energy_falls_with_frequency_and_with_the_ramp_allowed(
    amplitude_kw: float, frequency_hz: float, ramp: float, more: float
) -> None:
    here = smoothing(amplitude_kw, frequency_hz, ramp)
    for easier in (
        smoothing(amplitude_kw, frequency_hz * more, ramp),
        smoothing(amplitude_kw, frequency_hz, ramp * more),
    ):
        assert easier.energy_kwh <= here.energy_kwh * (1 + 1e-9)
    steeper = smoothing(amplitude_kw, frequency_hz, ramp * more)
    assert steeper.foreseen_energy_kwh <= here.foreseen_energy_kwh * (1 + 1e-9)
    assert here.foreseen_energy_kwh <= here.energy_kwh * (1 + 1e-9)


def simulated(made: Smoothing, supply_kw: np.ndarray, load_kw: np.ndarray, step_s: float) -> tuple[float, float]:
    """Energy (kWh, peak to peak) and power (kW) of the buffer between a load and its supply over one period."""
    assert np.abs(np.diff(supply_kw)).max() <= made.ramp_kw_per_s * step_s * (1 + 1e-6) + 1e-9
    given_kw = load_kw - supply_kw
    stored = np.concatenate([[0.0], np.cumsum(given_kw - given_kw.mean())]) * step_s
    return float(np.ptp(stored)) / 3600, float(np.abs(given_kw).max())


def wave(made: Smoothing, steps: int) -> tuple[np.ndarray, float]:
    """One period of the square wave about its mean, at the middle of every step."""
    half_kw = made.swing.amplitude_kw / 2
    return np.repeat([half_kw, -half_kw], steps // 2), 1 / made.swing.frequency_hz / steps


def rate_limited(made: Smoothing, load_kw: np.ndarray, step_s: float) -> np.ndarray:
    """Let a supply run after the load for two periods at no more than the ramp; return the second."""
    supply_kw, series = load_kw[-1], []
    for target_kw in np.tile(load_kw, 2):
        supply_kw += float(np.clip(target_kw - supply_kw, -made.ramp_kw_per_s * step_s, made.ramp_kw_per_s * step_s))
        series.append(supply_kw)
    return np.array(series[len(load_kw) :])


def foreseeing(made: Smoothing, load_kw: np.ndarray, step_s: float) -> np.ndarray:
    """Ramp through half way at each step of the load, clipped at the load: a trapezoid, or a triangle."""
    at_s = (np.arange(len(load_kw)) + 0.5) * step_s
    period_s = 1 / made.swing.frequency_hz
    to_next_step_s = np.minimum(at_s % (period_s / 2), period_s / 2 - at_s % (period_s / 2))
    return np.sign(load_kw) * np.minimum(np.abs(load_kw), made.ramp_kw_per_s * to_next_step_s)


@settings(max_examples=60, deadline=None)
@given(amplitude_kw=st.floats(100, 5000), frequency_hz=st.floats(0.1, 3), share=st.floats(0, 6))
def test_the_closed_forms_agree_with_a_simulation_of_the_wave(
    amplitude_kw: float, frequency_hz: float, share: float
) -> None:
    made = smoothing(amplitude_kw, frequency_hz, share * 2 * frequency_hz * amplitude_kw)
    load_kw, step_s = wave(made, 4000)
    supply_kw = rate_limited(made, load_kw, step_s) if made.follows else np.zeros_like(load_kw)

    energy_kwh, power_kw = simulated(made, supply_kw, load_kw, step_s)

    assert made.follows == (share > 1)
    assert made.energy_kwh == pytest.approx(energy_kwh, rel=0.01)
    assert made.power_kw == pytest.approx(power_kw, rel=0.01)

    foreseen_kwh, foreseen_kw = simulated(made, foreseeing(made, load_kw, step_s), load_kw, step_s)
    assert made.foreseen_energy_kwh == pytest.approx(foreseen_kwh, rel=0.01)
    assert foreseen_kw <= amplitude_kw / 2 + 1e-6


@settings(deadline=None)
@given(share=st.floats(0.05, 1))
def test_a_slow_ramp_limiter_takes_the_energy_of_flat_and_more_power(share: float) -> None:
    made = smoothing(ramp_kw_per_s=share * 2 * 2400)
    load_kw, step_s = wave(made, 4000)
    half_period = made.ramp_kw_per_s * 0.25
    rising = np.linspace(-half_period, half_period, 2000)

    energy_kwh, power_kw = simulated(made, np.concatenate([rising, -rising]), load_kw, step_s * 2000 / 1999)

    assert energy_kwh == pytest.approx(made.energy_kwh, rel=0.01)
    assert power_kw == pytest.approx(1200 + half_period, rel=0.01)


@given(amplitude_kw=AMPLITUDES, frequency_hz=FREQUENCIES, ramp=RAMPS)
def test_the_capacitor_that_is_sized_leaves_nothing_and_none_leaves_half(
    amplitude_kw: float, frequency_hz: float, ramp: float
) -> None:
    made = smoothing(amplitude_kw, frequency_hz, ramp)
    sick = Capacitor(energy_kwh=made.energy_kwh, power_kw=made.power_kw, healthy=False)

    assert made.battery_headroom_kw(made.capacitor) == pytest.approx(0, abs=1e-6 * amplitude_kw)
    assert made.battery_headroom_kw(None) == made.battery_headroom_kw(sick) == amplitude_kw / 2


@given(
    frequency_hz=FREQUENCIES,
    ramp=RAMPS,
    energy_kwh=st.floats(1e-6, 10),
    power_kw=st.floats(1, 5000),
    more=st.floats(1, 5),
)
def test_more_capacitor_or_more_ramp_never_leaves_more_for_the_battery(
    frequency_hz: float, ramp: float, energy_kwh: float, power_kw: float, more: float
) -> None:
    made = smoothing(frequency_hz=frequency_hz, ramp_kw_per_s=ramp)
    left_kw = made.battery_headroom_kw(Capacitor(energy_kwh=energy_kwh, power_kw=power_kw))

    assert 0 <= left_kw <= 1200
    assert made.battery_headroom_kw(Capacitor(energy_kwh=energy_kwh * more, power_kw=power_kw)) <= left_kw + 1e-6
    assert made.battery_headroom_kw(Capacitor(energy_kwh=energy_kwh, power_kw=power_kw * more)) <= left_kw + 1e-6
    steeper = smoothing(frequency_hz=frequency_hz, ramp_kw_per_s=ramp * more)
    assert steeper.battery_headroom_kw(Capacitor(energy_kwh=energy_kwh, power_kw=power_kw)) <= left_kw + 1e-6


@pytest.mark.parametrize(
    ("energy_kwh", "power_kw", "left_kw"),
    [(0.2, 2000, 0), (0.2, 900, 300), (0.1, 2000, 1200 - 720), (0.1, 500, 700)],
)
def test_what_is_left_by_power_and_by_energy(energy_kwh: float, power_kw: float, left_kw: float) -> None:
    """2.4 MW at 1 Hz: 0.1 kWh are 360 kJ, 720 kW for half a second."""
    capacitor = Capacitor(energy_kwh=energy_kwh, power_kw=power_kw)

    assert smoothing().battery_headroom_kw(capacitor) == pytest.approx(left_kw)


def test_a_small_capacitor_takes_the_top_of_a_followed_step() -> None:
    """2.4 MW at 0.1 Hz, 1 MW/s: of the triangle of 2.4 MW, 0.4 kWh take the top 1697 kW; held flat, 288 kW of 1200."""
    slow = smoothing(frequency_hz=0.1, ramp_kw_per_s=1000.0)

    assert slow.battery_headroom_kw(Capacitor(energy_kwh=0.4, power_kw=3000)) == pytest.approx(
        2400 - 1697.056, abs=1e-3
    )
    assert slow.battery_headroom_kw(Capacitor(energy_kwh=0.4, power_kw=500)) == pytest.approx(1200 - 288)


def test_every_fault_is_listed_at_once() -> None:
    for build, expected in (
        (lambda: LoadSwing(amplitude_kw=-1, frequency_hz=float("nan")), ["amplitude_kw", "frequency_hz"]),
        (lambda: Capacitor(energy_kwh=0, power_kw=float("inf")), ["energy_kwh", "power_kw"]),
        (lambda: smoothing(ramp_kw_per_s=-1), ["ramp_kw_per_s"]),
        (
            lambda: Interconnection(import_limit_kw=0, ramp_limit_kw_per_min=-1),
            ["import_limit_kw", "ramp_limit_kw_per_min"],
        ),
        (
            lambda: ups_system(units=0, tolerated_failures=0, swing=LoadSwing(amplitude_kw=9601, frequency_hz=1)),
            ["units", "swing.amplitude_kw"],
        ),
    ):
        with pytest.raises(UnableToAccept) as refused:
            build()
        assert [fault.field for fault in refused.value.faults] == expected


def test_batteries_keep_their_headroom_at_their_terminals() -> None:
    swing = LoadSwing(amplitude_kw=2400, frequency_hz=1)
    enough = Capacitor(energy_kwh=0.2, power_kw=1200)
    curve = {0.2: 0.9, 0.8: 0.96}

    assert ups_system().swing_headroom_kw == 0
    assert ups_system(swing=swing).swing_headroom_kw == pytest.approx(1200 / 0.95)
    assert ups_system(swing=swing, capacitor=enough).swing_headroom_kw == 0
    assert ups_system(swing=swing, inverter_efficiency_by_load_fraction=curve).swing_headroom_kw == pytest.approx(
        1200 / 0.9
    )


def test_standing_by_is_made_up_for() -> None:
    ups = ups_system(standby_loss_per_h=0.001)

    assert ups.standby_charge_kw == pytest.approx(920 * 0.0010005 / 0.97, rel=1e-6)
    assert ups_system(standby_loss_per_h=0.99999).standby_charge_kw == ups.charge_limit_kw

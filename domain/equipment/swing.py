r"""Load swings that repeat, and the capacitor that keeps them from the meter.

A square swing of amplitude `A` (kW, peak to peak) at `f` Hz is `A / 2` above its mean for half a period, then as much
below. The meter may ramp by at most `R` kW/s; a buffer gives or takes the difference.

    held flat        power A / 2               energy A / (4 f)                      any R, also 0
    followed at R    power A                   energy A^2 / (2 R)                    R > 2 f A
    foreseen         power A / 2               energy A / (4 f) - R / (16 f^2)       R <= 2 f A
                                               energy A^2 / (4 R)                    R >  2 f A

Held flat: `A / 2` for `1 / (2 f)` s. Followed: the supply starts after each step and reaches the load `A / R` s later,
a triangle of height `A`. Below `R = 2 f A` it would not reach the load before the next step, and giving way takes the
same energy as holding flat, at more power; so it is held flat. Foreseen: where the period is known, the supply starts
`A / (2 R)` s (at most a quarter period) before each step, is half way at the step, and needs less. A capacitor is sized
without foresight. Energy is kW s here, kWh in the code.

Limits: halves of equal length (for flat supply the most energy of any duty, but a short pulse asks for up to `A` of
power), steps that take no time, a swing that goes on (a job that begins or ends is a step of the mean, which the meter
follows), usable energy without the capacitor's own losses. A sine of the same amplitude needs `A / (2 pi f)`.

Source: integration by hand; `docs/swings.md`.
"""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSwing:
    """A square swing of a load, as synchronous training makes it: peak to peak in kW (AC), and how often a second."""

    amplitude_kw: float
    frequency_hz: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("amplitude_kw", self.amplitude_kw)
        checks.positive("frequency_hz", self.frequency_hz)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacitor:
    """A supercapacitor at the load: energy between its usable voltages (kWh), power either way (kW AC), and health.

    One that is not `healthy` takes nothing.
    """

    energy_kwh: float
    power_kw: float
    healthy: bool = True

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("energy_kwh", self.energy_kwh)
        checks.positive("power_kw", self.power_kw)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """A swing kept from the meter but for a ramp of `ramp_kw_per_s` (0: none at all); see the module for the algebra.

    >>> swing = LoadSwing(amplitude_kw=2400, frequency_hz=1)
    >>> round(Smoothing(swing=swing).energy_kwh, 3), Smoothing(swing=swing).power_kw
    (0.167, 1200.0)
    """

    swing: LoadSwing
    ramp_kw_per_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("ramp_kw_per_s", self.ramp_kw_per_s)
        checks.raise_faults()

    @property
    def follows(self) -> bool:
        """Whether the supply follows each step, rather than to hold the mean."""
        return self.ramp_kw_per_s > 2 * self.swing.frequency_hz * self.swing.amplitude_kw

    @property
    def energy_kwh(self) -> float:
        """The usable energy that the buffer needs."""
        if self.follows:
            return self.swing.amplitude_kw**2 / (2 * self.ramp_kw_per_s) / _SECONDS_PER_HOUR
        return self.swing.amplitude_kw / (4 * self.swing.frequency_hz) / _SECONDS_PER_HOUR

    @property
    def power_kw(self) -> float:
        """The power that the buffer needs, either way."""
        return self.swing.amplitude_kw if self.follows else self.swing.amplitude_kw / 2

    @property
    def foreseen_energy_kwh(self) -> float:
        """The usable energy that does where a controller knows the period, at half the amplitude of power."""
        if self.follows:
            return self.energy_kwh / 2
        return self.energy_kwh - self.ramp_kw_per_s / (16 * self.swing.frequency_hz**2) / _SECONDS_PER_HOUR

    @property
    def capacitor(self) -> Capacitor:
        """The least capacitor that takes the swing whole."""
        return Capacitor(energy_kwh=self.energy_kwh, power_kw=self.power_kw)

    def battery_headroom_kw(self, capacitor: Capacitor | None) -> float:
        """The power that stays for the battery, either way: what the capacitor cannot take by power, energy or health.

        Both share each half period from its start: held flat, a capacitor of energy `e` takes `2 f e` of the `A / 2`;
        followed at `R`, it takes the top of the triangle, `sqrt(2 R e)` of `A`. The better of the two counts.
        """
        amplitude_kw = self.swing.amplitude_kw
        if capacitor is None or not capacitor.healthy:
            return amplitude_kw / 2
        energy_kws = capacitor.energy_kwh * _SECONDS_PER_HOUR
        flat_kw = amplitude_kw / 2 - min(capacitor.power_kw, 2 * self.swing.frequency_hz * energy_kws)
        if not self.follows:
            return max(0.0, flat_kw)
        followed_kw = amplitude_kw - min(capacitor.power_kw, math.sqrt(2 * self.ramp_kw_per_s * energy_kws))
        return max(0.0, min(flat_kw, followed_kw))

r"""Repeating load swings, and the capacitor that keeps them from the meter.

A square swing of amplitude `A` (kW, peak to peak) at `f` Hz is `A / 2` above its mean for half a period, then `A / 2`
below it. The meter may ramp by at most `R` kW/s; a buffer supplies or absorbs the difference.

    held flat        power A / 2               energy A / (4 f)                      any R, also 0
    followed at R    power A                   energy A^2 / (2 R)                    R > 2 f A
    foreseen         power A / 2               energy A / (4 f) - R / (16 f^2)       R <= 2 f A
                                               energy A^2 / (4 R)                    R >  2 f A

Held flat: the buffer gives `A / 2` for `1 / (2 f)` s. Followed: the supply starts to ramp after each step and reaches
the load `A / R` s later, so the buffer covers a triangle of height `A`. Below `R = 2 f A` the supply would not reach
the load before the next step. Following would then take the same energy as holding flat, at more power; so the supply
is held flat. Foreseen: if the period is known, the supply starts to ramp `A / (2 R)` s (at most a quarter period)
before each step, is half way at the step, and the buffer needs less energy. A capacitor is sized without foresight.
Energy is in kW s here, and in kWh in the code.

Limits of this model: both halves of the period are equally long (for a flat supply this needs the most energy, but a
short pulse needs up to `A` of power). Steps take no time. The swing continues: a job that begins or ends is a step of
the mean, and the meter follows it. Usable energy excludes the capacitor's own losses. A sine of the same amplitude
needs `A / (2 pi f)`.

Source: integration by hand; `docs/swings.md`.
"""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSwing:
    """A square swing of a load, as synchronous training causes it: peak to peak in kW (AC), and frequency in Hz."""

    amplitude_kw: float
    frequency_hz: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("amplitude_kw", self.amplitude_kw)
        checks.positive("frequency_hz", self.frequency_hz)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacitor:
    """A supercapacitor at the load: energy between its usable voltages (kWh), power in both directions (kW AC).

    A capacitor that is not `healthy` absorbs nothing.
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
    """A swing of which the meter sees at most a ramp of `ramp_kw_per_s` (0: nothing).

    The algebra is in the module's docstring.

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
        """Whether the supply follows each step instead of holding the mean."""
        return self.ramp_kw_per_s > 2 * self.swing.frequency_hz * self.swing.amplitude_kw

    @property
    def energy_kwh(self) -> float:
        """The usable energy that the buffer needs."""
        if self.follows:
            return self.swing.amplitude_kw**2 / (2 * self.ramp_kw_per_s) / _SECONDS_PER_HOUR
        return self.swing.amplitude_kw / (4 * self.swing.frequency_hz) / _SECONDS_PER_HOUR

    @property
    def power_kw(self) -> float:
        """The power that the buffer needs, in both directions."""
        return self.swing.amplitude_kw if self.follows else self.swing.amplitude_kw / 2

    @property
    def foreseen_energy_kwh(self) -> float:
        """The usable energy that is enough if a controller knows the period, at half the amplitude of power."""
        if self.follows:
            return self.energy_kwh / 2
        return self.energy_kwh - self.ramp_kw_per_s / (16 * self.swing.frequency_hz**2) / _SECONDS_PER_HOUR

    @property
    def capacitor(self) -> Capacitor:
        """The smallest capacitor that absorbs the whole swing."""
        return Capacitor(energy_kwh=self.energy_kwh, power_kw=self.power_kw)

    def battery_headroom_kw(self, capacitor: Capacitor | None) -> float:
        """The power left for the battery, in both directions, because the capacitor lacks power, energy or health.

        Battery and capacitor share each half period from its start. Held flat, a capacitor of energy `e` takes `2 f e`
        of the `A / 2`. Followed at `R`, it takes the top of the triangle, `sqrt(2 R e)` of `A`. The better of the two
        counts.
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

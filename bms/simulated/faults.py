"""What can be wrong with what a simulated device tells, and with the way to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingFaults:
    """Faults of the telling, not of the equipment; without any a device tells what is true.

    `dead`: there is no answer. `late_s`: an answer takes this long. `stale`: the last reading is told again, with its
    time. `lost`: stored energy is not a number. `jump_kwh` is added to the stored energy that is told.
    `wrong_read_back_kw` is added to the discharge that is read back. `refuses`: setpoints are refused. `clock_skew_s`
    is how far the device's clock is ahead. `noise_fraction` is the size of random errors of powers and energy.
    """

    dead: bool = False
    late_s: float = 0.0
    stale: bool = False
    lost: bool = False
    jump_kwh: float = 0.0
    wrong_read_back_kw: float = 0.0
    refuses: bool = False
    clock_skew_s: float = 0.0
    noise_fraction: float = 0.0


NO_FAULTS = TellingFaults()

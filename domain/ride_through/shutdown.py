"""The clean shutdown: the work is saved and the load powers off, without waiting for generators."""

from dataclasses import dataclass
from itertools import pairwise

from ridethrough.domain.ride_through.duty import BackupDuty, DutyStep, falling_steps
from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanShutdown:
    """Full load during the notice and the checkpoint, then a falling load during power-off.

    The load falls linearly to 0 over `power_off_s`, or by `power_off_steps` if they are given instead. `margin_s` at
    full load comes before everything else.
    """

    notice_s: float
    checkpoint_s: float
    power_off_s: float = 0.0
    power_off_steps: tuple[DutyStep, ...] = ()
    checkpoint_load_fraction: float = 1.0
    margin_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("notice_s", "checkpoint_s", "power_off_s", "margin_s"):
            checks.not_negative(name, getattr(self, name))
        fraction = self.checkpoint_load_fraction
        checks.require(0 < fraction <= 1, "checkpoint_load_fraction", fraction, "a fraction above 0 and up to 1")
        checks.require(
            not (self.power_off_steps and self.power_off_s),
            "power_off_s",
            self.power_off_s,
            "left out if power_off_steps are given",
        )
        loads = [fraction, *(step.load_fraction for step in self.power_off_steps)]
        falls = all(later <= earlier for earlier, later in pairwise(loads))
        checks.require(falls, "power_off_steps", loads[1:], f"load fractions that never rise, from {fraction:g}")
        checks.raise_faults()
        checks.require(self.notice_s + self.checkpoint_s > 0, "notice_s", self.notice_s, "above 0, or a checkpoint_s")
        checks.raise_faults()

    @property
    def build_up_s(self) -> dict[str, float]:
        """The terms in their order, in seconds."""
        by_steps = sum(step.seconds for step in self.power_off_steps)
        return {
            "margin": self.margin_s,
            "notice": self.notice_s,
            "checkpoint": self.checkpoint_s,
            "power-off": by_steps or self.power_off_s,
        }

    @property
    def duty(self) -> BackupDuty:
        """The load profile until everything is off."""
        full_s = self.margin_s + self.notice_s
        steps = [DutyStep(seconds=full_s, load_fraction=1.0)] if full_s else []
        if self.checkpoint_s:
            steps.append(DutyStep(seconds=self.checkpoint_s, load_fraction=self.checkpoint_load_fraction))
        falling = falling_steps(self.power_off_s, from_fraction=self.checkpoint_load_fraction, to_fraction=0.0)
        return BackupDuty(name="clean_shutdown", steps=(*steps, *(self.power_off_steps or falling)))

"""The publishers beside a control loop: a cycle goes to the journal and to them, and their failures to the journal."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ridethrough.bms.controller import Cycle
from ridethrough.bms.drivers.driver import system_clock
from ridethrough.bms.journal import Journal
from ridethrough.bms.publishing.beside import Beside
from ridethrough.bms.publishing.publisher import Published
from ridethrough.operation.live.plan_in_force import PlanInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """Writes cycles by `write`, and gives them to the publishers; `plan` is the plan in force at a moment, if any."""

    write: Callable[[Cycle], None]
    journal: Journal
    beside: Beside
    plan: Callable[[datetime], PlanInForce | str]

    def __call__(self, cycle: Cycle) -> None:
        """Publish, and write."""
        plan = self.plan(cycle.at)
        self.beside.offer(Published(cycle=cycle, plan=plan if isinstance(plan, PlanInForce) else None))
        self.write_failures()
        self.write(cycle)

    def stop(self) -> None:
        """End every publisher, and write what failed."""
        self.beside.stop()
        self.write_failures()

    def write_failures(self) -> None:
        """Write which publisher failed, or works again; a journal that cannot be written is told of by the cycle."""
        for name, why in self.beside.told():
            with suppress(OSError):
                self.journal.write(
                    "publish_failed" if why else "publish_works", system_clock(), publisher=name, why=why
                )

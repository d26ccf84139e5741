"""What runs beside a control loop: publishers hear of each cycle, and the journal of them and of grid events."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ridethrough.api.operating.openadr.polling import OpenAdrPolling
from ridethrough.bms.cycle import Cycle
from ridethrough.bms.drivers.driver import system_clock
from ridethrough.bms.journal import Journal
from ridethrough.bms.publishing.beside import Beside
from ridethrough.bms.publishing.publisher import Published
from ridethrough.operation.live.plan_in_force import PlanInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """Writes cycles by `write`, and gives them to the publishers; `plan` is the plan in force at a moment, if any.

    `grid` asks for grid events, where there are any.
    """

    write: Callable[[Cycle], None]
    journal: Journal
    beside: Beside
    plan: Callable[[datetime], PlanInForce | str]
    grid: OpenAdrPolling | None

    def __call__(self, cycle: Cycle) -> None:
        """Publish, and write."""
        plan = self.plan(cycle.at)
        self.beside.offer(Published(cycle=cycle, plan=plan if isinstance(plan, PlanInForce) else None))
        self._write_news()
        self.write(cycle)

    def start(self) -> None:
        """Start every publisher, and the questions for grid events."""
        self.beside.start()
        if self.grid is not None:
            self.grid.start()

    def stop(self) -> None:
        """End them, and write what failed."""
        self.beside.stop()
        if self.grid is not None:
            self.grid.stop()
        self._write_news()

    def _write_news(self) -> None:
        """Write what happened beside the loop; a journal that cannot be written is told of by the cycle."""
        for what, how in () if self.grid is None else self.grid.told():
            with suppress(OSError):
                self.journal.write(what, system_clock(), how=how)
        for name, why in self.beside.told():
            with suppress(OSError):
                self.journal.write(
                    "publish_failed" if why else "publish_works", system_clock(), publisher=name, why=why
                )

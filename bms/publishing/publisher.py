"""The protocol of a publisher, and what a cycle of the controller says to all of them."""

import math
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ridethrough.bms.cycle import Cycle, SystemCycle
from ridethrough.bms.drivers.published_state import PublishedState
from ridethrough.operation.live.plan_in_force import PlanInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is published after a cycle: the state of each system, and the plan that it follows (None: it holds)."""

    cycle: Cycle
    plan: PlanInForce | None

    @property
    def states(self) -> Mapping[str, PublishedState]:
        """The state of each system."""
        return {ups_id: _state(self.cycle, each) for ups_id, each in self.cycle.ups.items()}


class Publisher(Protocol):
    """Tells somebody of the systems; it is called in a thread of its own, and may fail as it likes."""

    @property
    def name(self) -> str:
        """What it is called in the journal."""

    def publish(self, published: Published) -> Awaitable[None]:
        """Tell of a cycle."""

    def close(self) -> Awaitable[None]:
        """Say that we are gone, as far as that can be said."""


def _state(cycle: Cycle, system: SystemCycle) -> PublishedState:
    """What was written and read back; a system that was told nothing is at rest, and the reason says why."""
    told, reserve_kwh = system.told, system.reserve_kwh
    said = (cycle.why if cycle.mode.value == "hold" else "", system.why, *system.refused, system.fault)
    return PublishedState(
        charge_kw=0.0 if told is None else told.charge_kw,
        discharge_kw=0.0 if told is None else told.discharge_kw,
        stored_kwh=system.stored_kwh,
        reserve_kwh=reserve_kwh if math.isfinite(reserve_kwh) else None,
        mode=cycle.mode.value,
        why="; ".join(dict.fromkeys(each for each in said if each)),
        valid_until=cycle.at + timedelta(seconds=0.0 if told is None else told.valid_for_s),
    )

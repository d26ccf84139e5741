"""A controller on a simulated site whose clock the test moves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import live
from sites import START, ups_system
from sites import site as site_of

from ridethrough.bms.controller import Controller
from ridethrough.bms.cycle import Cycle
from ridethrough.bms.drivers.simulated import SimulatedMeterDriver, SimulatedUpsDriver
from ridethrough.bms.ordering import LocalOrdering
from ridethrough.bms.simulated.site import SimulatedSite
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain import Site
from ridethrough.domain.site_equipment import Device, SiteEquipment
from ridethrough.operation.live.plan_in_force import PlanInForce

RATES = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}
BEGIN = START + timedelta(hours=1)


@dataclass(kw_only=True)
class ControlBench:
    """A site, its simulated equipment and its controller.

    `plan`, `held` and `clock_ahead` (how far the clock of the controller's machine was set) may be changed as the test
    goes on.
    """

    site: Site
    equipment: SiteEquipment
    simulated: SimulatedSite
    controller: Controller
    ordering: LocalOrdering
    plan: PlanInForce | str
    held: str = ""
    clock_ahead: timedelta = timedelta()
    cycles: list[Cycle] = field(default_factory=list)

    def cycle(self, times: int = 1) -> Cycle:
        """Run cycles, with the time between them."""

        async def run() -> Cycle:
            for _ in range(times):
                self.cycles.append(await self.controller.cycle())
                self.simulated.advance(self.equipment.cycle_s)
            return self.cycles[-1]

        return asyncio.run(run())

    @property
    def ups(self) -> Any:  # noqa: ANN401
        return self.simulated.ups["pod-1"]

    def store(self, unit_kwh: float) -> None:
        """Let every unit of the first system hold so much energy."""
        state = self.ups.state
        self.ups.state = replace(state, units=tuple(replace(unit, stored_kwh=unit_kwh) for unit in state.units))


def control_bench(
    *systems: Any,  # noqa: ANN401
    plan: Callable[[Site], PlanInForce | str] | None = None,
    load_kw: float = 4300.0,
    unprotected_kw: float = 900.0,
    generator_start_s: float = 60.0,
    now: datetime = BEGIN,
    import_limit_kw: float = 6500.0,
    write: Callable[[Cycle], None] = lambda _: None,
    **equipment: Any,  # noqa: ANN401
) -> ControlBench:
    """A bench whose plan discharges 300 kW all the time, unless another is given."""
    premises = site_of(*(systems or (ups_system(usable_fraction_by_c_rate=RATES),)), import_limit_kw=import_limit_kw)
    simulated = SimulatedSite(
        premises,
        now=now,
        loads_kw={ups.id: load_kw for ups in premises.ups},
        unprotected_load_kw=unprotected_kw,
        generator_start_s=generator_start_s,
    )
    settings = SiteEquipment(
        meter=Device(driver="simulated"),
        ups={ups.id: Device(driver="simulated") for ups in premises.ups},
        **{"cycle_s": 1.0, "setpoint_s": 3.0, "reading_max_age_s": 5.0, "requalify_s": 10.0, **equipment},
    )
    made: list[ControlBench] = []
    ordering = LocalOrdering(
        site=premises,
        plan=lambda _: made[0].plan,
        held=lambda: made[0].held,
        overlap=timedelta(seconds=settings.setpoint_s),
    )
    ahead = lambda: made[0].clock_ahead if made else timedelta()  # noqa: E731
    controller = controller_of(premises, simulated, settings, ordering, ahead=ahead, write=write)
    made.append(
        ControlBench(
            site=premises,
            equipment=settings,
            simulated=simulated,
            controller=controller,
            ordering=ordering,
            plan=(plan or live.plan)(premises),
        )
    )
    return made[0]


def controller_of(
    premises: Site,
    simulated: SimulatedSite,
    settings: SiteEquipment,
    ordering: LocalOrdering,
    *,
    ahead: Callable[[], timedelta] = timedelta,
    write: Callable[[Cycle], None] = lambda _: None,
) -> Controller:
    """A controller of simulated equipment, on a clock that is `ahead`; another one may drive the same."""
    return Controller(
        site=premises,
        equipment=settings,
        drivers={ups_id: SimulatedUpsDriver(ups, timeout_s=0.05) for ups_id, ups in simulated.ups.items()},
        meter=SimulatedMeterDriver(simulated, timeout_s=0.05),
        ordering=ordering,
        clock=SteadyClock(wall=lambda: simulated.clock() + ahead(), monotonic=lambda: simulated.clock().timestamp()),
        write=write,
    )

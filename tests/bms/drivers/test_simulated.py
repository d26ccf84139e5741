"""The drivers of simulated equipment do what every driver must do."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from driver_conformance import Bench, DriverConformance
from sites import START, site

from ridethrough.bms.drivers.simulated import SimulatedMeterDriver, SimulatedUpsDriver
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.bms.simulated.site import SimulatedSite


def simulated_site() -> SimulatedSite:
    return SimulatedSite(site(), now=START, loads_kw={"pod-1": 4300.0}, unprotected_load_kw=900.0)


class TestSimulatedUps(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        premises = simulated_site()
        ups = premises.ups["pod-1"]
        ups.state = replace(ups.state, units=tuple(replace(unit, stored_kwh=150.0) for unit in ups.state.units))

        def with_faults(**faults: object):  # noqa: ANN202
            async def set_faults() -> None:
                ups.faults = replace(NO_FAULTS, **faults)  # type: ignore[arg-type]

            return set_faults

        async def expire(seconds: float) -> None:
            premises.advance(seconds)

        async def discharging_kw() -> float | None:
            ordered = ups.state.ordered
            return None if ordered is None else ordered.discharge_kw - ordered.charge_kw

        yield Bench(
            driver=SimulatedUpsDriver(ups, timeout_s=0.2),
            stored_kwh=750.0,
            load_kw=4300.0,
            now=START,
            discharging_kw=discharging_kw,
            kill=with_faults(dead=True),
            revive=with_faults(),
            stall=with_faults(late_s=5.0),
            resume=with_faults(),
            lie=with_faults(wrong_read_back_kw=80.0),
            refuse=with_faults(refuses=True),
            lose=with_faults(lost=True),
            expire=expire,
        )


class TestSimulatedMeter(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        premises = simulated_site()

        def with_faults(**faults: object):  # noqa: ANN202
            async def set_faults() -> None:
                premises.meter_faults = replace(NO_FAULTS, **faults)  # type: ignore[arg-type]

            return set_faults

        yield Bench(
            driver=SimulatedMeterDriver(premises, timeout_s=0.2),
            grid_kw=900.0 + 4300.0 / 0.95 / 0.97,
            now=START,
            kill=with_faults(dead=True),
            revive=with_faults(),
            stall=with_faults(late_s=5.0),
            resume=with_faults(),
            lose=with_faults(lost=True),
        )

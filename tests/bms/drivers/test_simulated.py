"""The drivers of simulated equipment do what every driver must do."""

import contextlib
from collections.abc import AsyncIterator

from driver_conformance import Bench, DriverConformance
from simulated_benches import GRID_KW, UPS_ID, faults_of, meter_faults_of, simulated_site, ups_told
from sites import START

from ridethrough.bms.drivers.simulated import SimulatedMeterDriver, SimulatedUpsDriver


class TestSimulatedUps(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        premises = simulated_site()
        ups = premises.ups[UPS_ID]
        yield Bench(
            driver=SimulatedUpsDriver(ups, timeout_s=0.2),
            kill=faults_of(ups, dead=True),
            revive=faults_of(ups),
            stall=faults_of(ups, late_s=5.0),
            resume=faults_of(ups),
            **ups_told(premises),
        )


class TestSimulatedMeter(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        premises = simulated_site()
        yield Bench(
            driver=SimulatedMeterDriver(premises, timeout_s=0.2),
            grid_kw=GRID_KW,
            now=START,
            kill=meter_faults_of(premises, dead=True),
            revive=meter_faults_of(premises),
            stall=meter_faults_of(premises, late_s=5.0),
            resume=meter_faults_of(premises),
            lose=meter_faults_of(premises, lost=True),
        )

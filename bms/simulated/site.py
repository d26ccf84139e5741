"""A simulated site: its UPS systems, what else stands behind the meter, and the meter."""

from collections.abc import Mapping
from datetime import datetime

from ridethrough.bms.drivers.readings import DeviceReading
from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.faults import NO_FAULTS, TellingFaults
from ridethrough.bms.simulated.state import SimulatedEquipment
from ridethrough.domain import Site


class SimulatedSite:
    """All equipment of a site, on one clock that only moves by `advance`."""

    def __init__(
        self,
        site: Site,
        *,
        now: datetime,
        loads_kw: Mapping[str, float],
        unprotected_load_kw: float = 0.0,
        stored_fraction: float = 1.0,
        generator_start_s: float = 60.0,
    ) -> None:
        self.now = now
        self.unprotected_load_kw = unprotected_load_kw
        self.meter_faults: TellingFaults = NO_FAULTS
        self.ups = {
            ups.id: SimulatedUps(
                SimulatedEquipment.of(ups, generator_start_s=generator_start_s),
                now=now,
                load_kw=loads_kw[ups.id],
                stored_fraction=stored_fraction,
                seed=seed,
            )
            for seed, ups in enumerate(site.ups)
        }

    def clock(self) -> datetime:
        """The time at the site."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass everywhere."""
        for ups in self.ups.values():
            ups.advance(seconds)
        self.now = next(iter(self.ups.values())).state.now

    @property
    def grid_kw(self) -> float:
        """What the meter truly reads: nothing while the utility is away or generators carry the site."""
        drawn_kw = sum(ups.state.input_kw for ups in self.ups.values() if ups.state.utility and not ups.state.generator)
        return self.unprotected_load_kw + drawn_kw

    @property
    def unserved_kwh(self) -> float:
        """The energy that loads asked for and did not get."""
        return sum(ups.state.unserved_kwh for ups in self.ups.values())

    def outage(self) -> None:
        """Let the utility fail."""
        for ups in self.ups.values():
            ups.change(utility=False)

    def restore(self) -> None:
        """Bring the utility back."""
        for ups in self.ups.values():
            ups.change(utility=True)

    def meter_reading(self) -> DeviceReading:
        """What the meter tells."""
        for ups in self.ups.values():
            ups.settle()
        return DeviceReading(measured_at=self.now, grid_kw=float("nan") if self.meter_faults.lost else self.grid_kw)

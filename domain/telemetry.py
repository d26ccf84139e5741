"""A reading of a site: what its meter and its UPS systems measured at one time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ridethrough.domain.equipment.ups import UpsMode
from ridethrough.domain.validation import Checks

CLOCK_TOLERANCE = timedelta(seconds=5)
"""A reading may be this much after now: two clocks that are kept right differ by less."""
CLOCK_TOLERANCE_S = CLOCK_TOLERANCE.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsReading:
    """The measurements of one UPS system; None where a value was not sent, or was sent as lost.

    `stored_kwh` is the energy of all batteries of the system, or `unit_stored_kwh` that of each unit. `load_kw` is the
    load at the inverter output (AC). `charge_kw` and `discharge_kw` are the battery's powers at its terminals.
    `mode` is the mode of the whole system, `unit_modes` that of each unit. `on_generator` says that the input comes
    from a generator, `fault` what the equipment reports as its fault (empty: none).
    """

    stored_kwh: float | None = None
    load_kw: float | None = None
    mode: UpsMode | None = None
    charge_kw: float | None = None
    discharge_kw: float | None = None
    unit_stored_kwh: tuple[float | None, ...] = ()
    unit_modes: tuple[UpsMode, ...] = ()
    on_generator: bool = False
    fault: str = ""

    @property
    def in_outage(self) -> bool:
        """Whether batteries carry the load now."""
        return UpsMode.STORED_ENERGY in (self.mode, *self.unit_modes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """One reading of a site. Whether it can be believed is judged when it is used, because that depends on the time."""

    measured_at: datetime
    grid_kw: float | None = None
    ups: Mapping[str, UpsReading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks = Checks()
        zoned = self.measured_at.tzinfo is not None
        checks.require(zoned, "measured_at", str(self.measured_at), "a time with a UTC offset")
        checks.raise_faults()

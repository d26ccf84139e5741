"""How a site's equipment is reached and driven: the devices, and how often and how fast they are told what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ridethrough.domain.validation import Checks

_LONGEST_CYCLE_S = 300.0
_LEAST_CYCLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device: the name of the driver that speaks with it, and the driver's own settings.

    A system that does not `take_part` is read and never discharged.
    """

    driver: str
    settings: Mapping[str, object] = field(default_factory=dict)
    take_part: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEquipment:
    """The devices of a site: its meter, and one for each UPS system by the system's id.

    Every `cycle_s` seconds all devices are read and told what to do. A setpoint ends by itself after `setpoint_s`, so
    that equipment returns to normal operation where no newer one comes. A reading older than `reading_max_age_s` stops
    discharge. `ramp_kw_per_s` is the fastest that a battery's power may rise (a fall is never delayed), `reversal_s`
    the least time between charge and discharge. A system whose setpoint was not read back, or that failed, may
    discharge again `requalify_s` seconds after it is in order. `publish` names who else is told, and how
    (`bms.publishing`), `openadr` the server of grid events (None: there is none).
    """

    meter: Device
    ups: Mapping[str, Device]
    cycle_s: float = 1.0
    setpoint_s: float = 10.0
    reading_max_age_s: float = 10.0
    ramp_kw_per_s: float | None = None
    reversal_s: float = 30.0
    requalify_s: float = 60.0
    publish: Mapping[str, object] = field(default_factory=dict)
    openadr: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        fits = 0 < self.cycle_s <= _LONGEST_CYCLE_S
        checks.require(fits, "cycle_s", self.cycle_s, f"above 0, and at most {_LONGEST_CYCLE_S:g} s")
        least_s = _LEAST_CYCLES * self.cycle_s
        allowed = f"at least {least_s:g}, {_LEAST_CYCLES} cycles: one may be late"
        checks.require(self.setpoint_s >= least_s, "setpoint_s", self.setpoint_s, allowed)
        checks.positive("setpoint_s", self.setpoint_s)
        checks.positive("reading_max_age_s", self.reading_max_age_s)
        if self.ramp_kw_per_s is not None:
            checks.positive("ramp_kw_per_s", self.ramp_kw_per_s)
        checks.not_negative("reversal_s", self.reversal_s)
        checks.not_negative("requalify_s", self.requalify_s)
        checks.raise_faults()

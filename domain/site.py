"""One premises behind one utility meter."""

from collections import Counter
from dataclasses import dataclass, field

from ridethrough.domain.conditions import ReserveCondition, check_systems
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.equipment.ups import UpsSystem
from ridethrough.domain.horizon import zone
from ridethrough.domain.validation import Checks

_MINUTES_PER_DAY = 24 * 60
_ANY_SYSTEM = DispatchLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interconnection:
    """Limits at the point of common coupling (IEEE 1547), in kW AC at the meter.

    `ramp_limit_kw_per_min` limits how fast batteries may change the meter's power; without it there is no limit.
    """

    import_limit_kw: float
    export_limit_kw: float = 0.0
    ramp_limit_kw_per_min: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("import_limit_kw", self.import_limit_kw)
        checks.not_negative("export_limit_kw", self.export_limit_kw)
        if self.ramp_limit_kw_per_min is not None:
            checks.not_negative("ramp_limit_kw_per_min", self.ramp_limit_kw_per_min)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One premises behind one utility meter, with its UPS systems, and the conditions that raise their reserve.

    `telemetry_max_age_s` is the highest age of a measured state. `dispatch` is the least that a battery is asked to do.
    """

    id: str
    timezone: str
    interconnection: Interconnection
    ups: tuple[UpsSystem, ...]
    name: str = ""
    currency: str = "USD"
    interval_minutes: int = 15
    conditions: tuple[ReserveCondition, ...] = field(default_factory=tuple)
    telemetry_max_age_s: float = 900.0
    dispatch: DispatchLimits = _ANY_SYSTEM

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.id.strip()), "id", self.id, "a name")
        checks.require(bool(self.ups), "ups", [], "at least one UPS system")
        checks.require(
            self.interval_minutes >= 1 and _MINUTES_PER_DAY % self.interval_minutes == 0,
            "interval_minutes",
            self.interval_minutes,
            "a whole number of minutes that divides the day",
        )
        checks.positive("telemetry_max_age_s", self.telemetry_max_age_s)
        for ups_id, count in Counter(ups.id for ups in self.ups).items():
            checks.require(count == 1, "ups", ups_id, f"unique ids, but {count} systems have this one")
        check_systems(checks, self.conditions, [ups.id for ups in self.ups])
        checks.include(lambda: zone(self.timezone))
        checks.raise_faults()

    def ups_system(self, ups_id: str) -> UpsSystem:
        """The UPS system of this id.

        Raises `KeyError` for an id the site does not have.
        """
        for ups in self.ups:
            if ups.id == ups_id:
                return ups
        raise KeyError(ups_id)

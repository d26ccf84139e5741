"""The known state of a site when a plan is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ridethrough.domain.conditions import ReserveCondition, check_systems
from ridethrough.domain.equipment.ups import UpsMode, UpsSystem
from ridethrough.domain.site import Site
from ridethrough.domain.validation import Checks

_ROUNDING_KWH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """Stored energy of each UPS system, and metered peaks and energy of this billing period and earlier ones.

    `stored_kwh` is the energy of all batteries of a system; a missing system is full. `peaks_kw` holds the
    month-to-date peak of each demand charge. `past_peaks_kw` holds the peaks of earlier months for each charge
    (`{"facility": {"2026-05": 4210.0}}`). `energy_kwh` is the month-to-date energy, from which energy tiers
    continue; `period_energy_kwh` is the part of each period of the tariff's energy schedule, for tiers that count
    it alone. `day_peaks_kw` holds the peak of each day of this billing period so far (`{"facility": {"2026-05-17":
    4210.0}}`; a week has its Monday), for charges on the mean of several. `conditions` are new since the site was
    described: a storm, an alert, a generator out of service.

    If units have different charge, `unit_stored_kwh` gives the energy of each unit and replaces `stored_kwh`. Every
    unit then counts like the unit in service with the least energy above its cutoff, because that unit is empty first.

    `throughput_kwh` is what a system has discharged in this calendar year (at its terminals), for a yearly limit of its
    warranty. `segments_filled` is how full each depth segment of its batteries is, the shallowest first: the cycles
    that they are in (`domain.wear.segments`). `discharges_today` is how often it has begun to discharge on this local
    day, for the site's limit.

    `measured_at` is the time of the state. Without it the state is that at the start of a plan.
    """

    stored_kwh: Mapping[str, float] = field(default_factory=dict)
    peaks_kw: Mapping[str, float] = field(default_factory=dict)
    past_peaks_kw: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy_kwh: float = 0.0
    conditions: tuple[ReserveCondition, ...] = ()
    unit_stored_kwh: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    period_energy_kwh: Mapping[str, float] = field(default_factory=dict)
    day_peaks_kw: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    measured_at: datetime | None = None
    throughput_kwh: Mapping[str, float] = field(default_factory=dict)
    segments_filled: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    discharges_today: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks = Checks()
        for ups_id, stored in self.stored_kwh.items():
            checks.not_negative(f"ups.{ups_id}.stored_kwh", stored)
            both = ups_id in self.unit_stored_kwh
            checks.require(not both, f"ups.{ups_id}.stored_kwh", stored, "left out if unit_stored_kwh is given")
        for ups_id, units in self.unit_stored_kwh.items():
            for index, stored in enumerate(units):
                checks.not_negative(f"ups.{ups_id}.unit_stored_kwh.{index}", stored)
        for charge, peak in self.peaks_kw.items():
            checks.not_negative(f"peaks_kw.{charge}", peak)
        for name, of_charges in (("past_peaks_kw", self.past_peaks_kw), ("day_peaks_kw", self.day_peaks_kw)):
            for charge, peaks in of_charges.items():
                for label, peak in peaks.items():
                    checks.not_negative(f"{name}.{charge}.{label}", peak)
        for period, energy in self.period_energy_kwh.items():
            checks.not_negative(f"period_energy_kwh.{period}", energy)
        self._check_wear(checks)
        checks.not_negative("energy_kwh", self.energy_kwh)
        zoned = self.measured_at is None or self.measured_at.tzinfo is not None
        checks.require(zoned, "measured_at", str(self.measured_at), "a time with a UTC offset")
        checks.raise_faults()

    def _check_wear(self, checks: Checks) -> None:
        for ups_id, kwh in self.throughput_kwh.items():
            checks.not_negative(f"ups.{ups_id}.throughput_kwh", kwh)
        for ups_id, count in self.discharges_today.items():
            checks.not_negative(f"ups.{ups_id}.discharges_today", count)
        for ups_id, filled in self.segments_filled.items():
            for index, share in enumerate(filled):
                checks.fraction(f"ups.{ups_id}.segments_filled.{index}", share)

    def check_against(self, site: Site) -> None:
        """Refuse a state that is impossible for the site.

        Raises `UnableToAccept` for an unknown UPS system, or for more energy than its batteries hold.
        """
        checks = Checks()
        known = {ups.id: ups for ups in site.ups}
        for ups_id, stored in self.stored_kwh.items():
            ups = known.get(ups_id)
            checks.require(ups is not None, f"ups.{ups_id}", ups_id, f"one of the site's systems: {', '.join(known)}")
            if ups is not None:
                alike = not ups.unit_state_of_health
                allowed = "left out, because units differ in health: give unit_stored_kwh instead"
                checks.require(alike, f"ups.{ups_id}.stored_kwh", stored, allowed)
                limit = ups.max_stored_kwh if alike else stored
                checks.require(
                    stored <= limit + _ROUNDING_KWH,
                    f"ups.{ups_id}.stored_kwh",
                    stored,
                    f"at most the {limit:.3f} kWh its batteries hold",
                )
        for ups_id, units in self.unit_stored_kwh.items():
            _check_units(checks, ups_id, units, known)
        for name in ("throughput_kwh", "segments_filled", "discharges_today"):
            for ups_id in getattr(self, name):
                allowed = f"of one of the site's systems: {', '.join(known)}"
                checks.require(ups_id in known, f"ups.{ups_id}.{name}", ups_id, allowed)
        check_systems(checks, self.conditions, known)
        checks.raise_faults()

    def check_complete(self, site: Site) -> None:
        """Refuse a state that knows some UPS systems and not others: a system without telemetry is never taken as full.

        A state about the meter alone (peaks, energy, conditions) says nothing of batteries; without a time of
        measurement it is one. Plans then assume full batteries, and say so.

        Raises `UnableToAccept` with each system that is missing.
        """
        of_the_meter = self.peaks_kw or self.past_peaks_kw or self.day_peaks_kw or self.energy_kwh or self.conditions
        of_batteries = self.stored_kwh or self.unit_stored_kwh or self.measured_at
        if of_the_meter and not of_batteries:
            return
        checks = Checks()
        for ups in site.ups:
            known = ups.id in self.stored_kwh or ups.id in self.unit_stored_kwh
            allowed = "given, with stored_kwh: a state says what every system stores"
            checks.require(known, f"ups.{ups.id}", None, allowed)
        checks.raise_faults()

    def stored_in(self, site: Site, ups_id: str) -> float:
        """The stored energy of one system in kWh; full if nothing is known."""
        ups = site.ups_system(ups_id)
        limit = ups.max_stored_kwh
        if ups_id not in self.unit_stored_kwh:
            return min(limit, self.stored_kwh.get(ups_id, limit))
        unavailable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
        least_kwh = min(
            stored - unavailable * kwh
            for stored, kwh in zip(self.stored_by_unit(site, ups_id), ups.unit_capacities_kwh, strict=True)
        )
        alike_kwh = least_kwh + unavailable * ups.weakest_capacity_kwh
        return min(limit, max(0.0, alike_kwh) * ups.units_in_service)

    def stored_by_unit(self, site: Site, ups_id: str) -> tuple[float, ...]:
        """The stored energy of each unit in service in kWh; where only the system is known, all are equally charged."""
        ups = site.ups_system(ups_id)
        units = self.unit_stored_kwh.get(ups_id)
        if units is None:
            fraction = self.stored_in(site, ups_id) / ups.capacity_kwh
            return tuple(fraction * kwh for kwh in ups.unit_capacities_kwh)
        return tuple(stored for stored, mode in zip(units, ups.modes, strict=True) if mode is UpsMode.NORMAL)


def _check_units(checks: Checks, ups_id: str, units: tuple[float, ...], known: Mapping[str, UpsSystem]) -> None:
    """Note a fault for units that a system does not have, or that hold more than their battery can."""
    name = f"ups.{ups_id}.unit_stored_kwh"
    ups = known.get(ups_id)
    checks.require(ups is not None, f"ups.{ups_id}", ups_id, f"one of the site's systems: {', '.join(known)}")
    if ups is None:
        return
    checks.require(len(units) == ups.units, name, f"{len(units)} values", f"{ups.units}, one for each unit")
    limit = ups.battery.nominal_kwh * ups.battery.max_fraction
    for index, stored in enumerate(units):
        checks.require(
            stored <= limit + _ROUNDING_KWH, f"{name}.{index}", stored, f"at most the {limit:.3f} kWh of a unit"
        )

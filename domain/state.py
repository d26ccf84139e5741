"""What is known of a site at the moment a plan is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.conditions import ReserveCondition, check_systems
from domain.site import Site
from domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """Stored energy per UPS system, and what the meter has already set in this billing period and before.

    `stored_kwh` is of all batteries of a system; a system that is missing is full. `peaks_kw` holds the month-to-date
    peak per demand charge, `past_peaks_kw` the peaks of earlier months per charge (`{"facility": {"2026-05":
    4210.0}}`), `energy_kwh` the month-to-date energy that energy tiers start from. `conditions` are those that came up
    since the site was described: a storm, an alert, a generator out of service.
    """

    stored_kwh: Mapping[str, float] = field(default_factory=dict)
    peaks_kw: Mapping[str, float] = field(default_factory=dict)
    past_peaks_kw: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy_kwh: float = 0.0
    conditions: tuple[ReserveCondition, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        for ups_id, stored in self.stored_kwh.items():
            checks.not_negative(f"ups.{ups_id}.stored_kwh", stored)
        for charge, peak in self.peaks_kw.items():
            checks.not_negative(f"peaks_kw.{charge}", peak)
        for charge, months in self.past_peaks_kw.items():
            for month, peak in months.items():
                checks.not_negative(f"past_peaks_kw.{charge}.{month}", peak)
        checks.not_negative("energy_kwh", self.energy_kwh)
        checks.raise_faults()

    def check_against(self, site: Site) -> None:
        """Refuse a state that the site cannot be in.

        Raises `UnableToAccept` for an unknown UPS system, or more stored than its batteries hold.
        """
        checks = Checks()
        known = {ups.id: ups for ups in site.ups}
        for ups_id, stored in self.stored_kwh.items():
            ups = known.get(ups_id)
            checks.require(ups is not None, f"ups.{ups_id}", ups_id, f"one of the site's systems: {', '.join(known)}")
            if ups is not None:
                limit = ups.max_stored_kwh
                checks.require(
                    stored <= limit + _ROUNDING_KWH,
                    f"ups.{ups_id}.stored_kwh",
                    stored,
                    f"at most the {limit:.3f} kWh its batteries hold",
                )
        check_systems(checks, self.conditions, known)
        checks.raise_faults()

    def stored_in(self, site: Site, ups_id: str) -> float:
        """The stored energy of one system in kWh; full where nothing is known."""
        limit = site.ups_system(ups_id).max_stored_kwh
        return min(limit, self.stored_kwh.get(ups_id, limit))


_ROUNDING_KWH = 1e-6

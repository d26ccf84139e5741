"""What each system was put through this calendar year, as it is counted from telemetry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.wear.warranty import year_of
from ridethrough.operation.live.metered_wear import MeteredWear, discharges_today, is_counted
from ridethrough.operation.live.warranty_used import throughput_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemWear:
    """One system: what it discharged this year of what its warranty allows, and how often today; None: not known.

    `before_kwh` of it is counted for the time before the first reading, `unread_kwh` for times without. `is_counted`
    says whether readings are counted at all.
    """

    ups_id: str
    is_counted: bool
    discharged_kwh: float | None
    limit_kwh: float | None
    before_kwh: float
    unread_kwh: float
    discharges_today: int | None
    most_discharges: int | None
    state_of_health: float

    @property
    def used_fraction(self) -> float | None:
        """Of what the warranty allows in a year."""
        if self.discharged_kwh is None or not self.limit_kwh:
            return None
        return self.discharged_kwh / self.limit_kwh

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left of the year's discharge."""
        return self.used_fraction is not None and self.used_fraction >= 1

    @property
    def is_last_today(self) -> bool:
        """Whether it may not begin to discharge again today."""
        if self.discharges_today is None or self.most_discharges is None:
            return False
        return self.discharges_today >= self.most_discharges


@dataclass(frozen=True, slots=True, kw_only=True)
class WearThisYear:
    """The systems of a site in a calendar `year` of its clock, and the part of it that has passed."""

    year: int
    passed_fraction: float
    systems: tuple[SystemWear, ...]

    @property
    def is_counted(self) -> bool:
        """Whether anything is counted of any system."""
        return any(each.is_counted for each in self.systems)


def wear_this_year(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> WearThisYear:
    """Look up what is counted of every system until a moment."""
    begins, ends = year_of(now, site.timezone)
    used, begun = throughput_kwh(site, metered, now), discharges_today(site, metered, now)

    def system(ups: UpsSystem) -> SystemWear:
        last = metered.get(ups.id)
        last = last if last is not None and last.at >= begins else None
        known_kwh = 0.0 if last is None else last.discharged_kwh + last.unexplained_kwh
        return SystemWear(
            ups_id=ups.id,
            is_counted=is_counted(site, ups),
            discharged_kwh=used.get(ups.id),
            limit_kwh=ups.throughput_limit_kwh,
            before_kwh=used.get(ups.id, 0.0) - known_kwh,
            unread_kwh=0.0 if last is None else last.unread_kwh,
            discharges_today=begun.get(ups.id),
            most_discharges=site.dispatch.most_discharges_per_day,
            state_of_health=min(ups.unit_state_of_health or (ups.battery.state_of_health,)),
        )

    return WearThisYear(
        year=begins.year,
        passed_fraction=(now - begins) / (ends - begins),
        systems=tuple(system(ups) for ups in site.ups),
    )

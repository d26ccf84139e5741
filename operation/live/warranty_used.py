"""What of the discharge that a warranty allows in a year is used, by what was metered, and what is said of it.

Before the first reading the part of the yearly limit is counted that belongs to the time since the year began, or
since the batteries were installed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from math import inf

from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.wear.warranty import year_of
from ridethrough.operation.live.metered_wear import MeteredWear, installed_at


def used_kwh(ups: UpsSystem, metered: MeteredWear, timezone: str) -> float:
    """What a system has discharged in the calendar year of its last reading: all that may have been."""
    return metered.discharged_kwh + metered.unexplained_kwh + _before_kwh(ups, metered, timezone)


def throughput_kwh(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> dict[str, float]:
    """What each system has discharged in the calendar year of a moment, without those that no reading told of."""
    begins, _ = year_of(now, site.timezone)
    return {
        ups.id: used_kwh(ups, metered[ups.id], site.timezone) if metered[ups.id].at >= begins else 0.0
        for ups in site.ups
        if ups.id in metered
    }


def throughput_left_kwh(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> tuple[float, ...]:
    """What each system may still discharge this year, in the site's order; infinite without a limit."""
    used = throughput_kwh(site, metered, now)
    return tuple(
        inf if ups.throughput_limit_kwh is None else max(0.0, ups.throughput_limit_kwh - used.get(ups.id, 0.0))
        for ups in site.ups
    )


def spent_notes(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> Iterator[str]:
    """Name each system that has discharged all that its warranty allows in a year."""
    for ups, left_kwh in zip(site.ups, throughput_left_kwh(site, metered, now), strict=True):
        if left_kwh <= 0:
            yield f"{ups.id} has discharged all {ups.throughput_limit_kwh:,.1f} kWh that its warranty allows this year"


def warranty_notes(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> Iterator[str]:
    """Say what of each warranty is used, by readings."""
    used = throughput_kwh(site, metered, now)
    for ups in site.ups:
        if ups.throughput_limit_kwh is not None and ups.id in used:
            yield (
                f"{ups.id}: {used[ups.id]:,.1f} kWh of the {ups.throughput_limit_kwh:,.1f} kWh that its warranty "
                "allows this year are discharged, by telemetry"
            )


def unread_notes(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> Iterator[str]:
    """Say what of the discharge that a warranty limits is counted without a reading, and by what rule."""
    begins, _ = year_of(now, site.timezone)
    for ups in site.ups:
        each = metered.get(ups.id)
        if ups.throughput_limit_kwh is None or each is None or each.at < begins:
            continue
        if each.unread_kwh > 0:
            yield (
                f"{ups.id}: {each.unread_kwh:,.1f} kWh of its warranty are counted for times without readings, "
                "as if its batteries had been emptied once each day"
            )
        before_kwh = _before_kwh(ups, each, site.timezone)
        if before_kwh > 0:
            yield (
                f"{ups.id}: {before_kwh:,.1f} kWh of its warranty are counted for the time before its first reading "
                f"({each.since.isoformat(timespec='seconds')}): the part of its yearly limit"
            )


def _before_kwh(ups: UpsSystem, metered: MeteredWear, timezone: str) -> float:
    """What counts for the time of the year before the first reading."""
    wear, limit_kwh = ups.battery.wear, ups.throughput_limit_kwh
    if wear is None or limit_kwh is None:
        return 0.0
    begins, ends = year_of(metered.since, timezone)
    installed = installed_at(ups, timezone)
    used_since = begins if installed is None else max(begins, installed)
    return limit_kwh * max(0.0, (metered.since - used_since) / (ends - begins))

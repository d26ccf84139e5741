"""What batteries were really put through: the discharge and the open cycles that readings tell, not those of a plan.

Two readings in turn are counted by these rules, and every rule counts too much rather than too little:

- powers were measured at both: the mean of both discharges over the time between. Where stored energy falls further
  than these powers explain, by more than `_GAUGE_OF_CAPACITY`, the rest is discharge too.
- a power is missing: every fall of stored energy is discharge.
- they are further apart than `telemetry_max_age_s` and a fifth, because readings were missing or could not be
  believed: one discharge of full batteries for each day, however many such times it has, or less where the charger
  cannot have put so much back in the time. A reading each quarter of an hour that comes a few seconds late is not one
  that is missing.

New batteries begin at nothing where `installed` is known before the first reading of that day; written down later, what
those before them gave this year counts on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.horizon import zone
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.domain.wear.segments import Filled, filled_at
from ridethrough.domain.wear.warranty import year_of
from ridethrough.operation.control.discharge_starts import GIVES_KW
from ridethrough.operation.live.judging import power_faults
from ridethrough.operation.live.stored_energy import stored_energy

_GAUGE_OF_CAPACITY = 0.02
"""Stored energy that powers do not explain is discharge from this share of capacity on; less is an error of gauges."""
_LATE = 1.2
"""Readings this much further apart than `telemetry_max_age_s` still follow each other."""
_STILL = 0.5
"""A discharge goes on down to this share of the least power: one at the least power would end at each error of it."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredWear:
    """One system at its last reading (`at`): what it has discharged since `since`, and the cycles that it is in.

    `since` is the first reading, the start of this calendar year, or the day of new batteries. `discharged_kwh` is at
    the terminals; `unread_kwh` of it is counted by the rule for times without readings, `unread_today_kwh` of that for
    the local day of the last reading. `stored_kwh` and the powers are those of the reading, `unexplained_kwh` is the
    fall of stored energy that its powers do not explain so far. `gives` says whether the system discharges, by the
    site's least power; it has begun to `discharges_today` times on this local day.
    """

    since: datetime
    at: datetime
    stored_kwh: float
    discharge_kw: float | None
    charge_kw: float | None
    discharged_kwh: float = 0.0
    unread_kwh: float = 0.0
    unread_today_kwh: float = 0.0
    unexplained_kwh: float = 0.0
    segments_filled: Filled = ()
    gives: bool = False
    discharges_today: int = 0

    def moved(self, by: timedelta) -> "MeteredWear":
        """The same where the clock was set: no time has passed."""
        return replace(self, at=self.at + by, since=min(self.since, self.at + by))


def metered_wear(site: Site, before: Mapping[str, MeteredWear], reading: Telemetry) -> dict[str, MeteredWear]:
    """What is counted of each system with a wear model after one more reading.

    A reading of a system that is not later than the one before, or whose stored energy cannot be believed, changes
    nothing: the time goes on without a reading.
    """
    counted = {ups.id: before[ups.id] for ups in site.ups if ups.id in before}
    for ups in site.ups:
        told = reading.ups.get(ups.id)
        if told is None or not is_counted(site, ups):
            continue
        stored_kwh, _ = stored_energy(ups, told)
        last = before.get(ups.id)
        if stored_kwh is None or (last is not None and reading.measured_at <= last.at):
            continue
        now = _first(ups, reading.measured_at, stored_kwh, told)
        counted[ups.id] = _switched(site, ups, last, now if last is None else _counted(site, ups, last, now))
    return counted


def is_counted(site: Site, ups: UpsSystem) -> bool:
    """Whether anything follows from what a system was put through: a wear model, or a limit on switching."""
    return ups.battery.wear is not None or site.dispatch.most_discharges_per_day is not None


def discharges_today(site: Site, metered: Mapping[str, MeteredWear], now: datetime) -> dict[str, int]:
    """How often each system has begun to discharge on the local day of a moment."""
    local = zone(site.timezone)
    today = now.astimezone(local).date()
    return {
        ups.id: metered[ups.id].discharges_today if metered[ups.id].at.astimezone(local).date() == today else 0
        for ups in site.ups
        if ups.id in metered
    }


def metered_document(metered: Mapping[str, MeteredWear]) -> dict[str, Any]:
    """What is counted, as a document."""
    return {
        ups_id: {
            "since": each.since.isoformat(),
            "at": each.at.isoformat(),
            "stored_kwh": each.stored_kwh,
            "discharge_kw": each.discharge_kw,
            "charge_kw": each.charge_kw,
            "discharged_kwh": each.discharged_kwh,
            "unread_kwh": each.unread_kwh,
            "unread_today_kwh": each.unread_today_kwh,
            "unexplained_kwh": each.unexplained_kwh,
            "segments_filled": list(each.segments_filled),
            "gives": each.gives,
            "discharges_today": each.discharges_today,
        }
        for ups_id, each in metered.items()
    }


def read_metered(document: Mapping[str, Mapping[str, Any]]) -> dict[str, MeteredWear]:
    """The same, read back."""
    return {
        ups_id: MeteredWear(
            **{
                **each,
                "since": datetime.fromisoformat(each["since"]),
                "at": datetime.fromisoformat(each["at"]),
                "segments_filled": tuple(each["segments_filled"]),
            }
        )
        for ups_id, each in document.items()
    }


def _first(ups: UpsSystem, at: datetime, stored_kwh: float, told: UpsReading) -> MeteredWear:
    """A reading by itself; powers that cannot be are none. Its batteries are taken to have come from full."""
    believed = not any(power_faults(ups, told))
    return MeteredWear(
        since=at,
        at=at,
        stored_kwh=stored_kwh,
        discharge_kw=told.discharge_kw if believed else None,
        charge_kw=told.charge_kw if believed else None,
        segments_filled=_filled(ups, stored_kwh, ()),
    )


def _filled(ups: UpsSystem, stored_kwh: float, carried: Filled) -> Filled:
    segments = len(ups.battery.segment_costs)
    if not segments:
        return ()
    full_kwh, width_kwh = ups.max_stored_kwh, ups.segment_kwh
    return filled_at(stored_kwh, full_kwh=full_kwh, width_kwh=width_kwh, segments=segments, carried=carried)


def _counted(site: Site, ups: UpsSystem, last: MeteredWear, now: MeteredWear) -> MeteredWear:
    """What is counted at a reading after the one before; in a new year, and for new batteries, it begins anew."""
    begins = _begins(ups, now.at, site.timezone)
    is_new = last.at < begins
    before = replace(last, since=begins, discharged_kwh=0.0, unread_kwh=0.0) if is_new else last
    if _unread(site, last, now):
        unread_kwh, today_kwh = _unread_kwh(ups, last, now, max(last.at, begins), site.timezone)
        return replace(
            now,
            since=before.since,
            discharged_kwh=before.discharged_kwh + unread_kwh,
            unread_kwh=before.unread_kwh + unread_kwh,
            unread_today_kwh=today_kwh,
        )
    given_kwh, unexplained_kwh = _given_kwh(ups, last, now)
    if unexplained_kwh > _GAUGE_OF_CAPACITY * ups.capacity_kwh:
        given_kwh, unexplained_kwh = given_kwh + unexplained_kwh, 0.0
    return replace(
        now,
        since=before.since,
        discharged_kwh=before.discharged_kwh + given_kwh,
        unread_kwh=before.unread_kwh,
        unread_today_kwh=last.unread_today_kwh if _days(last.at, now.at, site.timezone) == 0 else 0.0,
        unexplained_kwh=unexplained_kwh,
        segments_filled=_filled(ups, now.stored_kwh, last.segments_filled),
    )


def _begins(ups: UpsSystem, now: datetime, timezone: str) -> datetime:
    """When the warranty's year of a moment began: on 1 January, or on the day on which batteries were installed."""
    begins, _ = year_of(now, timezone)
    installed = installed_at(ups, timezone)
    return begins if installed is None or installed > now else max(begins, installed)


def installed_at(ups: UpsSystem, timezone: str) -> datetime | None:
    """When the day began on which batteries were installed; None where that is not known."""
    wear = ups.battery.wear
    if wear is None or wear.installed is None:
        return None
    return datetime.combine(wear.installed, time(), tzinfo=zone(timezone))


def _unread(site: Site, last: MeteredWear, now: MeteredWear) -> bool:
    """Whether readings were missing between two."""
    return now.at - last.at > _LATE * timedelta(seconds=site.telemetry_max_age_s)


def _switched(site: Site, ups: UpsSystem, last: MeteredWear | None, now: MeteredWear) -> MeteredWear:
    """The same with the discharges that began; a time without readings counts as one."""
    least_kw, local = max(GIVES_KW, site.dispatch.least_kw(ups)), zone(site.timezone)
    if last is None:
        gives = (now.discharge_kw or 0.0) >= least_kw
        return replace(now, gives=gives, discharges_today=int(gives))
    hours = (now.at - last.at) / _HOUR
    given_kw = (last.stored_kwh - now.stored_kwh) / hours if now.discharge_kw is None else now.discharge_kw
    gives = given_kw >= (_STILL * least_kw if last.gives else least_kw)
    same_day = last.at.astimezone(local).date() == now.at.astimezone(local).date()
    begun = int(_unread(site, last, now) or (gives and not last.gives))
    return replace(now, gives=gives, discharges_today=(last.discharges_today if same_day else 0) + begun)


def _given_kwh(ups: UpsSystem, last: MeteredWear, now: MeteredWear) -> tuple[float, float]:
    """What was discharged between two readings, and the fall of stored energy that powers do not explain so far."""
    fallen_kwh = (last.stored_kwh - now.stored_kwh) * ups.battery.discharge_efficiency
    if last.discharge_kw is None or now.discharge_kw is None:
        return max(0.0, fallen_kwh), last.unexplained_kwh
    hours = (now.at - last.at) / _HOUR
    given_kwh = (last.discharge_kw + now.discharge_kw) / 2 * hours
    taken_kw = ((last.charge_kw or 0.0) + (now.charge_kw or 0.0)) / 2
    room_kwh = max(0.0, ups.max_stored_kwh - last.stored_kwh)  # what full batteries take keeps them full
    put_back_kwh = min(taken_kw * hours * ups.battery.charge_efficiency, room_kwh) * ups.battery.discharge_efficiency
    return given_kwh, max(0.0, last.unexplained_kwh + fallen_kwh + put_back_kwh - given_kwh)


def _unread_kwh(
    ups: UpsSystem, last: MeteredWear, now: MeteredWear, since: datetime, timezone: str
) -> tuple[float, float]:
    """What counts for a time without readings, and how much of it for the day on which it ends."""
    full_kwh = ups.max_stored_kwh * ups.battery.discharge_efficiency
    days = _days(since, now.at, timezone)
    counted_kwh = last.unread_today_kwh if since == last.at else 0.0
    before_today_kwh = 0.0 if days == 0 else max(0.0, full_kwh - counted_kwh) + (days - 1) * full_kwh
    began = now.at.astimezone(zone(timezone)).time() > time()
    today_kwh = max(0.0, full_kwh - counted_kwh) if days == 0 else full_kwh * began
    fallen_kwh = (last.stored_kwh - now.stored_kwh) * ups.battery.discharge_efficiency
    hours = (now.at - last.at) / _HOUR
    put_back_kwh = ups.charge_limit_kw * hours * ups.battery.charge_efficiency * ups.battery.discharge_efficiency
    unread_kwh = max(0.0, fallen_kwh, min(before_today_kwh + today_kwh, fallen_kwh + put_back_kwh))
    of_today_kwh = max(0.0, unread_kwh - before_today_kwh)
    return unread_kwh, of_today_kwh + (counted_kwh if days == 0 else 0.0)


def _days(since: datetime, until: datetime, timezone: str) -> int:
    """How many local midnights lie between two moments."""
    local = zone(timezone)
    return (until.astimezone(local).date() - since.astimezone(local).date()).days

"""The fleet of a site as a table that is sorted by a column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ridethrough.api.pages.rendering import part
from ridethrough.api.pages.site.site_now import SiteNow, SystemNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in an address, its head, and what it is sorted by."""

    key: str
    name: str
    value: Callable[[SystemNow], Any]
    number: bool = True


COLUMNS = (
    Column(key="system", name="System", value=lambda each: each.ups_id, number=False),
    Column(key="mode", name="Mode", value=lambda each: each.state, number=False),
    Column(key="margin", name="Margin", value=lambda each: each.margin_s),
    Column(key="ride-through", name="Ride-through", value=lambda each: each.ride_through_s),
    Column(key="stored", name="Stored", value=lambda each: each.stored_kwh),
    Column(key="fraction", name="Of full", value=lambda each: each.stored_fraction),
    Column(key="reserve", name="Reserve", value=lambda each: each.reserve_kwh),
    Column(key="health", name="State of health", value=lambda each: each.state_of_health),
    Column(key="load", name="Load", value=lambda each: each.load_kw),
    Column(key="does", name="Does", value=lambda each: each.charge_kw - each.discharge_kw),
    Column(key="age", name="Telemetry age", value=lambda each: each.age_s),
    Column(key="why", name="Why", value=lambda each: each.why, number=False),
)
_BY_KEY = {column.key: column for column in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The column that a table is sorted by, and the direction."""

    key: str = "margin"
    descending: bool = False


def sort_of(written: str) -> Sort:
    """The order that an address asks for, a minus before it for the other direction; by margin where it is no column.

    >>> sort_of("-stored"), sort_of("nothing").key
    (Sort(key='stored', descending=True), 'margin')
    """
    key = written.removeprefix("-")
    return Sort(key=key, descending=written.startswith("-")) if key in _BY_KEY else Sort()


def sorted_systems(systems: tuple[SystemNow, ...], sort: Sort) -> tuple[SystemNow, ...]:
    """The systems in order; those whose value is unknown come first, because they ask for attention."""
    value = _BY_KEY[sort.key].value
    unknown = [each for each in systems if value(each) is None]
    known = sorted((each for each in systems if value(each) is not None), key=value, reverse=sort.descending)
    return (*unknown, *known)


def fleet_parts(now: SiteNow, sort: Sort, site_id: str) -> dict[str, str]:
    """The parts of the page that change."""
    values = {"now": now, "sort": sort, "columns": COLUMNS, "site_id": site_id}
    table = part("fleet_table.html", systems=sorted_systems(now.systems, sort), **values)
    wear = part("fleet_wear.html", wear=now.wear, timezone=now.timezone)
    return {"fleet-banners": part("now/banners.html", now=now), "fleet-table": table, "fleet-wear": wear}

"""Every site of a key at a glance: what needs a person comes first."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite
from ridethrough.api.pages.rendering import part
from ridethrough.api.pages.site.site_now import SiteNow, site_now
from ridethrough.store.sites import StoredSite

MOST_SITES = 50
"""So many sites are on one page; a link leads to those after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGlance:
    """A site as it is now, in one row."""

    site_id: str
    name: str
    now: SiteNow

    @property
    def is_bad(self) -> bool:
        """Whether it needs a person: nothing is known of now, or one of its systems is bad."""
        return self.now.worst is None or self.now.is_old or any(each.is_bad for each in self.now.systems)

    @property
    def margin_s(self) -> float:
        """By how much the worst system is above what its policy asks for; least where it is not known."""
        worst = self.now.worst
        return -math.inf if worst is None or worst.margin_s is None else worst.margin_s


def glances(connection: Connection, sites: Sequence[StoredSite], now: datetime) -> tuple[SiteGlance, ...]:
    """Look at sites, those first that need a person, then by margin; one that was deleted meanwhile is left out."""
    found = []
    for stored in sites:
        name = str(stored.document.get("name") or stored.site_id)
        with suppress(UnableToFindSite):
            seen = site_now(connection, stored.site_id, now)
            found.append(SiteGlance(site_id=stored.site_id, name=name, now=seen))
    return tuple(sorted(found, key=lambda each: (not each.is_bad, each.margin_s, each.name)))


def sites_parts(sites: Sequence[SiteGlance], now: datetime) -> dict[str, str]:
    """The parts of the page that change."""
    return {"sites-table": part("sites_table.html", sites=sites, now=now)}

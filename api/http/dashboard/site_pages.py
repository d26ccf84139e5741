"""What the pages of a stored site share: the site that is asked for, and its frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.dashboard.page_routes import here, viewer_of
from ridethrough.api.http.sites.parameters import Now, SiteId, Store
from ridethrough.api.pages.frame import SECTIONS, Frame
from ridethrough.domain.horizon import zone
from ridethrough.store.database import Database
from ridethrough.store.sites import StoredSite

_NAMES = {section.path: section.name for section in SECTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAsked:
    """A stored site that a page is about, and what the page reads it from."""

    request: Request
    store: Database
    now: datetime
    stored: StoredSite

    def clock(self) -> datetime:
        """What time it is, as time goes on."""
        now: datetime = self.request.app.state.clock()
        return now

    @property
    def timezone(self) -> str:
        """The zone of the site's clock."""
        return str(self.stored.document["timezone"])

    @property
    def currency(self) -> str:
        """What the site's energy is paid in."""
        return str(self.stored.document.get("currency", "USD"))

    def days(self, written: Mapping[str, str]) -> dict[str, str]:
        """The first and the last day that a form asks for, as they are written; without them the last whole month."""
        first, last = whole_month_before(self.now.astimezone(zone(self.timezone)).date())
        return {"first": written.get("from") or first.isoformat(), "last": written.get("to") or last.isoformat()}

    def frame(self, section: str, *, title: str | None = None, live: str | None = None) -> Frame:
        """The frame of one of the site's pages; `live` is the address of its stream, where it has one."""
        return Frame(
            title=title or _NAMES[section],
            viewer=viewer_of(self.request),
            here=here(self.request),
            site_id=self.stored.site_id,
            site_name=str(self.stored.document.get("name") or self.stored.site_id),
            timezone=self.timezone,
            section=section,
            live=live,
        )


def whole_month_before(day: date) -> tuple[date, date]:
    """The first and the last day of the month before a day.

    >>> whole_month_before(date(2026, 3, 14))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _site_asked(request: Request, site_id: SiteId, store: Store, now: Now) -> SiteAsked:
    with store.reading() as connection:
        stored = stored_site(connection, site_id)
    return SiteAsked(request=request, store=store, now=now, stored=stored)


AskedSite = Annotated[SiteAsked, Depends(_site_asked)]
"""A parameter of a route under `/sites/{site_id}`: the site, or an error page with 404."""

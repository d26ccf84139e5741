"""Prices that the service fetches itself, for sites whose document says from where (`prices.fetch`).

| what the source answers | what is done |
|---|---|
| all prices | they are kept as the site's series, and a plan is made with them |
| some of them | those are kept; the rest is asked for again, and is an alarm once it is late |
| nothing yet | it is asked again, and is an alarm once it is late |
| no answer, or one that cannot be read | nothing is kept; an alarm at once; asked again when the source says |
| prices that cannot be | they are kept, and no plan trades on them; an alarm at once; asked again |
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import Connection

from ridethrough.api.cases.sites.stored_inputs import SOURCE
from ridethrough.api.operating.telling import tell
from ridethrough.api.operating.webhook_address import UnableToReach, address_of, target_of
from ridethrough.api.reading.price_sources.named import PublishedPrices
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.series.stored_series import series_key
from ridethrough.api.reading.site_documents import PriceSource
from ridethrough.domain import UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.domain.plausible_prices import PlausiblePrices
from ridethrough.operation.known.published import publication_on, published_until
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms
from ridethrough.store.schema import moment
from ridethrough.store.series import append_series, read_series
from ridethrough.store.series_days import Stretch, UnableToAppend
from ridethrough.store.sites import read_stored_site
from ridethrough.tariffs.documents.acceptance import accept

PRICES_ALARM = "prices"
AGAIN = timedelta(minutes=5)
"""Prices that are missing are asked for again so soon."""
AGAIN_IF_DOUBTED = timedelta(minutes=30)
LATE = timedelta(minutes=30)
"""Prices that are missing so long after their publication are an alarm."""
_PAST = timedelta(days=28)
_MOST_SHOWN = 5
_PRICES = TypeAdapter(PriceSource)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPrices:
    """The prices that a site is to have now: from where, under which key, and from when to when."""

    published: PublishedPrices
    key: str
    start: datetime
    end: datetime
    currency: str
    timezone: str
    plausible: PlausiblePrices

    def question(self, now: datetime, *, with_past: bool, to_loopback: bool) -> PriceQuestion:
        """What the source is asked; `with_past` for a site that has none of the past, which plans are made from."""
        return PriceQuestion(
            zone=self.published.zone,
            start=self.start - _PAST if with_past else self.start,
            end=self.end,
            now=now,
            currency=self.currency,
            timezone=self.timezone,
            plausible=self.plausible,
            address_of=None if self.published.url is None else self._allowed(to_loopback=to_loopback),
        )

    def _allowed(self, *, to_loopback: bool) -> Callable[[str], str]:
        """Looks up hosts and refuses what only this service reaches, as for webhooks: documents come from outside."""

        def allowed(url: str) -> str:
            try:
                return address_of(target_of(url), to_loopback=to_loopback)
            except (UnableToReach, UnableToAccept) as error:
                remedy = "write another url in prices.fetch"
                raise UnableToFetchPrices(self.published.source, str(error), remedy=remedy) from error

        return allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesTaken:
    """What came of asking: how many prices are new or others than before, until when they reach, when to ask again."""

    changed: int
    until: datetime | None
    again_after: timedelta


def wanted_prices(document: Mapping[str, Any], now: datetime) -> WantedPrices | None:
    """The prices that a site is to have at a moment; None where its document does not say who publishes them."""
    written = document.get("prices")
    if not isinstance(written, Mapping) or not written.get("fetch"):
        return None
    prices: PriceSource = accept(_PRICES, written, source=SOURCE)
    timezone, currency = str(document["timezone"]), str(document.get("currency", "USD"))
    assert prices.fetch is not None  # noqa: S101 - it is written
    today = now.astimezone(zone(timezone)).date()
    return WantedPrices(
        published=prices.fetch,
        key=series_key(prices.series or prices.csv or "", prices.column),
        start=datetime.combine(today, time(), zone(timezone)).astimezone(UTC),
        end=published_until(now, timezone).astimezone(UTC),
        currency=currency,
        timezone=timezone,
        plausible=prices.plausible(currency),
    )


def lacks_prices(connection: Connection, site_id: str, wanted: WantedPrices) -> bool:
    """Whether prices are to be asked for: some are missing, or those that are there are an alarm."""
    return _first_missing(connection, site_id, wanted) is not None or has_alarm(connection, site_id)


def has_alarm(connection: Connection, site_id: str) -> bool:
    """Whether an alarm of prices is open at a site."""
    return any(each.kind == PRICES_ALARM for each in alarms.listed(connection, site_id, only_open=True))


def end_alarm(database: Database, site_id: str, now: datetime) -> None:
    """End the alarm of a site whose prices are no longer fetched."""
    with database.writing() as connection:
        alarms.settle(connection, site_id, [PRICES_ALARM], [], now=now)


def fetch_prices(database: Database, site_id: str, now: datetime, *, to_loopback: bool) -> PricesTaken:
    """Ask for the prices of a site, keep those that come, and settle the alarm."""
    with database.reading() as connection:
        wanted = _wanted_by(connection, site_id, now)
        with_past = wanted is not None and not _has_past(connection, site_id, wanted)
    if wanted is None:
        end_alarm(database, site_id, now)
        return PricesTaken(changed=0, until=None, again_after=AGAIN)
    try:
        question = wanted.question(now, with_past=with_past, to_loopback=to_loopback)
        found = wanted.published.at_source().fetch(question)
    except UnableToFetchPrices as error:
        with database.writing() as connection:
            _settle(connection, site_id, [str(error)], now)
        return PricesTaken(changed=0, until=None, again_after=error.retry_after or AGAIN)
    return _kept(database, site_id, wanted, found, now)


def _wanted_by(connection: Connection, site_id: str, now: datetime) -> WantedPrices | None:
    site = read_stored_site(connection, site_id)
    return None if site is None else wanted_prices(site.document, now)


def _kept(database: Database, site_id: str, wanted: WantedPrices, found: FetchedPrices, now: datetime) -> PricesTaken:
    changed, wrong = 0, [f"doubted: {each.reason}" for each in found.doubted if each.end > wanted.start]
    with database.writing() as connection:
        if _wanted_by(connection, site_id, now) != wanted:
            return PricesTaken(changed=0, until=None, again_after=timedelta())
        for each in found.stretches:
            stretch = Stretch(start=each.start, step=each.step, values=np.array(each.price_per_kwh))
            try:
                taken = append_series(connection, site_id, wanted.key, stretch, now=now, may_change_step=True)
            except UnableToAppend as error:
                wrong.append(f"prices that do not fit those that are there are left out: {error}")
                continue
            changed += taken.new + taken.replaced
        missing = _first_missing(connection, site_id, wanted)
        if missing is not None and now >= _published(missing, wanted.timezone) + LATE:
            reasons = "; ".join(each.reason for each in found.missing if each.end > missing)
            wrong.append(f"prices are late: there are none from {_local(missing, wanted.timezone)} on ({reasons})")
        _settle(connection, site_id, wrong, now)
        if changed:
            tell(connection, site_id, "prices_fetched", _detail(wanted, found, changed), who="service", now=now)
    again = AGAIN_IF_DOUBTED if missing is None else AGAIN
    return PricesTaken(changed=changed, until=missing or wanted.end, again_after=again)


def _settle(connection: Connection, site_id: str, wrong: list[str], now: datetime) -> None:
    raised = []
    if wrong:
        raised = [alarms.Raised(kind=PRICES_ALARM, subject=site_id, message="; ".join(wrong[:_MOST_SHOWN]))]
    for alarm in alarms.settle(connection, site_id, [PRICES_ALARM], raised, now=now):
        tell(connection, site_id, "alarm_raised", {"alarm": alarm.message}, who="service", now=now)


def _detail(wanted: WantedPrices, found: FetchedPrices, changed: int) -> dict[str, Any]:
    return {
        "source": found.source,
        "zone": found.zone,
        "series": wanted.key,
        "from": _local(wanted.start, wanted.timezone),
        "until": _local(wanted.end, wanted.timezone),
        "new_or_changed": changed,
        "missing": [each.reason for each in found.missing[:_MOST_SHOWN]],
        "doubted": [each.reason for each in found.doubted[:_MOST_SHOWN]],
        "notes": list(found.notes[:_MOST_SHOWN]),
    }


def _first_missing(connection: Connection, site_id: str, wanted: WantedPrices) -> datetime | None:
    """The first moment that has no price; None where all have one."""
    known = wanted.start
    for start, end in _priced(connection, site_id, wanted):
        if start > known:
            return known
        known = max(known, end)
    return known if known < wanted.end else None


def _has_past(connection: Connection, site_id: str, wanted: WantedPrices) -> bool:
    """Whether there are prices of the day before."""
    yesterday = wanted.start - timedelta(days=1)
    return len(read_series(connection, site_id, wanted.key, yesterday, wanted.start).values) > 0


def _priced(connection: Connection, site_id: str, wanted: WantedPrices) -> Iterator[tuple[datetime, datetime]]:
    found = read_series(connection, site_id, wanted.key, wanted.start, wanted.end)
    for at, step_us in zip(found.starts.astype(np.int64).tolist(), found.steps_us.tolist(), strict=True):
        start = moment(at)
        yield start, start + timedelta(microseconds=step_us)


def _published(at: datetime, timezone: str) -> datetime:
    """When the price of a moment was to be published: on the day before."""
    return publication_on(at.astimezone(zone(timezone)).date() - timedelta(days=1), timezone)


def _local(at: datetime, timezone: str) -> str:
    return at.astimezone(zone(timezone)).isoformat(timespec="minutes")

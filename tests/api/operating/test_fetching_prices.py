"""Prices that the service fetches itself: whole, late, partial, absurd, refused."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from documents import site_document
from living_sites import reading
from price_dialects import DIALECTS, priced
from price_servers import Scripted, Server, serving

from ridethrough.api.operating.fetching_prices import (
    PricesTaken,
    end_alarm,
    fetch_prices,
    has_alarm,
    lacks_prices,
    wanted_prices,
)
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import keep_reading
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, journal
from ridethrough.store.series import read_series
from ridethrough.store.sites import put_site

PUBLISHED = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""14:00 in Berlin."""
BEGIN = "2026-07-01T00:00+02:00"
VALUES = [40 + index % 48 for index in range(192)]
PRICES = priced(BEGIN, 15, VALUES)
CHARTS = next(each for each in DIALECTS if each.name == "energy-charts")
MINUTE = timedelta(minutes=1)


def document(address: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    fetch = {"source": "energy-charts", "zone": "DE_LU", "url": address}
    figures = {"timezone": "Europe/Berlin", "currency": "EUR", "interval_minutes": 15, **changes}
    return site_document({"prices": {"series": "prices", "fetch": fetch}, **figures})


class Fetching:
    """A site whose prices are fetched from a server of this machine."""

    def __init__(self, database: Database, server: Server) -> None:
        self.database, self.server = database, server
        with database.writing() as connection:
            put_site(connection, "pod", document(server.address), now=PUBLISHED - 9 * MINUTE, by="ada")

    def fetch(self, minutes: float, *, to_loopback: bool = True) -> PricesTaken:
        return fetch_prices(self.database, "pod", PUBLISHED + minutes * MINUTE, to_loopback=to_loopback)

    def lacks(self, minutes: float) -> bool:
        now = PUBLISHED + minutes * MINUTE
        with self.database.reading() as connection:
            wanted = wanted_prices(document(self.server.address), now)
            assert wanted is not None
            return lacks_prices(connection, "pod", wanted)

    def prices_per_mwh(self) -> list[float]:
        with self.database.reading() as connection:
            return [round(1000 * price, 9) for price in read_series(connection, "pod", "prices").values.tolist()]

    def alarm(self) -> str:
        with self.database.reading() as connection:
            return "; ".join(each.message for each in alarms.listed(connection, "pod", only_open=True))

    def journal(self) -> list[str]:
        with self.database.reading() as connection:
            return [each.what for each in journal.entries(connection, "pod")]


@contextmanager
def fetching(database: Database, *answers: Scripted) -> Iterator[Fetching]:
    with serving(*answers) as server:
        yield Fetching(database, server)


def test_prices_are_kept_when_they_are_published_and_journalled(sqlite_database: Database) -> None:
    with fetching(sqlite_database, CHARTS.answer(PRICES)) as site:
        assert site.lacks(1)
        taken = site.fetch(1)
        assert (taken.changed, taken.until) == (192, PUBLISHED + timedelta(hours=34))
        assert site.prices_per_mwh() == VALUES
        assert "start=2026-06-03" in site.server.asked[0], "plans are made from the past, of which there is none yet"
        assert (site.alarm(), site.journal()[:1], site.lacks(2)) == ("", ["prices_fetched"], False)
        assert site.fetch(3).changed == 0
        assert site.journal().count("prices_fetched") == 1, "nothing new is no news"


def test_prices_that_are_not_there_yet_are_asked_for_again_and_an_alarm_when_late(sqlite_database: Database) -> None:
    with fetching(
        sqlite_database, CHARTS.answer(PRICES[:96]), CHARTS.answer(PRICES[:96]), CHARTS.answer(PRICES)
    ) as site:
        taken = site.fetch(1)
        assert (taken.changed, taken.again_after, site.alarm()) == (96, 5 * MINUTE, "")
        site.fetch(31)
        assert "prices are late: there are none from 2026-07-02T00:00+02:00 on" in site.alarm()
        assert site.fetch(40).changed == 96
        assert site.alarm() == ""


def test_a_part_of_the_prices_is_kept_and_the_rest_is_an_alarm(sqlite_database: Database) -> None:
    with fetching(sqlite_database, CHARTS.answer(PRICES[:150])) as site:
        assert site.fetch(60).changed == 150
        assert "there are none from 2026-07-02T13:30+02:00 on" in site.alarm()
        assert site.lacks(61)


def test_prices_of_today_that_are_missing_are_late_at_once(sqlite_database: Database) -> None:
    with fetching(sqlite_database, CHARTS.nothing_yet) as site:
        site.fetch(-120)
        assert "there are none from 2026-07-01T00:00+02:00 on" in site.alarm()


def test_a_source_that_gives_no_answer_is_an_alarm_and_asked_when_it_says(sqlite_database: Database) -> None:
    busy = Scripted(status=503, headers={"Retry-After": "90"})
    with fetching(sqlite_database, busy, CHARTS.answer(PRICES)) as site:
        taken = site.fetch(1)
        assert (taken.changed, taken.again_after) == (0, timedelta(seconds=90))
        assert "energy-charts" in site.alarm()
        assert "503" in site.alarm()
        assert site.fetch(3).changed == 192
        assert site.alarm() == ""


def test_absurd_prices_are_an_alarm_and_nothing_trades_on_them(sqlite_database: Database) -> None:
    before = priced("2026-06-29T00:00+02:00", 15, VALUES)
    absurd = [*before, *PRICES[:70], (*PRICES[70][:2], 99_999.0), *PRICES[71:]]
    with fetching(sqlite_database, CHARTS.answer(absurd), CHARTS.answer(PRICES)) as site:
        taken = site.fetch(1)
        assert "doubted: " in site.alarm()
        assert taken.again_after == 30 * MINUTE
        assert site.lacks(2), "the publisher may correct them"
        now = PUBLISHED + 2 * MINUTE
        told = read_telemetry(reading(now), source="telemetry")
        keep_reading(sqlite_database, "pod", told, sender="gateway", now=now)
        assert make_plan(sqlite_database, "pod", now, "test").status == "hold"
        assert site.fetch(40).changed == 1
        assert site.alarm() == "" or "trades nothing" in site.alarm()
        now = PUBLISHED + 41 * MINUTE
        told = read_telemetry(reading(now), source="telemetry")
        keep_reading(sqlite_database, "pod", told, sender="gateway", now=now)
        assert make_plan(sqlite_database, "pod", now, "test").status == "optimal"


@pytest.mark.parametrize("changed", [{"currency": "GBP"}, {"unit": "GJ"}])
def test_prices_of_another_currency_or_unit_are_not_kept(sqlite_database: Database, changed: dict[str, str]) -> None:
    with fetching(sqlite_database, CHARTS.answer(PRICES, **changed)) as site:
        assert site.fetch(1).changed == 0
        assert site.alarm() != ""
        assert site.prices_per_mwh() == []


def test_an_address_that_only_the_service_reaches_is_not_asked(sqlite_database: Database) -> None:
    with fetching(sqlite_database, CHARTS.answer(PRICES)) as site:
        assert site.fetch(1, to_loopback=False).changed == 0
        assert "one that other machines reach" in site.alarm()
        assert site.server.asked == []


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_asked_where_it_was_checked(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look-up but the first gives another address of this machine, where nothing may be asked."""
    looked_up, system = [], socket.getaddrinfo

    def rebound(host: Any, port: Any, *args: Any, **kinds: Any) -> Any:  # noqa: ANN401
        if host not in {"prices.example", b"prices.example"}:
            return system(host, port, *args, **kinds)
        looked_up.append(host)
        address = "127.0.0.1" if len(looked_up) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with fetching(sqlite_database, CHARTS.answer(PRICES)) as site:
        address = site.server.address.replace("127.0.0.1", "prices.example")
        site.server.address = address
        with sqlite_database.writing() as connection:
            put_site(connection, "pod", document(address), now=PUBLISHED - MINUTE, by="ada")
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        assert site.fetch(1).changed > 0
    assert len(looked_up) == 1


def test_a_server_that_moved_its_prices_is_followed(sqlite_database: Database) -> None:
    moved = Scripted(status=302, headers={"Location": "/moved?of=today"})
    with fetching(sqlite_database, moved, CHARTS.answer(PRICES)) as site:
        assert site.fetch(1).changed > 0
        assert site.server.asked[1] == "/moved?of=today"


def test_the_alarm_ends_where_prices_are_no_longer_fetched(sqlite_database: Database) -> None:
    with fetching(sqlite_database, CHARTS.nothing_yet) as site:
        site.fetch(60)
        with sqlite_database.writing() as connection:
            put_site(
                connection, "pod", document("", prices={"series": "prices"}), now=PUBLISHED + 61 * MINUTE, by="ada"
            )
        assert site.fetch(62).changed == 0
        with sqlite_database.reading() as connection:
            assert not has_alarm(connection, "pod")
        end_alarm(sqlite_database, "pod", PUBLISHED)


@pytest.mark.parametrize(
    ("prices", "field"),
    [
        ({"series": "prices", "fetch": {"source": "openadr", "zone": "x"}}, "prices.fetch.url"),
        ({"series": "prices", "fetch": {"source": "nobody", "zone": "x"}}, "prices.fetch.source"),
        ({"series": "prices", "fetch": {"source": "csv", "zone": "", "url": "https://a.b/c"}}, "prices.fetch.zone"),
        ({"start": BEGIN, "values": [0.1], "fetch": {"source": "entso-e", "zone": "FR"}}, "prices.fetch"),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_what_to_write(prices: dict[str, Any], field: str) -> None:
    from ridethrough.api.reading.site_file import read_site  # noqa: PLC0415

    with pytest.raises(UnableToAccept) as refused:
        read_site(document("", prices=prices), source="site", folder=None)
    assert field in {fault.field for fault in refused.value.faults}

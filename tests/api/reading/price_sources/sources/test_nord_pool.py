"""Nord Pool's market data API, replayed on this machine: what counts by its status, its day and its currency."""

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from price_dialects import nord_pool_day, priced
from price_servers import TOKEN, Scripted, Server, question, serving

from ridethrough.api.reading.price_sources.named import PublishedPrices, SourceName
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, UnableToFetchPrices
from ridethrough.api.reading.price_sources.sources.nord_pool import NordPool
from ridethrough.domain import UnableToAccept

DAY = date(2026, 7, 1)
QUARTERS = priced("2026-07-01T00:00+02:00", 15, [20 + 0.25 * index for index in range(96)])


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORDPOOL_USERNAME", "ann")
    monkeypatch.setenv("NORDPOOL_PASSWORD", "p&ss wörd")


def told(*entries: dict[str, Any]) -> Scripted:
    return Scripted(content=json.dumps(entries).encode(), kind="application/json")


def asked(*answers: Scripted, **asking: str) -> tuple[FetchedPrices, Server]:
    times = {"start": "2026-07-01T00:00+02:00", "end": "2026-07-02T00:00+02:00"}
    with serving(*answers) as server:
        source = NordPool(address=server.address, token_address=f"{server.address}/connect/token")
        return source.fetch(question(**{**times, **asking})), server


def test_a_token_is_asked_for_by_form_and_then_the_day_of_the_area() -> None:
    found, server = asked(told(nord_pool_day(DAY, QUARTERS, deliveryArea="SE3")), zone="SE_3")
    assert found.is_complete
    (form,) = server.forms
    expected = {"grant_type": "password", "scope": "marketdata_api", "username": "ann", "password": "p&ss wörd"}
    assert {name: value for name, (value,) in parse_qs(form.decode()).items()} == expected
    (path,) = server.asked
    assert urlsplit(path).path == "/api/v2/Auction/Prices/ByAreas"
    query = {name: value for name, (value,) in parse_qs(urlsplit(path).query).items()}
    assert query == {"market": "DayAhead", "areas": "SE3", "currency": "EUR", "date": "2026-07-01"}


def test_a_local_day_of_another_clock_is_asked_for_as_two_delivery_days() -> None:
    """A day in Helsinki begins an hour before the delivery day."""
    before = priced("2026-06-30T00:00+02:00", 60, [float(hour) for hour in range(24)])
    entries = (
        nord_pool_day(date(2026, 6, 30), before, deliveryArea="FI"),
        nord_pool_day(DAY, QUARTERS, deliveryArea="FI"),
    )
    times = {"start": "2026-07-01T00:00+03:00", "end": "2026-07-02T00:00+03:00"}
    found, server = asked(*(told(each) for each in entries), zone="FI", timezone="Europe/Helsinki", **times)
    assert len(server.asked) == 2
    assert found.is_complete
    assert round(found.stretches[0].price_per_kwh[0] * 1000, 9) == 23
    assert [each.step for each in found.stretches] == [timedelta(hours=1), timedelta(minutes=15)]


@pytest.mark.parametrize(
    ("status", "said"),
    [("Missing", []), ("Cancelled", ["cancelled"]), ("Preliminary", ["none is used: the auction may be"])],
)
def test_prices_that_are_not_final_do_not_count(status: str, said: list[str]) -> None:
    found, _ = asked(told(nord_pool_day(DAY, QUARTERS, status=status)))
    assert found.stretches == ()
    assert [(each.start, each.end) for each in found.missing] == [(QUARTERS[0][0], QUARTERS[-1][0] + QUARTERS[-1][1])]
    assert len(found.notes) == len(said)
    assert all(part in note for part, note in zip(said, found.notes, strict=True))


@pytest.mark.parametrize("auction", ["Final", "Preliminary"])
def test_a_day_whose_exchange_rate_alone_is_open_counts_and_is_named(auction: str) -> None:
    local = nord_pool_day(DAY, QUARTERS, deliveryArea="SE3", status="Preliminary", currency="SEK", unit="SEK/MWh")
    own = nord_pool_day(DAY, QUARTERS, deliveryArea="SE3", status=auction)
    found, server = asked(told(local), told(own), zone="SE_3", currency="SEK")
    assert [parse_qs(urlsplit(each).query)["currency"] for each in server.asked] == [["SEK"], ["EUR"]]
    assert found.is_complete == (auction == "Final")
    (note,) = found.notes
    assert ("exchange rate from EUR may still change" in note) == (auction == "Final")


def test_a_price_that_is_null_is_a_hole_and_one_of_another_day_is_left_out() -> None:
    entry = nord_pool_day(DAY, [*QUARTERS, *priced("2026-07-02T00:00+02:00", 15, [1.0])])
    entry["prices"][3]["price"] = None
    found, _ = asked(told(entry), end="2026-07-03T00:00+02:00")
    assert [each.start for each in found.missing] == [QUARTERS[3][0], QUARTERS[-1][0] + QUARTERS[-1][1]]
    assert len(found.notes) == 2


def test_an_area_that_is_not_in_the_answer_has_no_prices() -> None:
    found, _ = asked(told(nord_pool_day(DAY, QUARTERS, deliveryArea="AT")))
    assert (found.stretches, len(found.missing)) == ((), 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "Unheard"},
        {"unit": "EUR"},
        {"currency": "NOK"},
        {"unit": "NOK/MWh"},
        {"prices": None},
        {"prices": [1]},
        {"prices": [{"deliveryStart": "2026-07-01T00:00:00Z", "deliveryEnd": "2026-07-01T00:00:00Z", "price": 1}]},
        {"prices": [{"deliveryStart": "2026-07-01T00:00:00", "deliveryEnd": "2026-07-01T01:00:00Z", "price": 1}]},
        {"prices": [{"deliveryStart": "2026-07-01T00:00:00Z", "deliveryEnd": "2026-07-01T01:00:00Z", "price": "1"}]},
        {"prices": [{"deliveryStart": "soon", "deliveryEnd": "2026-07-01T01:00:00Z", "price": 1}]},
    ],
)
def test_what_is_not_in_the_documented_form_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(UnableToFetchPrices):
        asked(told({**nord_pool_day(DAY, QUARTERS), **changed}))


def test_a_day_that_was_preliminary_counts_once_it_is_final_with_its_own_prices() -> None:
    other = [(at, step, price + 7) for at, step, price in QUARTERS]
    before, _ = asked(told(nord_pool_day(DAY, QUARTERS, status="Preliminary")))
    after, _ = asked(told(nord_pool_day(DAY, other)))
    assert before.stretches == ()
    assert (after.is_complete, after.notes) == (True, ())
    assert round(after.stretches[0].price_per_kwh[0] * 1000, 9) == other[0][2]


@pytest.mark.parametrize(
    "changed",
    [{"deliveryDateCET": "2026-07-02"}, {"deliveryArea": "AT"}, {"market": "Intraday"}, {"deliveryDateCET": None}],
)
def test_an_answer_about_another_day_area_or_market_has_no_prices(changed: dict[str, Any]) -> None:
    found, _ = asked(told({**nord_pool_day(DAY, QUARTERS), **changed}))
    assert (found.stretches, len(found.missing)) == ((), 1)


def test_quarters_whose_hours_differ_are_not_guessed() -> None:
    """An hour that is the mean of its quarters says nothing new; one that is not contradicts them, and none counts."""
    hours = priced("2026-07-01T00:00+02:00", 60, [20.375 + index for index in range(24)])
    found, _ = asked(told(nord_pool_day(DAY, [*QUARTERS, *hours])))
    assert found.is_complete
    wrong = [(at, step, price + 40 * (index == 3)) for index, (at, step, price) in enumerate(hours)]
    found, _ = asked(told(nord_pool_day(DAY, [*QUARTERS, *wrong])))
    ((start, end),) = [(each.start, each.end) for each in found.missing]
    assert (start, end) == (hours[3][0], hours[4][0])


def test_an_area_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UnableToFetchPrices, match="is there 2 times"):
        asked(told(nord_pool_day(DAY, QUARTERS), nord_pool_day(DAY, QUARTERS)))


@pytest.mark.parametrize(
    ("signing_in", "said"),
    [
        (Scripted(status=400, content=b'{"error": "invalid_grant"}'), "user and password are not accepted"),
        (Scripted(status=302, headers={"Location": "/elsewhere"}), "the server answers 302"),
        (Scripted(status=503, headers={"Retry-After": "60"}), "the server answers 503"),
        (Scripted(content=b'{"token": 1}'), "no access_token"),
    ],
)
def test_without_a_token_no_price_is_asked_for(signing_in: Scripted, said: str) -> None:
    with serving(told(), signing_in=signing_in) as server:
        source = NordPool(address=server.address, token_address=f"{server.address}/connect/token")
        with pytest.raises(UnableToFetchPrices, match=said) as caught:
            source.fetch(question("2026-07-01T00:00+02:00", "2026-07-02T00:00+02:00"))
        assert (server.asked, len(server.forms)) == ([], 1)
    assert "wörd" not in str(caught.value)


def test_the_token_is_in_no_message() -> None:
    with pytest.raises(UnableToFetchPrices) as caught:
        asked(Scripted(status=403, content=f"not for {TOKEN}".encode()))
    assert "not for ***" in str(caught.value)


def test_without_an_account_or_for_a_zone_without_a_market_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnableToAccept, match="ES"):
        asked(told(), zone="ES")
    monkeypatch.delenv("NORDPOOL_PASSWORD")
    with pytest.raises(UnableToFetchPrices, match="there is no key"):
        asked(told())


def test_a_password_goes_to_no_address_that_a_document_names() -> None:
    assert PublishedPrices(source=SourceName.NORD_POOL, zone="FI").at_source() == NordPool()
    with pytest.raises(UnableToAccept, match="url"):
        PublishedPrices(source=SourceName.NORD_POOL, zone="FI", url="https://prices.example")

import json
from typing import Any

from price_servers import Scripted, question, serving

from ridethrough.api.reading.price_sources.price_source import FetchedPrices
from ridethrough.api.reading.price_sources.sources.open_adr import PAGE, OpenAdr

PERIOD = {"start": "2026-07-01T00:00Z", "duration": "PT1H"}
UNIT = [{"payloadType": "PRICE", "units": "KWH", "currency": "EUR"}]


def event(*prices: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON document
    intervals = [{"id": n, "payloads": [{"type": "PRICE", "values": [price]}]} for n, price in enumerate(prices)]
    return {"intervalPeriod": PERIOD, "payloadDescriptors": UNIT, "intervals": intervals, **more}


def asked(*pages: list[dict[str, Any]]) -> tuple[FetchedPrices, list[str]]:
    answers = [Scripted(content=json.dumps(each).encode(), kind="application/json") for each in pages]
    with serving(*answers) as server:
        asking = question("2026-07-01T00:00Z", "2026-07-02T00:00Z", zone="p1")
        return OpenAdr(address=server.address).fetch(asking), server.asked


def prices_of(*events: dict[str, Any]) -> list[float]:
    return [price for each in asked(list(events))[0].stretches for price in each.price_per_kwh]


def test_intervals_without_a_time_of_their_own_follow_each_other() -> None:
    (stretch,) = asked([event(0.1, 0.2, 0.3)])[0].stretches
    assert stretch.start.isoformat() == "2026-07-01T00:00:00+00:00"
    assert stretch.price_per_kwh == (0.1, 0.2, 0.3)


def test_a_price_of_three_hours_is_one_of_each_hour() -> None:
    assert prices_of(event(0.4, intervalPeriod={**PERIOD, "duration": "PT3H"})) == [0.4, 0.4, 0.4]


def test_the_higher_priority_counts_and_then_the_newer_event() -> None:
    old, new = ({"modificationDateTime": f"2026-06-30T{hour}:00:00Z"} for hour in (10, 11))
    assert prices_of(event(0.2, **new), event(0.1, **old)) == [0.2]
    assert prices_of(event(0.2, priority=5, **new), event(0.1, priority=0, **old)) == [0.1]


def test_an_event_that_cannot_be_used_is_named_and_the_others_are_used() -> None:
    odd = [
        event(9.0, eventName="a", payloadDescriptors=[]),
        event(9.0, eventName="b", intervalPeriod={**PERIOD, "randomizeStart": "PT10M"}),
        event(9.0, eventName="c", intervalPeriod={"start": "0001-01-01T00:00Z", "duration": "PT1H"}),
        event(9.0, eventName="d", programID="other"),
    ]
    found, _ = asked([*odd, event(0.3)])
    assert [each.price_per_kwh for each in found.stretches] == [(0.3,)]
    assert [note[:11] for note in found.notes] == [f"the event {name}" for name in "abcd"]


def test_events_are_asked_for_page_by_page() -> None:
    pages = [[event(0.1)] * PAGE, [event(0.1, 0.2)]]
    found, addresses = asked(*pages)
    assert [each.price_per_kwh for each in found.stretches] == [(0.1, 0.2)]
    assert addresses == [f"/events?programID=p1&skip={skip}&limit={PAGE}" for skip in (0, PAGE)]

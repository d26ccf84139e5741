import math
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_dialects import period, publication, refusal, time_series
from price_servers import question

from ridethrough.api.reading.price_sources.price_source import UnableToFetchPrices
from ridethrough.api.reading.price_sources.sources.entsoe_document import Asked, PriceDocument, price_document
from ridethrough.api.reading.price_sources.zones import ZONES

VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
START, END = datetime(2026, 7, 1, 0, tzinfo=UTC), datetime(2026, 7, 1, 2, tzinfo=UTC)


def sequence(number: int) -> str:
    name = "classificationSequence_AttributeInstanceComponent.position"
    return f"<{name}>{number}</{name}>"


def read(content: bytes, wanted: str = "1") -> PriceDocument:
    asking = question("2026-07-01T00:00Z", "2026-07-02T00:00Z")
    return price_document(content, Asked(source="entso-e", question=asking, eic=ZONES["DE_LU"].eic, sequence=wanted))


def prices_of(document: PriceDocument) -> list[float]:
    return [round(1000 * each.price_per_kwh, 9) for each in document.quotes]


def test_a_point_left_out_of_curve_a03_has_the_price_before_it() -> None:
    points = [(1, 10.0), (4, 11.0), (7, 12.0)]
    document = read(publication(time_series(period(START, END, 15, points), curve="A03")))
    assert prices_of(document) == [10, 10, 10, 11, 11, 11, 12, 12]
    assert document.notes == ["5 of 8 points are left out, and have the price before them (curve A03)"]


def test_before_the_first_point_of_curve_a03_there_is_no_price() -> None:
    document = read(publication(time_series(period(START, END, 15, [(7, 12.0)]), curve="A03")))
    assert [(each.start.hour, each.start.minute) for each in document.quotes] == [(1, 30), (1, 45)]


def test_a_point_left_out_of_curve_a01_is_missing() -> None:
    document = read(publication(time_series(period(START, END, 60, [(2, 12.0)]), curve="A01")))
    assert [each.start.hour for each in document.quotes] == [1]


def test_only_the_auction_that_is_asked_for_counts() -> None:
    series = "".join(
        time_series(period(START, END, 60, [(1, price), (2, price)]), more=sequence(number))
        for number, price in ((1, 50.0), (2, 60.0))
    )
    assert prices_of(read(publication(series))) == [50, 50]
    assert prices_of(read(publication(series), "2")) == [60, 60]
    alone = read(publication(time_series(period(START, END, 60, [(1, 60.0)]), more=sequence(2))))
    assert (alone.quotes, len(alone.notes)) == ([], 1)
    assert "another auction than sequence 1" in alone.notes[0]


@pytest.mark.parametrize(
    ("curve", "points", "reason"),
    [
        ("A02", [(1, 1.0)], "its curve type is A02"),
        ("A03", [(1, 1.0), (9, 2.0)], "its point 9 is not one of its 8"),
        ("A03", [(0, 1.0)], "its point 0 is not one of its 8"),
        ("A01", [(1, float("nan"))], "its point 1 has no price"),
    ],
)
def test_a_period_that_contradicts_itself_is_named_and_the_others_are_used(
    curve: str, points: list[tuple[int, float]], reason: str
) -> None:
    later = period(END, datetime(2026, 7, 1, 3, tzinfo=UTC), 60, [(1, 33.0)])
    series = time_series(period(START, END, 15, points), curve=curve) + time_series(later)
    document = read(publication(series))
    assert prices_of(document) == [33]
    assert document.notes == [f"a period from 2026-07-01T00:00Z is not used: {reason}"]


@pytest.mark.parametrize("day", ["2026-03-29T00:00+01:00", "2026-10-25T00:00+02:00"])
def test_24_hours_on_a_day_of_23_or_25_are_not_used(day: str) -> None:
    start = datetime.fromisoformat(day)
    end = datetime.fromtimestamp(start.timestamp() + 24 * 3600, UTC)
    document = read(publication(time_series(period(start, end, 60, [(n, float(n)) for n in range(1, 25)]))))
    assert document.quotes == []
    assert "24 hours on a day on which the clocks change" in document.notes[0]


@pytest.mark.parametrize("start", ["0001-01-01T00:00+14:00", "9999-12-31T23:00-14:00", "2026-07-01T00:00", "today"])
def test_a_period_of_no_believable_time_is_named(start: str) -> None:
    written = period(START, END, 60, [(1, 1.0)]).replace("2026-07-01T00:00Z", start)
    document = read(publication(time_series(written)))
    assert document.quotes == []
    assert len(document.notes) == 1


@given(st.integers(0, 2000), st.integers(0, 400), st.binary(max_size=4))
def test_a_document_that_is_damaged_is_read_or_refused(first: int, cut: int, put: bytes) -> None:
    """Nothing but the one error comes of any damage."""
    whole = publication(time_series(period(START, END, 15, [(1, 10.0), (5, 20.0)]), curve="A03"))
    first %= len(whole)
    with suppress(UnableToFetchPrices):
        damaged = read(whole[:first] + put + whole[first + cut :])
        assert all(math.isfinite(each) for each in prices_of(damaged))


def test_a_refusal_says_why() -> None:
    assert read(refusal("999", "No matching data found for Data item Day-ahead Prices")).quotes == []
    with pytest.raises(UnableToFetchPrices, match="the platform refuses: 999 Unauthorized"):
        read(refusal("999", "Unauthorized"))


def test_entities_are_refused() -> None:
    name = "Publication_MarketDocument"
    bomb = f'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><{name}>&c;</{name}>'.encode()
    with pytest.raises(UnableToFetchPrices, match="DOCTYPE"):
        read(bomb)


@pytest.mark.parametrize("name", ZONES)
def test_the_code_of_a_zone_has_its_check_character(name: str) -> None:
    code = ZONES[name].eic
    total = sum(VALUES.index(sign) * weight for sign, weight in zip(code[:15], range(16, 1, -1), strict=True))
    assert code[15] == VALUES[36 - (total - 1) % 37]

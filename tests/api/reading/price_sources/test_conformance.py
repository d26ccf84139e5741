"""What every source of prices does, whatever its form."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from price_dialects import DIALECTS, SECRET, Dialect, priced
from price_servers import Scripted, question, serving

from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices

DAY = question("2026-07-01T00:00+02:00", "2026-07-02T00:00+02:00")
QUARTERS = priced("2026-07-01T00:00+02:00", 15, [20 + 0.25 * index for index in range(96)])


@pytest.fixture(params=DIALECTS, ids=lambda each: each.name)
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dialect:
    for name in ("ENTSOE_API_TOKEN", "OPENADR_TOKEN", "NORDPOOL_USERNAME", "NORDPOOL_PASSWORD"):
        monkeypatch.setenv(name, SECRET)
    found: Dialect = request.param
    return found


def asked(dialect: Dialect, *answers: Scripted, asking: PriceQuestion = DAY) -> FetchedPrices:
    with serving(*answers) as server:
        return dialect.source(server.address).fetch(asking)


def refused(dialect: Dialect, *answers: Scripted, asking: PriceQuestion = DAY) -> UnableToFetchPrices:
    with pytest.raises(UnableToFetchPrices) as caught:
        asked(dialect, *answers, asking=asking)
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    return caught.value


def by_time(prices: FetchedPrices) -> dict[datetime, float]:
    """The price per MWh at the start of each interval."""
    return {
        each.start + index * each.step: round(1000 * price, 9)
        for each in prices.stretches
        for index, price in enumerate(each.price_per_kwh)
    }


def test_prices_are_given_per_kwh_at_their_times(dialect: Dialect) -> None:
    prices = asked(dialect, dialect.answer(QUARTERS))
    assert by_time(prices) == {at: price for at, _, price in QUARTERS}
    assert (prices.is_complete, prices.doubted, prices.fetched_at) == (True, (), DAY.now)


def test_prices_outside_the_time_asked_for_are_left_out(dialect: Dialect) -> None:
    asking = question("2026-07-01T06:00+02:00", "2026-07-01T07:00+02:00")
    assert list(by_time(asked(dialect, dialect.answer(QUARTERS), asking=asking)).values()) == [26, 26.25, 26.5, 26.75]


def test_prices_that_are_not_published_yet_are_no_error(dialect: Dialect) -> None:
    prices = asked(dialect, dialect.nothing_yet)
    assert prices.stretches == ()
    assert [(each.start, each.end) for each in prices.missing] == [(DAY.start, DAY.end)]


def test_a_part_of_a_day_is_given_and_the_rest_is_named(dialect: Dialect) -> None:
    prices = asked(dialect, dialect.answer(QUARTERS[:40]))
    assert len(by_time(prices)) == 40
    assert [(each.start, each.end) for each in prices.missing] == [(QUARTERS[40][0], DAY.end)]


def test_a_hole_is_not_filled(dialect: Dialect) -> None:
    prices = asked(dialect, dialect.answer([*QUARTERS[:40], *QUARTERS[44:]]))
    assert [(each.start, each.end) for each in prices.missing] == [(QUARTERS[40][0], QUARTERS[44][0])]


def test_a_server_that_takes_too_long_is_left(dialect: Dialect) -> None:
    slow = dialect.answer(QUARTERS)
    slow.pieces, slow.pause_s = 40, 0.1
    assert "no whole answer within 2 s" in refused(dialect, slow).reason


def test_an_answer_that_breaks_off_is_not_read(dialect: Dialect) -> None:
    broken = dialect.answer(QUARTERS)
    broken.dies = len(broken.content) // 2
    assert "no answer" in refused(dialect, broken).reason


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(dialect: Dialect, status: int) -> None:
    error = refused(dialect, Scripted(status=status, headers={"Retry-After": "90"}))
    assert error.retry_after == timedelta(seconds=90)
    dated = refused(dialect, Scripted(status=status, headers={"Retry-After": "Tue, 30 Jun 2026 12:10:00 GMT"}))
    assert dated.retry_after == timedelta(minutes=10)


def test_an_answer_beyond_all_measure_is_not_read(dialect: Dialect) -> None:
    assert "larger than" in refused(dialect, Scripted(content=b" " * 3_000_000)).reason


def test_a_redirect_to_another_host_is_not_followed(dialect: Dialect) -> None:
    with serving(dialect.answer(QUARTERS)) as other:
        error = refused(dialect, Scripted(status=302, headers={"Location": other.address}))
        assert "another host" in error.reason
        assert other.asked == []


@pytest.mark.parametrize("content", [b"<html>busy</html>", b"{}", b"\xff\xfe\x00", b"[1", b'{"a": 1, "a": 2}'])
def test_an_answer_in_another_form_is_refused(dialect: Dialect, content: bytes) -> None:
    try:
        prices = asked(dialect, Scripted(content=content, kind="text/html"))
    except UnableToFetchPrices:
        return
    assert prices.stretches == ()


def test_absurd_prices_are_kept_and_named(dialect: Dialect) -> None:
    absurd = [*QUARTERS[:10], (*QUARTERS[10][:2], 99_999.0), *QUARTERS[11:]]
    prices = asked(dialect, dialect.answer(absurd))
    assert by_time(prices)[QUARTERS[10][0]] == 99_999
    (doubted,) = prices.doubted
    assert (doubted.start, doubted.end) == (QUARTERS[10][0], QUARTERS[11][0])
    assert "outside -1 to 10" in doubted.reason


def test_prices_below_zero_and_of_zero_are_prices(dialect: Dialect) -> None:
    below = priced("2026-07-01T00:00+02:00", 15, [-500.0, 0.0, -0.01, *[5.0 - 0.25 * index for index in range(93)]])
    prices = asked(dialect, dialect.answer(below))
    assert by_time(prices) == {at: price for at, _, price in below}
    assert (prices.is_complete, prices.doubted) == (True, ())


def test_a_price_that_stands_still_for_a_day_is_doubted(dialect: Dialect) -> None:
    asking = question("2026-07-01T00:00+02:00", "2026-07-03T00:00+02:00")
    frozen = priced("2026-07-01T00:00+02:00", 15, [50.0] * 192)
    assert "stands still for 48 h" in asked(dialect, dialect.answer(frozen), asking=asking).doubted[0].reason


def test_another_currency_is_refused(dialect: Dialect) -> None:
    if not dialect.says_currency:
        pytest.skip("its form has no currency")
    assert "prices in GBP" in refused(dialect, dialect.answer(QUARTERS, currency="GBP")).reason


def test_another_unit_is_refused_or_read_as_what_it_is(dialect: Dialect) -> None:
    refused(dialect, dialect.answer(QUARTERS, unit="GJ"))
    per_kwh = asked(dialect, dialect.answer([(at, step, price / 1000) for at, step, price in QUARTERS], unit="KWH"))
    assert by_time(per_kwh) == {at: price for at, _, price in QUARTERS}


def test_prices_that_are_there_twice_count_once(dialect: Dialect) -> None:
    prices = asked(dialect, dialect.answer([*QUARTERS[:8], QUARTERS[7], *QUARTERS[8:]]))
    assert by_time(prices) == {at: price for at, _, price in QUARTERS}


def test_of_prices_that_contradict_each_other_none_is_used(dialect: Dialect) -> None:
    answer = dialect.answer([*QUARTERS[:8], (*QUARTERS[7][:2], 500.0), *QUARTERS[8:]])
    if dialect.name == "csv":  # a file is used as a whole, or not at all
        assert "row" in refused(dialect, answer).reason
        return
    prices = asked(dialect, answer)
    assert QUARTERS[7][0] not in by_time(prices)
    assert len(by_time(prices)) == 95
    assert "contradicts itself" in prices.missing[0].reason


def test_a_step_that_changes_within_the_day_gives_every_time_its_price(dialect: Dialect) -> None:
    hours = priced("2026-07-01T00:00+02:00", 60, [10.0 + index for index in range(12)])
    quarters = priced("2026-07-01T12:00+02:00", 15, [40.0 + index for index in range(48)])
    prices = asked(dialect, dialect.answer([*hours, *quarters]))
    assert prices.is_complete
    expected = {at + timedelta(minutes=15 * part): price for at, _, price in hours for part in range(4)}
    expected |= {at: price for at, _, price in quarters}
    fine = {
        each.start + index * each.step + part * timedelta(minutes=15): round(1000 * price, 9)
        for each in prices.stretches
        for index, price in enumerate(each.price_per_kwh)
        for part in range(each.step // timedelta(minutes=15))
    }
    assert fine == expected


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 92),
        ("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 100),
    ],
)
def test_days_of_23_and_25_hours_are_whole(dialect: Dialect, start: str, end: str, count: int) -> None:
    written = priced(start, 15, [20.0 + index for index in range(count)])
    prices = asked(dialect, dialect.answer(written), asking=question(start, end))
    assert prices.is_complete
    assert by_time(prices) == {at: price for at, _, price in written}


def test_prices_that_lost_the_repeated_hour_are_not_used_from_it_on(dialect: Dialect) -> None:
    start, end = "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"
    values = [20.0 + index for index in range(100)]
    late_by_an_hour = [*values[:8], *[values[7]] * 4, *values[8:96]]
    prices = asked(dialect, dialect.answer(priced(start, 15, late_by_an_hour)), asking=question(start, end))
    assert list(by_time(prices).values()) == values[:8]
    (missing,) = prices.missing
    assert missing.start == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert "clock shows twice" in missing.reason


def test_no_key_is_logged(dialect: Dialect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"you sent {SECRET if dialect.has_key else 'nothing'}".encode()
    refused(dialect, Scripted(status=401, content=echo))
    asked(dialect, dialect.answer(QUARTERS))
    assert SECRET not in caplog.text

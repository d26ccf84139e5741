from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from price_servers import question

from ridethrough.api.reading.price_sources.assembling import Quote, assembled

DAY = question("2026-07-01T00:00Z", "2026-07-02T00:00Z")
QUARTER = timedelta(minutes=15)


def quote(quarter: int, price: float, quarters: int = 1, issue: tuple[int | str, ...] = ()) -> Quote:
    return Quote(start=DAY.start + quarter * QUARTER, step=quarters * QUARTER, price_per_kwh=price, issue=issue)


def prices_of(quotes: list[Quote]) -> list[float]:
    return [price for each in assembled("test", quotes, DAY).stretches for price in each.price_per_kwh]


def test_the_newer_issue_counts() -> None:
    assert prices_of([quote(0, 0.2, issue=(2,)), quote(0, 0.1, issue=(1,)), quote(1, 0.3, issue=(1,))]) == [0.2, 0.3]


def test_an_hour_that_is_the_mean_of_its_quarters_gives_way_to_them() -> None:
    quarters = [quote(index, price) for index, price in enumerate([0.1, 0.2, 0.3, 0.4])]
    assert prices_of([quote(0, 0.25, 4), *quarters]) == [0.1, 0.2, 0.3, 0.4]


def test_an_hour_that_is_not_the_mean_of_its_quarters_contradicts_them() -> None:
    quarters = [quote(index, price) for index, price in enumerate([0.1, 0.2, 0.3, 0.4])]
    assert prices_of([quote(0, 0.5, 4), *quarters, quote(4, 0.7)]) == [0.7]


prices = st.sampled_from([0.05, 0.1, 0.2])
quotes = st.builds(quote, st.integers(0, 20), prices, st.sampled_from([1, 2, 4]), st.tuples(st.integers(0, 1)))


@given(st.lists(quotes, max_size=25))
def test_every_time_has_a_price_of_its_own_or_is_named(given_quotes: list[Quote]) -> None:
    """Prices and missing times cover what is asked for, once; and each price is one that the newest issue says."""
    found = assembled("test", given_quotes, DAY)
    spans = sorted([(each.start, each.end) for each in (*found.stretches, *found.missing)])
    assert spans[0][0] == DAY.start
    assert spans[-1][1] == DAY.end
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    for stretch in found.stretches:
        for index, price in enumerate(stretch.price_per_kwh):
            start = stretch.start + index * stretch.step
            for part in range(stretch.step // QUARTER):
                assert price in _said_of(start + part * QUARTER, given_quotes)


def _said_of(at: datetime, given_quotes: list[Quote]) -> set[float]:
    there = [each for each in given_quotes if each.start <= at < each.start + each.step]
    newest = max(each.issue for each in there)
    return {each.price_per_kwh for each in there if each.issue == newest}

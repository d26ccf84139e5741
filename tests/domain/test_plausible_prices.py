"""Prices that are believed, and those that are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.domain.plausible_prices import RANGE_PER_KWH, PlausiblePrices

USD = PlausiblePrices.of_currency("USD")
REAL_DAY = [0.021, 0.018, 0.0, -0.012, 0.02, 0.035, 0.09, 0.4, 5.0, 0.1, 0.06, 0.05]


def reasons(prices: list[float], step_h: float = 1.0, believed: PlausiblePrices = USD) -> list[str]:
    return [each.reason for each in believed.doubts(prices, step_h, "USD")]


def test_a_real_day_with_scarcity_and_negative_prices_is_believed() -> None:
    assert reasons(REAL_DAY * 4) == []


@pytest.mark.parametrize("absurd", [1e6, -1e6, 10.01, -1.01, 47.0])
def test_a_price_outside_the_range_is_found_where_it_is(absurd: float) -> None:
    (doubt,) = USD.doubts([*REAL_DAY, absurd, *REAL_DAY], 1.0, "USD")
    assert (doubt.first, doubt.end, doubt.is_outside) == (12, 13, True)
    assert f"{absurd:,.12g} USD per kWh is outside -1 to 10" in doubt.reason


def test_prices_per_mwh_are_known_by_their_size() -> None:
    (reason,) = reasons([32.0, 41.5, 38.0, 55.0, 29.0])
    assert "look like prices per MWh" in reason


@pytest.mark.parametrize(
    ("stuck", "step_h", "count"), [(0.0, 1.0, 13), (0.0, 0.25, 49), (0.043, 1.0, 25), (-0.01, 0.25, 97)]
)
def test_a_feed_that_stands_still_is_found(stuck: float, step_h: float, count: int) -> None:
    assert reasons([0.01, *[stuck] * (count - 1), 0.02], step_h) == []
    (doubt,) = USD.doubts([0.01, *[stuck] * count, 0.02], step_h, "USD")
    assert (doubt.first, doubt.end, doubt.is_outside) == (1, 1 + count, False)


def test_a_site_may_widen_all_of_it() -> None:
    wide = PlausiblePrices.of_currency("USD", lowest=-2e6, highest=2e6, unchanged_h=2000)
    assert reasons([*REAL_DAY, 1e6, -1e6, *[0.0] * 900], believed=wide) == []


def test_a_currency_that_is_not_known_has_no_range_but_may_not_stand_still() -> None:
    unknown = PlausiblePrices.of_currency("XAU")
    assert reasons([1e9, -1e9], believed=unknown) == []
    assert reasons([1e9] * 25, believed=unknown) != []


def test_a_range_whose_ends_are_not_in_order_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="highest_per_kwh is 1"):
        PlausiblePrices(lowest_per_kwh=2, highest_per_kwh=1)


@given(st.sampled_from(sorted(RANGE_PER_KWH)), st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_every_range_believes_its_own_prices_and_nothing_beyond(currency: str, shares: list[float]) -> None:
    low, high = RANGE_PER_KWH[currency]
    believed = PlausiblePrices.of_currency(currency, unchanged_h=1e6)
    inside = [low + (share + 1) / 2 * (high - low) for share in shares]
    assert not [each for each in believed.doubts(inside, 1.0, currency) if "outside" in each.reason]
    assert believed.doubts([*inside, 0.0, high * 1.01], 1.0, currency)
    assert believed.doubts([*inside, 0.0, low * 1.01], 1.0, currency)

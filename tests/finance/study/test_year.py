"""What a year saves, worked out by hand from a few billing periods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.finance.study.study import PeriodSavings, Savings
from ridethrough.finance.study.year import annual_saving, history_of_year, months_represented, no_year

ONE_SEASON = (0,) * 12
SUMMER = (0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0)


def period(month: int, saved: float, *, whole: bool = True) -> PeriodSavings:
    return PeriodSavings(
        label=f"2026-{month:02}",
        month=month,
        whole=whole,
        baseline_total=1000.0,
        total=1000.0 - saved,
        savings=Savings(by_kind={"demand": saved}),
    )


def test_a_week_says_nothing_of_a_year() -> None:
    figure = annual_saving((period(6, 1250.0, whole=False),), ONE_SEASON)
    assert figure.value is None
    assert "no billing period was studied from its first day to its last" in figure.reason


def test_one_month_stands_for_twelve_where_the_tariff_has_one_season() -> None:
    assert annual_saving((period(6, 100.0),), ONE_SEASON).value == 1200.0


def test_days_beside_a_whole_month_do_not_count() -> None:
    ten_days_over_the_end = (period(6, 100.0), period(7, 23_000.0, whole=False))
    assert annual_saving(ten_days_over_the_end, ONE_SEASON).value == 1200.0


def test_four_summer_months_and_eight_others_make_a_year() -> None:
    studied = (period(3, 10.0), period(7, 100.0), period(8, 130.0))
    # June and July save 100 each, August and September 130 each; the eight other months 10 each.
    assert annual_saving(studied, SUMMER).value == pytest.approx(2 * 100 + 2 * 130 + 8 * 10)
    assert months_represented(studied, SUMMER) == (8.0, 2.0, 2.0)


def test_a_season_that_was_not_studied_leaves_no_year() -> None:
    figure = annual_saving((period(7, 100.0),), SUMMER)
    assert figure.value is None
    assert "Jan, Feb, Mar, Apr, May, Oct, Nov, Dec" in figure.reason


def test_a_month_studied_twice_counts_as_its_mean() -> None:
    studied = (*(period(month, 10.0) for month in range(1, 13)), period(1, 30.0))
    assert annual_saving(studied, ONE_SEASON).value == pytest.approx(11 * 10 + 20)


@given(st.lists(st.tuples(st.integers(1, 12), st.floats(-1e4, 1e4), st.booleans()), min_size=1, max_size=30))
def test_the_weights_are_twelve_months_and_agree_with_the_drawn_years(parts: list[tuple[int, float, bool]]) -> None:
    studied = tuple(period(month, saved, whole=whole) for month, saved, whole in parts)
    figure = annual_saving(studied, SUMMER)
    if figure.value is None:
        assert no_year(studied, SUMMER) == figure.reason
        return
    assert sum(months_represented(studied, SUMMER)) == pytest.approx(12)
    history = history_of_year(studied, SUMMER)
    assert all(len(year) == 12 for year in history.savings_by_year)
    if len({each.month for each in studied if each.whole}) == sum(each.whole for each in studied):
        assert sum(history.savings_by_year[0]) == pytest.approx(figure.value, abs=1e-6)

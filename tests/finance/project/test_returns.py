import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.finance import Discounting
from ridethrough.finance.project.returns import internal_rate_of_return, payback_years

conventional = st.tuples(st.floats(1, 1e6), st.lists(st.floats(1, 1e6), min_size=1, max_size=40)).map(
    lambda parts: [-parts[0], *parts[1]]
)


def present_value(amounts: list[float], rate: float) -> float:
    return math.fsum(amount / (1 + rate) ** year for year, amount in enumerate(amounts))


@pytest.mark.parametrize(
    ("amounts", "rate"),
    [
        ([-100, 39, 59, 55, 20], 0.280948421159689),  # published example of numpy-financial (BSD-3)
        ([-100, 0, 0, 74], 0.74 ** (1 / 3) - 1),  # the same: a rate below 0
        ([-100, 110], 0.1),
        ([100, -110], 0.1),  # a loan
        ([0, 0, -100, 121], 0.21),
        ([-100, 60, 60, -5.5], 0.1),  # a cost at the end: 0 at a rate of -92 % as well, which nobody asks for
    ],
)
def test_known_rates(amounts: list[float], rate: float) -> None:
    assert internal_rate_of_return(amounts).value == pytest.approx(rate, abs=1e-9)


@given(conventional)
def test_at_the_internal_rate_nothing_is_gained(amounts: list[float]) -> None:
    rate = internal_rate_of_return(amounts).value

    if rate is not None:
        scale = math.fsum(abs(amount) / (1 + rate) ** year for year, amount in enumerate(amounts))
        assert abs(present_value(amounts, rate)) <= 1e-9 * scale


@given(conventional, st.floats(1e-3, 1e3))
def test_the_rate_does_not_depend_on_the_currency(amounts: list[float], factor: float) -> None:
    rate = internal_rate_of_return(amounts).value
    scaled = internal_rate_of_return([amount * factor for amount in amounts]).value

    if rate is not None:
        assert scaled == pytest.approx(rate, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("amounts", [[-100.0, -5.0], [100.0, 0.0, 5.0], [0.0, 0.0]])
def test_without_a_change_of_sign_there_is_no_rate(amounts: list[float]) -> None:
    assert "never change their sign" in internal_rate_of_return(amounts).reason


def test_several_rates_are_no_answer() -> None:
    figure = internal_rate_of_return([-1600.0, 10000.0, -10000.0])  # the pump of Lorie and Savage: 25 % and 400 %

    assert figure.value is None
    assert figure.reason == "ambiguous: the present value is 0 at 25.00 %, 400.00 %"


def test_several_negative_rates_are_no_answer() -> None:
    figure = internal_rate_of_return([-10.0, 7.0, -1.0])  # -(x - 2) (x - 5), x being 1 / (1 + rate)

    assert figure.reason == "ambiguous: the present value is 0 at -80.00 %, -50.00 %"


def test_changes_of_sign_without_any_rate_are_no_answer() -> None:
    assert "no rate from -99% to 100,000%" in internal_rate_of_return([1000.0, -3000.0, 2500.0]).reason


def test_a_rate_beyond_all_that_is_asked_for_is_none() -> None:
    assert "no rate" in internal_rate_of_return([-1.0, 1e6]).reason


def test_a_present_value_that_touches_zero_is_at_most_one_rate() -> None:
    assert "ambiguous" not in internal_rate_of_return([-100.0, 230.0, -132.25]).reason


def test_rates_that_rounding_splits_are_one() -> None:
    near = internal_rate_of_return([-100.0, 230.0 + 1e-12, -132.25])

    assert near.value is None or near.value == pytest.approx(0.15, abs=1e-5)


def test_payback_within_a_year() -> None:
    assert payback_years([-100, 40, 40, 40], first_operating_row=1).value == pytest.approx(2.5)
    assert payback_years([-60, 40, 40], first_operating_row=0).value == pytest.approx(2.5)
    assert payback_years([-100, 0, 40, 80], first_operating_row=2).value == pytest.approx(1.75)


def test_payback_before_operation_is_none_of_its_years() -> None:
    assert payback_years([-100, 100, 0, 10], first_operating_row=3).value == 0


def test_what_is_never_short_is_paid_back_at_once() -> None:
    assert payback_years([0, 40], first_operating_row=1).value == 0


def test_a_replacement_that_is_not_yet_earned_puts_payback_off() -> None:
    assert payback_years([-100, 120, -100, 40, 80], first_operating_row=1).value == pytest.approx(3.5)


def test_what_does_not_come_back_is_never_paid_back() -> None:
    assert payback_years([-100, 40, 40], first_operating_row=1).reason.startswith("never")
    assert payback_years([-100, 140, -60], first_operating_row=1).value is None


def test_discounting_by_convention() -> None:
    assert Discounting.FIRST_ROW_WHOLE.factors(0.1, 3) == pytest.approx((1, 1 / 1.1, 1 / 1.21))
    assert Discounting.MIDDLE_OF_YEAR.factors(0.21, 2) == pytest.approx((1 / 1.1, 1 / 1.331))
    assert Discounting.END_OF_YEAR.factors(0.1, 2) == pytest.approx((1 / 1.1, 1 / 1.21))

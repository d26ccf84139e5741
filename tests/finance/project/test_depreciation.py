import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Depreciation, macrs, straight_line

CLASSES = (3, 5, 7, 10, 15, 20)


def declining_balance(years: int, *, speed: float) -> list[float]:
    """The law behind the tables: half a year first, and the straight line as soon as that is more."""
    left, parts = 1.0, []
    for year in range(years + 1):
        remaining = years - year + 0.5 if year else float(years)
        part = max(left * speed / years, left / remaining if year else 0.0)
        part = min(left, part / 2 if year == 0 else part)
        parts.append(part)
        left -= part
    return parts


@pytest.mark.parametrize("years", CLASSES)
def test_the_tables_follow_the_declining_balance_they_are_made_of(years: int) -> None:
    law = declining_balance(years, speed=2.0 if years <= 10 else 1.5)

    assert macrs(years).fraction_by_year == pytest.approx(law, abs=1.1e-4)


def test_figures_of_publication_946() -> None:
    assert macrs(5).fraction_by_year == (0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576)
    assert macrs(7).fraction_by_year[3] == 0.1249
    assert macrs(20).fraction_by_year[-1] == pytest.approx(0.02231)
    assert "946" in macrs(15).source


def test_a_class_that_the_tables_do_not_know_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="macrs_years is 4, must be one of 3, 5, 7, 10, 15, 20"):
        macrs(4)


def test_straight_lines_are_equal_parts() -> None:
    assert straight_line(4).fraction_by_year == (0.25,) * 4
    assert straight_line(4, half_year=True).fraction_by_year == (0.125, 0.25, 0.25, 0.25, 0.125)
    with pytest.raises(UnableToAccept, match="straight_line_years is 0"):
        straight_line(0)


@given(st.sampled_from(CLASSES), st.floats(0, 1))
def test_a_bonus_brings_forward_and_adds_nothing(years: int, fraction: float) -> None:
    table = macrs(years).with_bonus(fraction)

    assert sum(table.fraction_by_year) == pytest.approx(1)
    assert table.fraction_by_year[0] >= macrs(years).fraction_by_year[0] - 1e-12


def test_a_bonus_is_a_fraction() -> None:
    with pytest.raises(UnableToAccept, match=r"bonus_fraction is 1\.2"):
        macrs(5).with_bonus(1.2)


def test_a_table_that_writes_off_more_than_all_is_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Depreciation(name="mine", source="me", fraction_by_year=(1.5, -0.2))

    assert [fault.field for fault in refused.value.faults] == [
        "fraction_by_year.0",
        "fraction_by_year.1",
        "fraction_by_year",
    ]

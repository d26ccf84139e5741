"""A year of days, each from the end of the one before, never falls into recovery or hold."""

import pytest
from chained_days import chain, sites


@pytest.mark.parametrize("name", ["calm", "storms", "swings and ramps"])
def test_a_fortnight_with_a_storm_stays_optimal_and_certified(name: str) -> None:
    found = chain(sites()[name], 16)

    assert found.status == {"optimal": 16}, found.reasons
    assert found.not_certified == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["calm", "storms", "swings and ramps"])
def test_a_year_stays_optimal_and_certified(name: str) -> None:
    found = chain(sites()[name], 365)

    assert found.status == {"optimal": 365}, found.reasons
    assert found.not_certified == []

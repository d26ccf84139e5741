"""The growing linear program against its optimum found by looking everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.optimizer.dynamic_program.cutting_planes import add_cost, add_limit, lowest, no_planes


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 3))
def test_the_lowest_point_is_below_every_other_and_on_the_planes(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    low, high = np.zeros(size), np.ones(size)
    slopes, heights = rng.normal(size=(12, size)), rng.normal(size=12)
    normal = rng.random(size)
    planes, point = no_planes(low, high, 20), np.empty(size)
    for index, (height, slope) in enumerate(zip(heights, slopes, strict=True)):
        add_cost(planes, float(height), slope)
        if index == 5:
            add_limit(planes, normal, 0.3 * float(normal.sum()))
        value = lowest(planes, point)
    anywhere = rng.random((4000, size))
    anywhere = anywhere[anywhere @ normal >= 0.3 * normal.sum()]

    assert np.isclose(value, (heights + slopes @ point).max(), atol=1e-9)
    assert value <= (heights + anywhere @ slopes.T).max(axis=1).min() + 1e-9
    assert point @ normal >= 0.3 * normal.sum() - 1e-9
    assert (point >= -1e-12).all()
    assert (point <= 1 + 1e-12).all()


def test_limits_that_leave_nothing_have_no_lowest_point() -> None:
    planes, point = no_planes(np.zeros(2), np.ones(2), 5), np.empty(2)
    add_cost(planes, 0.0, np.ones(2))
    add_limit(planes, np.ones(2), 3.0)

    assert lowest(planes, point) == np.inf


def test_a_column_of_the_basis_does_not_enter_in_its_own_place_for_ever() -> None:
    """Three limits so nearly parallel that rounding gives a basic one a gain: these digits did."""
    planes, point = (
        no_planes(np.array([3787.882033588771, 3680.416703588877]), np.array([6331.307793923382, 6400.0]), 4),
        np.empty(2),
    )
    add_cost(planes, 0.0, np.array([6.121, 18.208]))
    limits = (
        (25.56602846018487, 128608.27731588847),
        (25.519405394985743, 128436.15588100096),
        (25.550487438451828, 128550.99930976536),
    )
    for steepness, offset in limits:
        add_limit(planes, np.array([8.590168799272814, steepness]), offset)
    planes.basis[:] = [6, 5, 4]
    planes.inverse[:] = [
        [-63.835277054145784, 21.448611234139793, 0.1994174972086172],
        [63.71886490633195, -21.44861123413953, 0.5131412595550666],
        [0.0, 0.0, 1.0],
    ]

    value = lowest(planes, point)

    assert value == pytest.approx(float(np.array([6.121, 18.208]) @ point))
    for steepness, offset in limits:
        assert np.array([8.590168799272814, steepness]) @ point >= offset - 1e-6

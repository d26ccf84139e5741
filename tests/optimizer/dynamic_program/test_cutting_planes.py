"""The growing linear program against its optimum found by looking everywhere."""

import numpy as np
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

"""Fewer points against a count that looks at every point: no peak of any pixel is lost, and no value is made up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.cases.sites.explored import ExploredSeries, Quantity
from ridethrough.api.pages.explorer.fewer_points import cells_of, kept_points

STEP_US = 60_000_000
VALUES = st.lists(st.integers(-1000, 1000), min_size=1, max_size=200)


def series(values: list[int], *, missing: set[int] | None = None) -> ExploredSeries:
    kept = [index for index in range(len(values)) if index not in (missing or set())]
    return ExploredSeries(
        name="load",
        quantity=Quantity.LOAD,
        starts_us=np.array([index * STEP_US for index in kept], dtype=np.int64),
        values=np.array([values[index] for index in kept], dtype=np.float64),
        holds_us=STEP_US,
    )


@given(values=VALUES, pixels=st.integers(1, 40))
def test_of_each_pixel_the_lowest_and_the_highest_value_stay(values: list[int], pixels: int) -> None:
    given_ = series(values)
    end_us = len(values) * STEP_US
    kept = kept_points(given_.starts_us, given_.values, first_us=0, last_us=end_us, pixels=pixels)
    assert list(kept) == sorted(set(kept))
    assert len(kept) == len(values) or len(kept) <= 2 * pixels
    pixel_of = [int(start) * pixels // end_us for start in given_.starts_us]
    for pixel in set(pixel_of):
        there = [value for value, at in zip(values, pixel_of, strict=True) if at == pixel]
        left = [values[index] for index in kept if pixel_of[index] == pixel]
        assert (min(left), max(left)) == (min(there), max(there))


@given(values=VALUES, missing=st.sets(st.integers(0, 199)), minutes=st.integers(1, 30))
def test_a_cell_has_the_values_that_begin_in_it_else_the_one_that_holds(
    values: list[int], missing: set[int], minutes: int
) -> None:
    edges_us = np.arange(0, len(values) + minutes, minutes, dtype=np.int64) * STEP_US
    cells = cells_of(series(values, missing=missing), edges_us)
    for cell in range(len(edges_us) - 1):
        inside = [
            values[index]
            for index in range(cell * minutes, min((cell + 1) * minutes, len(values)))
            if index not in missing
        ]
        found = (cells.low[cell], cells.mean[cell], cells.high[cell])
        if inside:
            assert np.allclose(found, (min(inside), sum(inside) / len(inside), max(inside)))
        else:
            assert np.isnan(found).all()


def test_an_hour_of_a_price_holds_in_each_of_its_quarters() -> None:
    hourly = series([3, 7])
    cells = cells_of(hourly, np.arange(0, 10, 1, dtype=np.int64) * (STEP_US // 4))
    assert cells.mean[:8].tolist() == [3.0] * 4 + [7.0] * 4
    assert np.isnan(cells.mean[8])

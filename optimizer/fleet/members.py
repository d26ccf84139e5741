"""The members of a fleet: different batteries behind one meter, as arrays, so that all are priced at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Members(NamedTuple):
    """`m` batteries over `n` intervals; a named tuple, so that compiled functions take it.

    `least_kwh`, `most_kwh` (m x n), `floor_kwh` (m x (n + 1)), `top_kwh`, `kept` and `start_kwh` (m) are those of
    `dynamic_program.steps.BatterySteps`. A kWh added draws `drawn_per_kwh` at the meter, one taken spares
    `spared_per_kwh` there and costs `wear_per_kwh` (m each). Every member stands for a `number` that are alike.
    """

    least_kwh: FloatArray
    most_kwh: FloatArray
    floor_kwh: FloatArray
    top_kwh: FloatArray
    kept: FloatArray
    start_kwh: FloatArray
    drawn_per_kwh: FloatArray
    spared_per_kwh: FloatArray
    wear_per_kwh: FloatArray
    number: FloatArray

    def sample(self, every: int) -> "Members":
        """Every `every`-th member, weighted so that they represent all."""
        kept = Members(*(values[::every] for values in self))
        return kept._replace(number=kept.number * (self.number.sum() / kept.number.sum()))

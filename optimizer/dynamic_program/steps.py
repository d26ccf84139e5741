"""One battery on a horizon, in the terms of the dynamic program: the energy that an interval may add."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class BatterySteps(NamedTuple):
    """A battery over `n` intervals; a named tuple, so that compiled functions take it.

    An interval adds from `least_kwh` to `most_kwh` to what is `kept` of stored energy (fraction), and pays
    `charge_price` per kWh added or earns `discharge_price` per kWh taken, wear included (n values each). Stored energy
    starts at `start_kwh` and lies between `floor_kwh` (n + 1 values) and `top_kwh` at each boundary; a kWh left at the
    end is worth `end_value`.
    """

    charge_price: FloatArray
    discharge_price: FloatArray
    least_kwh: FloatArray
    most_kwh: FloatArray
    floor_kwh: FloatArray
    top_kwh: float
    kept: float
    start_kwh: float
    end_value: float

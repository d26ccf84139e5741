"""What happened: measured loads and market prices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, PriceSeries
from ridethrough.domain.validation import Checks

FloatArray = NDArray[np.float64]

_MINUTES_PER_HOUR = 60
_HOURS_PER_DAY = 24
_ROWS_AND_COLUMNS = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """Loads and prices over `horizon`, which may begin before and end after the studied days.

    `load_kw` has one row for each UPS system, in the site's order. If energy is indexed to a market, `price_per_kwh` is
    the market price plus the site's adder.
    """

    horizon: Horizon
    load_kw: FloatArray
    unprotected_load_kw: FloatArray
    price_per_kwh: FloatArray | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        n = self.horizon.intervals
        rows = self.load_kw.shape[0] if self.load_kw.ndim == _ROWS_AND_COLUMNS else 0
        shapes = {"load_kw": (self.load_kw, (rows, n)), "unprotected_load_kw": (self.unprotected_load_kw, (n,))}
        if self.price_per_kwh is not None:
            shapes["price_per_kwh"] = (self.price_per_kwh, (n,))
        for name, (values, shape) in shapes.items():
            checks.require(values.shape == shape, name, f"shape {values.shape}", f"shape {shape}")
            checks.require(bool(np.isfinite(values).all()), name, "a value that is not a number", "finite numbers")
        checks.require(not (self.load_kw < 0).any(), "load_kw", float(self.load_kw.min(initial=0.0)), "at least 0 kW")
        checks.raise_faults()

    def index_of(self, horizon: Horizon) -> int:
        """The index in this record at which another horizon of the same step starts.

        Raises `UnableToAccept` if the horizon is not inside the record.
        """
        checks = Checks()
        same = horizon.interval_minutes == self.horizon.interval_minutes
        checks.require(same, "interval_minutes", horizon.interval_minutes, f"{self.horizon.interval_minutes}")
        index, rest = divmod(horizon.start - self.horizon.start, self.horizon.step)
        inside = not rest and index >= 0 and horizon.end <= self.horizon.end
        allowed = f"within {self.horizon.start.isoformat()} to {self.horizon.end.isoformat()}, the times on record"
        checks.require(inside, "horizon", f"{horizon.start.isoformat()} to {horizon.end.isoformat()}", allowed)
        checks.raise_faults()
        return index

    def prices(self, horizon: Horizon) -> PriceSeries | None:
        """The market prices of a horizon inside the record."""
        if self.price_per_kwh is None:
            return None
        first = self.index_of(horizon)
        values = self.price_per_kwh[first : first + horizon.intervals]
        return PriceSeries(horizon=horizon, price_per_kwh=tuple(values.tolist()))

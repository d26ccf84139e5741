"""The orders of a plan to the control law: setpoints and a target, or a response, for each interval."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Checks
from ridethrough.operation.control.discharge_starts import DischargeStarts

FloatArray = NDArray[np.float64]


class MeterResponse(Protocol):
    """The planned meter power at a net load: a `Response`, or an object that computes it on demand."""

    def wanted_kw(self, net_load_kw: float) -> float:
        """The planned meter power (kW) at a net load (kW)."""


@runtime_checkable
class EnergyResponse(Protocol):
    """A response that depends on the energy that batteries hold when its interval begins."""

    def at(self, above_reserve_kwh: float) -> MeterResponse:
        """The response with this energy (kWh stored) above the reserve of all systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The planned meter power (`grid_kw`) at each net load (meter with batteries at rest), linear between knots.

    >>> peak_shaving = Response(net_load_kw=(1000.0, 1200.0), grid_kw=(1050.0, 1100.0))
    >>> [peak_shaving.wanted_kw(load) for load in (900.0, 1100.0, 1300.0)]
    [950.0, 1075.0, 1100.0]
    """

    net_load_kw: tuple[float, ...]
    grid_kw: tuple[float, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        knots, wanted = len(self.net_load_kw), len(self.grid_kw)
        checks.require(knots >= 1, "net_load_kw", f"{knots} knots", "at least 1")
        checks.require(knots == wanted, "grid_kw", f"{wanted} values", f"{knots}, one for each knot")
        rising = all(one < after for one, after in zip(self.net_load_kw, self.net_load_kw[1:], strict=False))
        checks.require(rising, "net_load_kw", self.net_load_kw, "in rising order")
        finite = bool(np.isfinite((*self.net_load_kw, *self.grid_kw)).all())
        checks.require(finite, "grid_kw", self.grid_kw, "finite numbers, at finite loads")
        checks.raise_faults()

    def wanted_kw(self, net_load_kw: float) -> float:
        """The planned meter power; below the first knot with its battery power, above the last with its meter."""
        above = bisect_right(self.net_load_kw, net_load_kw)
        if above == 0:
            return net_load_kw + self.grid_kw[0] - self.net_load_kw[0]
        if above == len(self.net_load_kw):
            return self.grid_kw[-1]
        low, high = self.net_load_kw[above - 1], self.net_load_kw[above]
        part = (net_load_kw - low) / (high - low)
        return self.grid_kw[above - 1] + part * (self.grid_kw[above] - self.grid_kw[above - 1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """The orders to the control law, in kW: one row for each system, one column for each interval.

    Rows are in the site's order.

    `grid_target_kw` is the level that the meter must stay below. If the meter is below `spare_below_kw`, a battery need
    not discharge even if its setpoint says so: the load is lower than planned. `floor_kwh` (one column more, for
    boundaries) may raise the reserve and never lowers it. `responses`, one for each interval if given, replace
    setpoints and target. A value that is not a number means: no power, the import limit, no `spare_below_kw`, no raised
    reserve. `throughput_left_kwh`, one for each system, is what a warranty still allows to be discharged.
    `starts` is how often each may still begin to discharge.
    """

    charge_kw: FloatArray
    discharge_kw: FloatArray
    grid_target_kw: FloatArray
    spare_below_kw: FloatArray | None = None
    floor_kwh: FloatArray | None = None
    responses: tuple[MeterResponse | EnergyResponse | None, ...] = ()
    throughput_left_kwh: tuple[float, ...] | None = None
    starts: DischargeStarts | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        systems, intervals = self.charge_kw.shape
        shapes = {
            "discharge_kw": (self.discharge_kw, (systems, intervals)),
            "grid_target_kw": (self.grid_target_kw, (intervals,)),
            "spare_below_kw": (self.spare_below_kw, (intervals,)),
            "floor_kwh": (self.floor_kwh, (systems, intervals + 1)),
        }
        for name, (values, shape) in shapes.items():
            if values is not None:
                checks.require(values.shape == shape, name, f"shape {values.shape}", f"shape {shape}, as charge_kw")
        left = self.throughput_left_kwh
        if left is not None:
            allowed = f"{systems}, one for each system"
            checks.require(len(left) == systems, "throughput_left_kwh", f"{len(left)} values", allowed)
        if self.starts is not None:
            shape = (len(self.starts.left), len(self.starts.days))
            allowed = f"shape {(systems, intervals)}: systems and intervals"
            checks.require(shape == (systems, intervals), "starts", f"shape {shape}", allowed)
        given = len(self.responses)
        checks.require(given in (0, intervals), "responses", f"{given} of them", f"{intervals}, one for each interval")
        checks.raise_faults()

    @classmethod
    def float_at_full(cls, systems: int, intervals: int) -> Orders:
        """The orders of a UPS that does not trade: charge whenever its battery is not full."""
        nothing = np.zeros((systems, intervals))
        return cls(charge_kw=nothing + np.inf, discharge_kw=nothing, grid_target_kw=np.full(intervals, np.inf))

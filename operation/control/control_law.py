"""The control law: the power of every battery in an interval, from a plan and from measured loads.

A plan is made from a forecast; between plans the real load is measured. The law follows the plan's setpoints, but the
meter has priority over the clock. If the meter would exceed the plan's target, systems first charge less. Then they
discharge energy above their reserve, shared in proportion to this energy. A plan may contain a `Response` instead,
which gives the meter power for each load.

Independent of the plan, the law keeps within the power bounds. It never takes a battery below its reserve at either end
of an interval, never feeds back if that is not allowed, and never charges beyond the import limit. Below the reserve it
charges first. In the return from a storm or an alert it keeps the steps of the meter small (`steps`). This module reads
no clock, keeps no state and touches no device: the backtest and the control loop use the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Site
from ridethrough.domain.validation import Checks
from ridethrough.operation.control.measured_loads import MeasuredLoads
from ridethrough.operation.control.orders import EnergyResponse, MeterResponse, Orders
from ridethrough.operation.control.sharing import SystemInterval, share
from ridethrough.operation.control.steps import MeterBefore, meter_band_kw

FloatArray = NDArray[np.float64]

_ROUNDING_KW = 1e-6
"""A meter within this tolerance of its target is on target."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlOutcome:
    """The result of the law: powers (kW) by system and interval, stored energy (kWh) at boundaries, meter (kW).

    `last` is the last interval, for the law to go on from.
    """

    charge_kw: FloatArray
    discharge_kw: FloatArray
    stored_kwh: FloatArray
    grid_kw: FloatArray
    last: MeterBefore | None


def apply_control_law(  # noqa: PLR0917 - the site, its loads and orders, and where they start from
    site: Site,
    interval_h: float,
    loads: MeasuredLoads,
    orders: Orders,
    stored_kwh: Sequence[float],
    before: MeterBefore | None = None,
) -> ControlOutcome:
    """Decide on successive intervals, from the stored energy at their start (kWh by system).

    `before` is the interval before the first one. Without it, the step into the first interval is not limited.

    Raises `UnableToAccept` for loads, orders and stored energy of different shapes, or with values that are not
    numbers.
    """
    _check(site, loads, orders, stored_kwh)
    systems = [SystemInterval(ups, interval_h, stored) for ups, stored in zip(site.ups, stored_kwh, strict=True)]
    for row, system in enumerate(systems):
        system.lay(loads, orders, row)
    limits = site.interconnection
    meter = _Meter(systems=systems, import_limit_kw=limits.import_limit_kw, export_limit_kw=limits.export_limit_kw)
    intervals = len(loads.net_load_kw)
    targets = np.nan_to_num(orders.grid_target_kw, nan=np.inf, posinf=np.inf).clip(max=limits.import_limit_kw).tolist()
    spare = [-np.inf] * intervals
    if orders.spare_below_kw is not None:
        spare = np.nan_to_num(orders.spare_below_kw, nan=-np.inf, neginf=-np.inf).tolist()
    responses, limit_kw = orders.responses or (None,) * intervals, loads.step_limit_kw.tolist()
    grid_kw = []
    for t, net_kw in enumerate(loads.net_load_kw.tolist()):
        for system in systems:
            system.enter(t)
        response = responses[t]
        if response is None:
            grid_kw.append(meter.follow(t, net_kw, targets[t], spare[t]))
        else:
            grid_kw.append(meter.respond(net_kw, response))
        if before is not None and limit_kw[t] < np.inf:
            grid_kw[-1] = meter.step(net_kw, grid_kw[-1], limit_kw[t], before)
        before = MeterBefore.of(systems, net_kw, grid_kw[-1])
        for system in systems:
            system.leave()
    return ControlOutcome(
        charge_kw=np.array([system.charged_kw for system in systems]).reshape(len(systems), intervals),
        discharge_kw=np.array([system.discharged_kw for system in systems]).reshape(len(systems), intervals),
        stored_kwh=np.array([system.boundaries_kwh for system in systems]),
        grid_kw=np.array(grid_kw, dtype=float),
        last=before,
    )


def _check(site: Site, loads: MeasuredLoads, orders: Orders, stored_kwh: Sequence[float]) -> None:
    checks = Checks()
    shape, wanted = (len(site.ups), len(loads.net_load_kw)), orders.charge_kw.shape
    checks.require(wanted == shape, "charge_kw", f"shape {wanted}", f"shape {shape}: systems and intervals")
    given = len(stored_kwh)
    checks.require(given == shape[0], "stored_kwh", f"{given} values", f"{shape[0]}, one for each UPS system")
    measured_values = {"stored_kwh": np.array(stored_kwh), "load": loads.net_load_kw, "load_kw": loads.load_kw}
    for name, values in measured_values.items():
        checks.require(bool(np.isfinite(values).all()), name, "a value that is not a finite number", "measured numbers")
    checks.raise_faults()


@dataclass(slots=True, kw_only=True)
class _Meter:
    """The systems of one interval behind their meter."""

    systems: list[SystemInterval]
    import_limit_kw: float
    export_limit_kw: float

    def follow(self, t: int, net_kw: float, target_kw: float, spare_kw: float) -> float:
        """Follow the setpoints, unless the meter requires something else; return the meter (kW)."""
        for system in self.systems:
            system.follow(t)
        grid_kw = self._grid_kw(net_kw)
        if grid_kw > target_kw + _ROUNDING_KW:
            grid_kw = self._take_less(net_kw, grid_kw - target_kw)
        elif grid_kw < spare_kw - _ROUNDING_KW:
            grid_kw = self._give_less(net_kw, spare_kw - grid_kw)
        return self._within_limits(net_kw, grid_kw)

    def respond(self, net_kw: float, response: MeterResponse | EnergyResponse) -> float:
        """Bring the meter to the power of a response; return the meter (kW).

        A response that is not a number means that every battery rests.
        """
        if isinstance(response, EnergyResponse):
            response = response.at(sum(max(0.0, system.tradable_kwh) for system in self.systems))
        for system in self.systems:
            system.rest()
        grid_kw = self._grid_kw(net_kw)
        missing_kw = response.wanted_kw(net_kw) - grid_kw
        if missing_kw != missing_kw:  # noqa: PLR0124 - only NaN differs from itself
            missing_kw = 0.0
        if missing_kw < 0:
            grid_kw = self._take_less(net_kw, -missing_kw)
        else:
            rooms = [system.could_take_kw for system in self.systems]
            for system, part_kw in zip(self.systems, share(missing_kw, rooms, rooms), strict=True):
                system.take_kw(part_kw)
            grid_kw = self._grid_kw(net_kw)
        return self._within_limits(net_kw, grid_kw)

    def step(self, net_kw: float, grid_kw: float, limit_kw: float, before: MeterBefore) -> float:
        """Bring the meter within a step of the interval before, as far as reserve and limits allow; return it (kW)."""
        lowest_kw, highest_kw = meter_band_kw(self.systems, net_kw, limit_kw, before)
        if grid_kw > highest_kw + _ROUNDING_KW:
            grid_kw = self._take_less(net_kw, grid_kw - highest_kw)
        elif grid_kw < lowest_kw - _ROUNDING_KW:
            grid_kw = self._give_less(net_kw, lowest_kw - grid_kw)
            rooms = [system.could_take_kw for system in self.systems]
            parts = share(max(0.0, lowest_kw - grid_kw), rooms, rooms)
            for system, part_kw in zip(self.systems, parts, strict=True):
                system.take_kw(part_kw)
            grid_kw = self._grid_kw(net_kw)
        else:
            return grid_kw
        return self._within_limits(net_kw, grid_kw)

    def _grid_kw(self, net_kw: float) -> float:
        for system in self.systems:
            net_kw += system.adds_kw
        return net_kw

    def _take_less(self, net_kw: float, excess_kw: float) -> float:
        """Charge less, then discharge energy above the reserve, shared in proportion to this energy."""
        charging = [system.could_drop_kw for system in self.systems]
        parts = share(excess_kw, charging, charging)
        for system, part_kw in zip(self.systems, parts, strict=True):
            system.take_kw(-part_kw)
        left_kw = excess_kw - sum(parts)
        if left_kw > 0:
            most = [system.could_give_kw for system in self.systems]
            tradable = [max(0.0, system.tradable_kwh) for system in self.systems]
            for system, part_kw in zip(self.systems, share(left_kw, tradable, most), strict=True):
                system.give_kw(part_kw)
        return self._grid_kw(net_kw)

    def _give_less(self, net_kw: float, missing_kw: float) -> float:
        giving = [system.could_spare_kw for system in self.systems]
        for system, part_kw in zip(self.systems, share(missing_kw, giving, giving), strict=True):
            system.give_kw(-part_kw)
        return self._grid_kw(net_kw)

    def _within_limits(self, net_kw: float, grid_kw: float) -> float:
        """Keep the import limit, if necessary by charging less than the reserve needs; keep the export limit."""
        if grid_kw > self.import_limit_kw:
            grid_kw = self._take_less(net_kw, grid_kw - self.import_limit_kw)
        for need_not in (SystemInterval.need_not_rise, SystemInterval.need_not_charge):
            if grid_kw > self.import_limit_kw + _ROUNDING_KW:
                for system in self.systems:
                    need_not(system)
                grid_kw = self._take_less(net_kw, grid_kw - self.import_limit_kw)
        if grid_kw < -self.export_limit_kw:
            grid_kw = self._give_less(net_kw, -self.export_limit_kw - grid_kw)
        return grid_kw

"""One UPS system in one interval of the control law: its limits and its power; and how systems share a power."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.operation.control.discharge_starts import StartsOfSystem
from ridethrough.operation.control.measured_loads import MeasuredLoads
from ridethrough.operation.control.orders import Orders

_ROUNDING = 1e-9
_HUGE_KW = 1e12
_UNLIMITED_KWH = float("inf")


def share(total_kw: float, weights: Sequence[float], most_kw: Sequence[float]) -> list[float]:
    """Share a power by weights, up to each one's limit; the others take the rest.

    >>> share(100.0, [1.0, 1.0, 2.0], [10.0, 100.0, 100.0])
    [10.0, 30.0, 60.0]
    """
    if len(most_kw) == 1:
        return [min(total_kw, most_kw[0])]
    parts = [0.0] * len(most_kw)
    open_, left_kw = [index for index, most in enumerate(most_kw) if most > 0 and weights[index] > 0], total_kw
    while open_ and left_kw > 0:
        whole = sum(weights[index] for index in open_)
        full = [index for index in open_ if weights[index] / whole >= most_kw[index] / left_kw]
        if not full:
            for index in open_:
                parts[index] = left_kw * (weights[index] / whole)
            break
        for index in full:
            parts[index] = most_kw[index]
            left_kw -= most_kw[index]
        open_ = [index for index in open_ if index not in full]
    return parts


class SystemInterval:
    """A system during the control law: `enter` an interval, decide, `leave` it.

    It is mutable, so that a study does not make one object for each interval.

    `charge_kw` and `discharge_kw` are at the battery's terminals; `*_least` and `*_most` bound them. The changes that a
    system could still make (drop, take, give, spare) are at the meter (kW AC).
    """

    __slots__ = (
        "_capped",
        "_ceiling",
        "_charge",
        "_dc",
        "_dc_load",
        "_discharge",
        "_eta_c",
        "_eta_d",
        "_floor",
        "_floor_after",
        "_floor_before",
        "_h",
        "_kept",
        "_kept_kwh",
        "_least",
        "_left_kwh",
        "_most",
        "_rect",
        "_reserve_kw",
        "_starts",
        "_stored_kwh",
        "_t",
        "_ups",
        "boundaries_kwh",
        "charge_kw",
        "charge_least_kw",
        "charge_most_kw",
        "charged_kw",
        "discharge_kw",
        "discharge_least_kw",
        "discharge_most_kw",
        "discharged_kw",
        "tradable_kwh",
    )

    def __init__(self, ups: UpsSystem, interval_h: float, stored_kwh: float) -> None:
        battery = ups.battery
        self._ups, self._h = ups, interval_h
        self._eta_c, self._eta_d = battery.charge_efficiency * interval_h, battery.discharge_efficiency / interval_h
        self._kept = battery.kept_fraction(interval_h)
        self._rect = ups.rectifier_efficiency
        self._capped = ups.max_stored_kwh
        self._stored_kwh = stored_kwh
        self.boundaries_kwh = [stored_kwh]
        self.charged_kw: list[float] = []
        self.discharged_kw: list[float] = []

    def lay(self, loads: MeasuredLoads, orders: Orders, row: int) -> None:
        """Copy the row of this system from loads and orders."""
        self._dc_load = loads.dc_load_kw[row].tolist()
        self._ceiling = loads.charge_ceiling_kw[row].tolist()
        self._least = loads.discharge_floor_kw[row].tolist()
        self._most = loads.discharge_ceiling_kw[row].tolist()
        floor = loads.floor_kwh[row]
        self._floor, self._reserve_kw = floor.tolist(), 0.0
        before = after = floor
        if orders.floor_kwh is not None:
            raised = np.nan_to_num(orders.floor_kwh[row], nan=0.0).clip(max=self._capped)
            before, after = np.maximum(floor, raised[:-1]), np.maximum(floor, raised[1:])
        self._floor_before, self._floor_after = before.tolist(), after.tolist()
        left = orders.throughput_left_kwh
        self._left_kwh = _UNLIMITED_KWH if left is None else left[row]
        self._starts, self._t = StartsOfSystem.of(orders.starts, row), 0
        self._charge = _powers_kw(orders.charge_kw[row])
        self._discharge = _powers_kw(orders.discharge_kw[row])

    def enter(self, t: int) -> None:
        """Work out the limits of this system in interval `t`."""
        kept_kwh = self._kept_kwh = self._stored_kwh * self._kept
        self._dc = self._dc_load[t]
        self.tradable_kwh = tradable_kwh = kept_kwh - self._floor_after[t]
        least = self.discharge_least_kw = self._least[t]
        self._t, most = t, 0.0
        if (
            tradable_kwh > 0
            and self._starts.may_give(t)
            and self._stored_kwh >= self._floor_before[t] * (1 - _ROUNDING)
        ):
            most = min(self._most[t], tradable_kwh * self._eta_d, max(0.0, self._left_kwh) / self._h)
        self.discharge_most_kw = max(least, most)
        self.charge_least_kw = self.charge_most_kw = 0.0
        if least == 0:
            room_kw = (self._capped - kept_kwh) / self._eta_c
            charge = max(0.0, min(self._ceiling[t], room_kw))
            if self._ups.battery.charge_taper_by_fraction:
                charge = min(charge, self._ups.charge_below_taper_kw(kept_kwh, self._h))
            self.charge_most_kw = charge
            if tradable_kwh < 0:
                self.charge_least_kw = min(charge, -tradable_kwh / self._eta_c)
                self._reserve_kw = max(0.0, (self._floor[t] - kept_kwh) / self._eta_c)

    def follow(self, t: int) -> None:
        """Follow the setpoint within the limits; if it charges and discharges at once, the difference counts."""
        charge, discharge = self._charge[t], self._discharge[t]
        if charge > 0 and discharge > 0:
            charge, discharge = (charge - discharge, 0.0) if charge >= discharge else (0.0, discharge - charge)
        self.charge_kw = min(max(charge, self.charge_least_kw), self.charge_most_kw)
        self.discharge_kw = min(max(discharge, self.discharge_least_kw), self.discharge_most_kw)
        if self.charge_kw > 0:
            self.discharge_kw = 0.0

    def rest(self) -> None:
        """Use the least power that the limits allow."""
        self.charge_kw, self.discharge_kw = self.charge_least_kw, self.discharge_least_kw

    def leave(self) -> None:
        """Record the powers, and continue from the new stored energy."""
        gained_kwh = self.charge_kw * self._eta_c - self.discharge_kw / self._eta_d
        self._stored_kwh = self._kept_kwh + gained_kwh
        self._left_kwh -= self.discharge_kw * self._h
        self._starts.did(self._t, self.discharge_kw - self.discharge_least_kw)
        self.charged_kw.append(self.charge_kw)
        self.discharged_kw.append(self.discharge_kw)
        self.boundaries_kwh.append(self._stored_kwh)

    @property
    def adds_kw(self) -> float:
        """The power that the battery adds to the meter; the rectifier loses energy in both directions."""
        return float(self._input_kw(self._dc + self.charge_kw - self.discharge_kw) - self._dc / self._rect)

    def _input_kw(self, dc_kw: float) -> float:
        return dc_kw / self._rect if dc_kw >= 0 else dc_kw * self._rect

    @property
    def draws_kw(self) -> float:
        """What charging draws at the meter."""
        return self.charge_kw / self._rect

    @property
    def needs_kw(self) -> float:
        """What charging for the reserve draws at the meter."""
        return self.charge_least_kw / self._rect

    @property
    def must_give_kw(self) -> float:
        """What the battery gives because the rectifiers cannot carry the load, at the meter."""
        return float(self.discharge_least_kw / self._rect)

    @property
    def could_drop_kw(self) -> float:
        """The possible decrease of charging."""
        return (self.charge_kw - self.charge_least_kw) / self._rect

    @property
    def could_take_kw(self) -> float:
        """The possible increase of charging, if it does not discharge."""
        return (self.charge_most_kw - self.charge_kw) / self._rect if self.discharge_kw == 0 else 0.0

    @property
    def could_give_kw(self) -> float:
        """The possible increase of discharging, if it does not charge."""
        if self.charge_kw > 0:
            return 0.0
        return self._input_kw(self._dc - self.discharge_kw) - self._input_kw(self._dc - self.discharge_most_kw)

    @property
    def could_spare_kw(self) -> float:
        """The possible decrease of discharging."""
        least, most = self._dc - self.discharge_kw, self._dc - self.discharge_least_kw
        return self._input_kw(most) - self._input_kw(least) if self.discharge_kw > 0 else 0.0

    def take_kw(self, more_kw: float) -> None:
        """Charge more by this power (less, if negative)."""
        wanted = self.charge_kw + more_kw * self._rect
        self.charge_kw = min(max(wanted, self.charge_least_kw), self.charge_most_kw)

    def give_kw(self, more_kw: float) -> None:
        """Discharge more by this power (less, if negative)."""
        if more_kw == 0:
            return
        wanted_kw = self._input_kw(self._dc - self.discharge_kw) - more_kw
        dc_kw = wanted_kw * self._rect if wanted_kw >= 0 else wanted_kw / self._rect
        self.discharge_kw = min(max(self._dc - dc_kw, self.discharge_least_kw), self.discharge_most_kw)

    def need_not_rise(self) -> None:
        """Postpone what a plan adds to the reserve: the reserve itself has priority."""
        self.charge_least_kw = min(self.charge_least_kw, self._reserve_kw)

    def need_not_charge(self) -> None:
        """Postpone charging for the reserve, because the meter has no power for it."""
        self.charge_least_kw = 0.0


def _powers_kw(wanted_kw: NDArray[np.float64]) -> list[float]:
    """The ordered powers: 0 if the value is not a number, and at most 10^12 kW."""
    powers: list[float] = np.nan_to_num(wanted_kw, nan=0.0).clip(0.0, _HUGE_KW).tolist()
    return powers

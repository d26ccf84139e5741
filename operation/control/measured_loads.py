"""Measured loads, and the power limits of batteries that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, ReserveCondition, Site, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import conditions_on
from ridethrough.optimizer.problem.limits.power_bounds import power_bounds_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredLoads:
    """Measured loads and the resulting power limits; arrays have the shape of those of `Orders`.

    `net_load_kw` is the meter with every battery at rest. `floor_kwh` is the reserve that the load of each interval
    requires, at both ends of the interval.
    """

    load_kw: FloatArray
    net_load_kw: FloatArray
    dc_load_kw: FloatArray
    charge_ceiling_kw: FloatArray
    discharge_floor_kw: FloatArray
    discharge_ceiling_kw: FloatArray
    floor_kwh: FloatArray

    def part(self, first: int, last: int) -> MeasuredLoads:
        """The intervals from `first` to before `last`."""
        return MeasuredLoads(
            load_kw=self.load_kw[:, first:last],
            net_load_kw=self.net_load_kw[first:last],
            dc_load_kw=self.dc_load_kw[:, first:last],
            charge_ceiling_kw=self.charge_ceiling_kw[:, first:last],
            discharge_floor_kw=self.discharge_floor_kw[:, first:last],
            discharge_ceiling_kw=self.discharge_ceiling_kw[:, first:last],
            floor_kwh=self.floor_kwh[:, first:last],
        )


def measured_loads(
    site: Site,
    horizon: Horizon,
    load_kw: FloatArray,
    unprotected_load_kw: FloatArray,
    conditions: Iterable[ReserveCondition] = (),
) -> MeasuredLoads:
    """Work out the power limits of batteries under measured loads.

    `load_kw` has one row for each system. `conditions` are added to those of the site. A load above the protected load
    raises the reserve immediately.
    """
    held = (*site.conditions, *conditions)
    rows = [_of_system(site, ups, horizon, load_kw[row], held) for row, ups in enumerate(site.ups)]
    dc_kw, charge, least, most, floor = (np.array(values) for values in zip(*rows, strict=True))
    rectified = np.array([[ups.rectifier_efficiency] for ups in site.ups])
    return MeasuredLoads(
        load_kw=load_kw,
        net_load_kw=unprotected_load_kw + (dc_kw / rectified).sum(axis=0),
        dc_load_kw=dc_kw,
        charge_ceiling_kw=charge,
        discharge_floor_kw=least,
        discharge_ceiling_kw=most,
        floor_kwh=floor,
    )


def _of_system(
    site: Site, ups: UpsSystem, horizon: Horizon, load_kw: FloatArray, held: tuple[ReserveCondition, ...]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """For one system and each interval: the power of its inverters, the limits of its batteries, and the reserve."""
    inside = conditions_on(horizon, held, ups_id=ups.id, timezone=site.timezone).intervals
    floor_kwh = reserve_floor_kwh(ups, load_kw)
    dc_kw = _dc_load_kw(ups, load_kw)
    bounds = power_bounds_of(
        ups,
        tuple(dc_kw.tolist()),
        [site.interconnection.export_limit_kw] * len(load_kw) if ups.bidirectional else None,
        locked=tuple(bool(each) or bool(ups.lock) for each in inside),
        needed_kw=None,
        emptiest_fraction=min(1.0, float(floor_kwh.min()) / ups.capacity_kwh),
    )
    return (
        dc_kw,
        np.array(bounds.charge_ceiling_kw),
        np.array(bounds.discharge_floor_kw),
        np.array(bounds.discharge_ceiling_kw),
        floor_kwh,
    )


def _dc_load_kw(ups: UpsSystem, load_kw: FloatArray) -> FloatArray:
    if not ups.inverter_efficiency_by_load_fraction:
        return np.asarray(load_kw / ups.inverter_efficiency)
    return np.array([ups.dc_load_kw(load) for load in load_kw.tolist()])


def reserve_floor_kwh(ups: UpsSystem, load_kw: FloatArray) -> FloatArray:
    """The reserve of one system at each load: for its protected load, or for the load if it is higher.

    A reserve above full batteries counts as full batteries, because they cannot hold more.
    """
    floor_kwh = np.full(len(load_kw), _reserve_kwh(ups, ups.protected_load_kw))
    for index in np.flatnonzero(load_kw > ups.protected_load_kw).tolist():
        floor_kwh[index] = _reserve_kwh(ups, float(load_kw[index]))
    return floor_kwh


def _reserve_kwh(ups: UpsSystem, load_kw: float) -> float:
    return min(ups.max_stored_kwh, reserve_requirement(ups, protected_load_kw=load_kw).reserve_kwh)

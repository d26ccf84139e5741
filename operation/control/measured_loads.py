"""Measured loads, and the power limits of batteries that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, ReserveCondition, Site, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import conditions_on
from ridethrough.optimizer.problem.limits.power_bounds import PowerBounds, power_bounds_of
from ridethrough.optimizer.problem.limits.ramps import step_limits_kw
from ridethrough.optimizer.problem.limits.relief import relief_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredLoads:
    """Measured loads and the resulting power limits; arrays have the shape of those of `Orders`.

    `net_load_kw` is the meter with every battery at rest. `floor_kwh` is the reserve that the load of each interval
    requires, at both ends of the interval. `step_limit_kw` is the largest step of the meter into each interval,
    and `carried_kw` the meter where batteries give only what the rectifiers cannot carry.
    """

    load_kw: FloatArray
    net_load_kw: FloatArray
    dc_load_kw: FloatArray
    charge_ceiling_kw: FloatArray
    discharge_floor_kw: FloatArray
    discharge_ceiling_kw: FloatArray
    floor_kwh: FloatArray
    step_limit_kw: FloatArray
    carried_kw: FloatArray

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
            step_limit_kw=self.step_limit_kw[first:last],
            carried_kw=self.carried_kw[first:last],
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
    laid = {ups.id: conditions_on(horizon, held, ups_id=ups.id, timezone=site.timezone) for ups in site.ups}
    dc_kw = np.array([_dc_load_kw(ups, load_kw[row]) for row, ups in enumerate(site.ups)])
    rectified = np.array([[ups.rectifier_efficiency] for ups in site.ups])
    rectifiers_kw = np.array([[ups.input_limit_kw] for ups in site.ups]) * rectified
    net_kw = unprotected_load_kw + (dc_kw / rectified).sum(axis=0)
    carried_kw = unprotected_load_kw + (np.minimum(dc_kw, rectifiers_kw) / rectified).sum(axis=0)
    relief = relief_of(laid, carried_kw, site.interconnection.import_limit_kw)
    floors = np.array([reserve_floor_kwh(ups, load_kw[row]) for row, ups in enumerate(site.ups)])
    bounds = [
        _bounds(site, ups, dc_kw[row], float(floors[row].min()), laid[ups.id].locked, relief.of(ups))
        for row, ups in enumerate(site.ups)
    ]
    return MeasuredLoads(
        load_kw=load_kw,
        net_load_kw=net_kw,
        dc_load_kw=dc_kw,
        charge_ceiling_kw=np.array([each.charge_ceiling_kw for each in bounds]),
        discharge_floor_kw=np.array([each.discharge_floor_kw for each in bounds]),
        discharge_ceiling_kw=np.array([each.discharge_ceiling_kw for each in bounds]),
        floor_kwh=floors,
        step_limit_kw=step_limits_kw(site, horizon, held),
        carried_kw=carried_kw,
    )


def _bounds(  # noqa: PLR0917 - one system, and what its loads and conditions leave to it
    site: Site, ups: UpsSystem, dc_kw: FloatArray, least_kwh: float, locked: tuple[bool, ...], relief_kw: FloatArray
) -> PowerBounds:
    """The limits of the batteries of one system in each interval."""
    may_export_kw = [site.interconnection.export_limit_kw] * len(dc_kw)
    return power_bounds_of(
        ups,
        tuple(dc_kw.tolist()),
        may_export_kw if ups.bidirectional else None,
        locked=tuple(each or bool(ups.lock) for each in locked),
        relief_kw=relief_kw,
        needed_kw=None,
        emptiest_fraction=min(1.0, least_kwh / ups.capacity_kwh),
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

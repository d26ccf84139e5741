"""Orders, loads and states for the control law, one pod unless a test says more."""

from typing import Any

import numpy as np
from sites import START

from ridethrough.domain import Horizon, Site
from ridethrough.operation.control.control_law import ControlOutcome, apply_control_law
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads, reserve_floor_kwh
from ridethrough.operation.control.orders import Orders

LOAD_KW = 4300.0
ALONE_KW = 900 + LOAD_KW / 0.95 / 0.97
"""What the meter shows with every battery at rest."""


def horizon(intervals: int) -> Horizon:
    return Horizon(start=START, interval_minutes=15, intervals=intervals)


def loads(premises: Site, load_kw: Any = LOAD_KW, intervals: int = 1, unprotected_kw: float = 900.0) -> MeasuredLoads:  # noqa: ANN401
    carried = np.broadcast_to(np.asarray(load_kw, dtype=float), (len(premises.ups), intervals)).copy()
    return measured_loads(premises, horizon(intervals), carried, np.full(intervals, unprotected_kw))


def orders(charge: Any = 0.0, discharge: Any = 0.0, target: float = np.inf, **more: Any) -> Orders:  # noqa: ANN401
    """The orders of one interval, or of as many as `intervals` says; one value or one a system."""
    intervals = more.pop("intervals", 1)
    rows = [
        np.repeat(np.atleast_1d(np.asarray(each, dtype=float))[:, None], intervals, axis=1)
        for each in (charge, discharge)
    ]
    systems = max(len(row) for row in rows)
    full = [np.broadcast_to(row, (systems, intervals)).copy() for row in rows]
    return Orders(charge_kw=full[0], discharge_kw=full[1], grid_target_kw=np.full(intervals, target), **more)


def met(premises: Site, asked: Orders, stored_kwh: float | list[float] | None = None, **given_: Any) -> ControlOutcome:  # noqa: ANN401
    if stored_kwh is None:
        stored_kwh = [ups.max_stored_kwh for ups in premises.ups]
    stored = stored_kwh if isinstance(stored_kwh, list) else [stored_kwh]
    here = loads(premises, intervals=asked.charge_kw.shape[1], **given_)
    return apply_control_law(premises, 0.25, here, asked, stored)


def reserve_kwh(premises: Site) -> float:
    return float(reserve_floor_kwh(premises.ups[0], np.zeros(1))[0])

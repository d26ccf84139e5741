"""The closed loop: plans made from what was known, followed against the recorded loads, period by period."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Site, SiteState, UpsMode, UpsSystem
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.discharge_starts import DischargeStarts, starts_left
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.control.steps import MeterBefore
from ridethrough.operation.known.month_to_date import MonthToDate, Stored
from ridethrough.operation.known.published import published_until
from ridethrough.operation.known.wear_so_far import WearSoFar
from ridethrough.operation.planner import Known, Planner

FloatArray = NDArray[np.float64]

Progress = Callable[[int, int], None]
"""Called with the number of intervals done, and their total."""


@dataclass(slots=True, kw_only=True)
class Loop:
    """The result up to interval `done`: powers (kW) by system and interval, stored energy (kWh) at boundaries."""

    charge_kw: FloatArray
    discharge_kw: FloatArray
    stored_kwh: FloatArray
    grid_kw: FloatArray
    done: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    certified: int = 0
    warnings: dict[str, None] = field(default_factory=dict)
    before: MeterBefore | None = None
    worn: WearSoFar | None = None

    @classmethod
    def at_start(cls, case: StudyCase) -> "Loop":
        """The start: no interval done, every battery full."""
        systems, intervals = len(case.site.ups), case.horizon.intervals
        stored = np.zeros((systems, intervals + 1))
        stored[:, 0] = [ups.max_stored_kwh for ups in case.site.ups]
        return cls(
            charge_kw=np.zeros((systems, intervals)),
            discharge_kw=np.zeros((systems, intervals)),
            stored_kwh=stored,
            grid_kw=np.zeros(intervals),
        )

    @property
    def plans(self) -> int:
        """The number of plans made."""
        return self.by_status.total()


def run(
    case: StudyCase,
    planner: Planner,
    loop: Loop,
    *,
    progress: Progress | None = None,
    on_period: Callable[[Loop], None] | None = None,
) -> Loop:
    """Continue a loop to the end of the studied days; `on_period` is called after every billing period."""
    month = MonthToDate.begin(case.tariff, case.calendar, case.before)
    for period in case.billing_periods:
        blocks = case.blocks(period)
        if period.stop <= loop.done:
            for block in blocks:
                month.meter(loop.grid_kw, block.stop)
            continue
        planner.begin_period()
        loop.before = None  # so that a study which continues from a billing period goes the same way
        for block in blocks:
            _step(case, planner, loop, month, block=block, period=period)
            if progress is not None:
                progress(block.stop, case.horizon.intervals)
        if on_period is not None:
            on_period(loop)
    return loop


def _step(case: StudyCase, planner: Planner, loop: Loop, month: MonthToDate, *, block: range, period: range) -> None:
    """Plan a block from what is known, and follow the plan against the real loads."""
    known = _known(case, loop, month, block, period)
    planned = planner.plan(known)
    loop.by_status[planned.status.value] += 1
    loop.certified += planned.certified
    loop.warnings |= dict.fromkeys(planned.warnings)
    orders = _within_warranty(case.site, known.state, planned.orders)
    _apply(case, loop, block, replace(orders, starts=_starts_left(case, loop, block)))
    month.meter(loop.grid_kw, block.stop)


def _within_warranty(site: Site, state: SiteState, orders: Orders) -> Orders:
    """Tell the control law what warranties still allow, where one has a yearly limit."""
    limits = [ups.throughput_limit_kwh for ups in site.ups]
    if all(limit is None for limit in limits):
        return orders
    left = tuple(
        np.inf if limit is None else max(0.0, limit - state.throughput_kwh.get(ups.id, 0.0))
        for ups, limit in zip(site.ups, limits, strict=True)
    )
    return replace(orders, throughput_left_kwh=left)


def _starts_left(case: StudyCase, loop: Loop, block: range) -> DischargeStarts | None:
    """How often each system may still begin to discharge in a block; None where the site sets no limit."""
    if case.site.dispatch.most_discharges_per_day is None:
        return None
    return starts_left(case.site, case.horizon, block, loop.discharge_kw - case.loads.discharge_floor_kw)


def _apply(case: StudyCase, loop: Loop, block: range, orders: Orders) -> None:
    here = slice(block.start, block.stop)
    loads = case.loads.part(block.start, block.stop)
    stored = loop.stored_kwh[:, block.start].tolist()
    met = apply_control_law(case.site, case.horizon.interval_h, loads, orders, stored, loop.before)
    loop.charge_kw[:, here], loop.discharge_kw[:, here] = met.charge_kw, met.discharge_kw
    loop.stored_kwh[:, block.start + 1 : block.stop + 1] = met.stored_kwh[:, 1:]
    loop.grid_kw[here], loop.before = met.grid_kw, met.last
    loop.done = block.stop


def floating(case: StudyCase) -> Loop:
    """The same days without trading: the UPS keeps its batteries full."""
    loop = Loop.at_start(case)
    systems, intervals = loop.charge_kw.shape
    still = all(ups.battery.standby_loss_per_h == 0 for ups in case.site.ups)
    if still and not case.loads.discharge_floor_kw.any():
        loop.stored_kwh[:] = loop.stored_kwh[:, :1]
        loop.grid_kw[:], loop.done = case.loads.net_load_kw, intervals
        return loop
    _apply(case, loop, range(intervals), Orders.float_at_full(systems, intervals))
    return loop


def _known(case: StudyCase, loop: Loop, month: MonthToDate, block: range, period: range) -> Known:
    """The part of the record that is known at the start of a block."""
    now = case.first + block.start
    record, site = case.record, case.site_known(block.start)
    horizon = case.horizon.part(block.start, block.stop)
    published = None
    if record.price_per_kwh is not None:
        until = published_until(horizon.start, horizon.timezone)
        published = record.price_per_kwh[: now + (until - horizon.start) // horizon.step]
    if loop.worn is None:
        loop.worn = WearSoFar(site=case.site, horizon=case.horizon)
    state = month.state(stored_in_units(site, loop.stored_kwh[:, block.start].tolist()))
    return Known(
        issued_at=horizon.start,
        site=site,
        tariff=case.tariff,
        block=horizon,
        latest=case.latest,
        study_end=case.horizon.end,
        period_end=case.horizon.start + period.stop * case.horizon.step,
        state=loop.worn.known_in(state, loop.discharge_kw, loop.stored_kwh, block.start),
        past=record.horizon.first(now) if now else None,
        load_kw=record.load_kw[:, :now],
        unprotected_load_kw=record.unprotected_load_kw[:now],
        price_per_kwh=published,
    )


def stored_in_units(site: Site, stored_kwh: list[float]) -> Stored:
    """Stored energy as a state: for each system, or for each unit if the units of a system differ in health."""
    alike, units = {}, {}
    for ups, kwh in zip(site.ups, stored_kwh, strict=True):
        held = min(ups.max_stored_kwh, max(0.0, kwh))
        if ups.unit_state_of_health:
            units[ups.id] = _by_unit(ups, held / ups.units_in_service)
        else:
            alike[ups.id] = held
    return Stored(stored_kwh=alike, unit_stored_kwh=units)


def _by_unit(ups: UpsSystem, weakest_kwh: float) -> tuple[float, ...]:
    """The stored energy of each unit: all units hold as much above their cutoff as the weakest one."""
    unavailable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
    above_kwh = weakest_kwh - unavailable * ups.weakest_capacity_kwh
    capacities = iter(ups.unit_capacities_kwh)
    return tuple(above_kwh + unavailable * next(capacities) if mode is UpsMode.NORMAL else 0.0 for mode in ups.modes)

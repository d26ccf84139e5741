"""The guard against losses: there is no trading if the planner would have lost money in the site's last months.

Before a billing period begins, the two complete ones before it are replayed from what was known then, hour by hour,
with the batteries full at their start. Their exact bills, with wear, show whether the planner would have gained. If it
would have lost, every battery stays full until the next billing period, and the figures are reported.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, PriceSeries, Site, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.ceilings.hours import net_load_kw
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.measured_loads import measured_loads
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.known.month_to_date import MonthToDate, Stored
from ridethrough.operation.known.published import published_until, too_few_prices
from ridethrough.operation.known.so_far import state_so_far
from ridethrough.operation.planner import Information, Known, Planned, Planner
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.local_calendar import local_calendar

FloatArray = NDArray[np.float64]

_PERIODS = 2
_REPLAYED = CeilingSettings(futures=32, searched_every_h=24)
_LEAST_BEFORE = timedelta(hours=25)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The saving of the planner in a past billing period, after wear, in the tariff's currency."""

    billing_period: str
    saved: float


@dataclass(slots=True, kw_only=True)
class GuardedPlanner:
    """Trades by ceilings, unless that would have lost money in the last complete billing periods."""

    planner: Planner = field(default_factory=CeilingPlanner)
    rehearsed: Callable[[], Planner] = field(default=lambda: CeilingPlanner(settings=_REPLAYED))
    """Makes the planner that is replayed: the same, searching less often."""
    _replayed: dict[datetime, tuple[Site, Replayed]] = field(default_factory=dict)
    """By the start of a period: what it came to, for the site as it was known then."""
    _against: str | None = None

    information = Information.DAY_AHEAD

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The assumptions of the ceilings, and the guard's."""
        guard = "nothing is traded in a billing period where the planner would have lost money in the two before it"
        return (*self.planner.assumptions, guard)

    @property
    def fingerprint(self) -> str:
        """The settings of the ceilings and of the replay."""
        return f"guarded by {_PERIODS} periods {_REPLAYED}: {self.planner.fingerprint}"

    def begin_period(self) -> None:
        """Reset the ceilings and judge again; the results of past billing periods are kept."""
        self.planner.begin_period()
        self._against = None

    def plan(self, known: Known) -> Planned:
        """Plan a block, or hold."""
        if too_few_prices(known.price_per_kwh, known.block.step):
            return _resting(known, "batteries rest until a day of prices is known")
        if self._against is None:
            self._against = reason_against(self.last_periods(known), known.tariff.currency)
        if not self._against:
            return self.planner.plan(known)
        return _resting(known, self._against)

    def last_periods(self, known: Known) -> tuple[Replayed, ...]:
        """The last complete billing periods on record, each replayed once, and again where the site is another.

        So a study that goes on from a checkpoint judges as one that was not broken off.
        """
        found = []
        for label, horizon in _complete_periods(known):
            site, replayed = self._replayed.get(horizon.start, (None, None))
            if replayed is None or site != known.site:
                saved = _saved(known, horizon, self.rehearsed())
                replayed = Replayed(billing_period=label, saved=saved)
                self._replayed[horizon.start] = (known.site, replayed)
            found.append(replayed)
        return tuple(found)


def reason_against(periods: tuple[Replayed, ...], currency: str) -> str:
    """The reason against trading, with figures; empty if the periods gained, or if none is known.

    >>> reason_against((Replayed(billing_period="2026-05", saved=-120.0),), "USD")
    'nothing is traded: the planner would have lost 120 USD in the last complete billing periods (2026-05: -120)'
    """
    lost = -sum(each.saved for each in periods)
    if not periods or lost <= 0:
        return ""
    figures = ", ".join(f"{each.billing_period}: {each.saved:+,.0f}" for each in periods)
    return (
        f"nothing is traded: the planner would have lost {lost:,.0f} {currency} in the last complete billing periods "
        f"({figures})"
    )


def _resting(known: Known, why: str) -> Planned:
    orders = Orders.float_at_full(len(known.site.ups), known.block.intervals)
    return Planned(orders=orders, status=PlanStatus.HOLD, warnings=(why,))


def _complete_periods(known: Known) -> list[tuple[str, Horizon]]:
    """The last billing periods that lie whole in the past, with a day known before them.

    There is none where meters are read on given dates: the dates before the record are not known.
    """
    past = known.past
    if past is None:
        return []
    if known.tariff.cycle.read_dates:
        return []
    calendar = local_calendar(past, known.tariff.cycle, known.tariff.holidays)
    found = []
    for index, period in enumerate(calendar.periods):
        here = np.flatnonzero(calendar.period == index)
        horizon = replace(past, start=past.start + int(here[0]) * past.step, intervals=len(here))
        whole = calendar.covered_days(index) == period.days
        if whole and horizon.start - past.start >= _LEAST_BEFORE:
            found.append((period.label, horizon))
    return found[-_PERIODS:]


def _saved(known: Known, period: Horizon, planner: Planner) -> float:
    """The saving of a planner in a past billing period, with full batteries at its start."""
    past, site, tariff = known.past, known.site, known.tariff
    assert past is not None  # noqa: S101 - periods are of the past
    first = (period.start - past.start) // past.step
    here = slice(first, first + period.intervals)
    loads = measured_loads(site, period, known.load_kw[:, here], known.unprotected_load_kw[here])
    before_kw = net_load_kw(site, known.load_kw[:, :first], known.unprotected_load_kw[:first])
    before = state_so_far(tariff, past.first(first), before_kw, period.start)
    month = MonthToDate.begin(tariff, local_calendar(period, tariff.cycle, tariff.holidays), before)
    stored = [ups.max_stored_kwh for ups in site.ups]
    grid_kw, discharged_kwh = np.zeros(period.intervals), np.zeros(len(site.ups))
    per_hour, last = max(1, _HOUR // period.step), None
    for start in range(0, period.intervals, per_hour):
        end = min(start + per_hour, period.intervals)
        block = replace(period, start=period.start + start * period.step, intervals=end - start)
        held = {ups.id: kwh for ups, kwh in zip(site.ups, stored, strict=True)}
        state = month.state(Stored(stored_kwh=held, unit_stored_kwh={}))
        planned = planner.plan(_known_at(replace(known, state=state), block, first + start, period.end))
        done = apply_control_law(site, period.interval_h, loads.part(start, end), planned.orders, stored, last)
        last = done.last
        grid_kw[start:end], stored = done.grid_kw, done.stored_kwh[:, -1].tolist()
        discharged_kwh += done.discharge_kw.sum(axis=1) * period.interval_h
        month.meter(grid_kw, end)
    prices = None
    if known.price_per_kwh is not None:
        prices = PriceSeries(horizon=period, price_per_kwh=tuple(known.price_per_kwh[here].tolist()))
    without, with_it = (
        float(bill(tariff, period, kw, prices=prices, state=before).exact_total) for kw in (loads.net_load_kw, grid_kw)
    )
    costs = [ups.wear_per_kwh_to(reserve_requirement(ups).tradable_kwh) for ups in site.ups]
    return without - with_it - float(np.dot(discharged_kwh, costs))


def _known_at(known: Known, block: Horizon, now: int, period_end: datetime) -> Known:
    """What was known at the start of a past block."""
    past = known.past
    assert past is not None  # noqa: S101 - blocks are of the past
    published = known.price_per_kwh
    if published is not None:
        until = published_until(block.start, block.timezone)
        published = published[: now + (until - block.start) // block.step]
    return replace(
        known,
        issued_at=block.start,
        block=block,
        latest=period_end,
        period_end=period_end,
        study_end=period_end,
        past=past.first(now),
        load_kw=known.load_kw[:, :now],
        unprotected_load_kw=known.unprotected_load_kw[:now],
        price_per_kwh=published,
    )

"""What batteries saved since the month began: the bill by the meter's readings, and the one without the batteries.

Only whole local days count, from the first after which no interval lacks a reading. A demand charge
is billed by the highest interval so far, as if the month ended now.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from ridethrough.api.cases.billing import BillInputs, bill_of
from ridethrough.api.cases.sites.measured_loads import readings_between
from ridethrough.api.cases.sites.measured_meter import metered
from ridethrough.api.cases.sites.stored_inputs import stored_inputs
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Horizon, Site, UnableToAccept
from ridethrough.domain.horizon import zone

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsSoFar:
    """The bill of some whole days with and without batteries; `unknown_because` where there is none (else empty)."""

    unknown_because: str = ""
    first: date | None = None
    last: date | None = None
    currency: str = ""
    with_batteries: float = 0.0
    without_batteries: float = 0.0

    @property
    def saved(self) -> float:
        """The difference; negative where batteries cost more than they saved."""
        return self.without_batteries - self.with_batteries


def savings_so_far(connection: Connection, site_id: str, now: datetime) -> SavingsSoFar:
    """Bill the whole days of this month.

    Raises `UnableToFindSite` where there is no such site.
    """
    try:
        inputs = stored_inputs(connection, site_id, since=now - 62 * _DAY).inputs
        return _of_days(connection, site_id, inputs, now)
    except UnableToAccept as error:
        return SavingsSoFar(unknown_because="; ".join(str(fault) for fault in error.faults))


def _of_days(connection: Connection, site_id: str, inputs: SiteInputs, now: datetime) -> SavingsSoFar:
    site, today = inputs.site, now.astimezone(zone(inputs.site.timezone)).date()
    if inputs.tariff is None:
        return SavingsSoFar(unknown_because="the site has no tariff: market prices alone make no bill")
    if today.day == 1:
        return SavingsSoFar(unknown_because="no whole day of this month is over")
    horizon = _days(site, today.replace(day=1), today - _DAY)
    grid_kw, batteries_kw = metered(site, horizon, readings_between(connection, site_id, horizon.start, horizon.end))
    first = _first_known(site, horizon, grid_kw)
    if first is None:
        return SavingsSoFar(unknown_because="yesterday lacks readings of the meter in some intervals")
    known = _days(site, first, today - _DAY)
    left = slice(horizon.intervals - known.intervals, None)
    billed = [_total(inputs, known, kw[left]) for kw in (grid_kw, grid_kw - batteries_kw)]
    return SavingsSoFar(
        first=first,
        last=today - _DAY,
        currency=site.currency,
        with_batteries=billed[0],
        without_batteries=billed[1],
    )


def _days(site: Site, first: date, last: date) -> Horizon:
    start = Horizon.of_local_day(first, site.timezone, site.interval_minutes)
    end = Horizon.of_local_day(last, site.timezone, site.interval_minutes).end
    return start.first((end - start.start) // start.step)


def _first_known(site: Site, horizon: Horizon, grid_kw: np.ndarray) -> date | None:
    """The first day from which on no interval lacks a reading."""
    missing = np.flatnonzero(np.isnan(grid_kw))
    local = zone(site.timezone)
    if not len(missing):
        return horizon.start.astimezone(local).date()
    first = (horizon.start + int(missing[-1]) * horizon.step).astimezone(local).date() + _DAY
    return first if first <= (horizon.end - horizon.step).astimezone(local).date() else None


def _total(inputs: SiteInputs, horizon: Horizon, kw: np.ndarray) -> float:
    assert inputs.tariff is not None  # noqa: S101 - there is one
    meter = TimeSeries(
        source="telemetry", start=horizon.start_of(0), step=horizon.step, values=tuple(float(each) for each in kw)
    )
    asked = BillInputs(tariff=inputs.tariff, meter=meter, timezone=inputs.site.timezone, prices=inputs.prices)
    return float(bill_of(asked)[0].total)

"""The bill of a stored site: by its loads with batteries at rest, its telemetry, or a stored series of its meter."""

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
from sqlalchemy import Connection

from ridethrough.api.cases.billing import BillInputs
from ridethrough.api.cases.sites.measured_loads import readings_between
from ridethrough.api.cases.sites.stored_inputs import series_of, stored_inputs
from ridethrough.api.reading.series.resampling import values_over
from ridethrough.api.reading.series.series_file import SeriesQuery
from ridethrough.api.reading.series.stored_series import even_series, series_key
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, Horizon, UnableToAccept

LOADS = "loads"
TELEMETRY = "telemetry"
MOST_DAYS = 366


def bill_inputs(connection: Connection, site_id: str, first: date, last: date, meter: str) -> BillInputs:
    """Collect what a bill of local days follows from; `meter` is `loads`, `telemetry`, or the name of a stored series.

    Raises `UnableToFindSite`, and `UnableToAccept` where the days are not known, or the site has no tariff.
    """
    inputs = stored_inputs(connection, site_id).inputs
    if inputs.tariff is None:
        allowed = "given in the site's document: market prices alone make no bill"
        raise UnableToAccept([Fault(field="tariff", source="site", value=None, allowed=allowed)])
    horizon = _days(inputs, first, last)
    if meter == LOADS:
        values = _loads_kw(inputs, horizon)
    elif meter == TELEMETRY:
        values = _telemetry_kw(connection, site_id, horizon)
    else:
        values = tuple(values_over(_series(connection, site_id, inputs, meter), horizon).tolist())
    return BillInputs(
        tariff=inputs.tariff,
        meter=TimeSeries(source=meter, start=horizon.start_of(0), step=horizon.step, values=values),
        timezone=inputs.site.timezone,
        prices=inputs.prices,
    )


def _days(inputs: SiteInputs, first: date, last: date) -> Horizon:
    site = inputs.site
    for field, day in (("from", first), ("to", last)):
        if not FIRST_YEAR <= day.year < LAST_YEAR:
            allowed = f"in the years {FIRST_YEAR} to {LAST_YEAR - 1}"
            raise UnableToAccept([Fault(field=field, source="request", value=str(day), allowed=allowed)])
    if not 0 <= (last - first).days < MOST_DAYS:
        allowed = f"from 1 to {MOST_DAYS} days: `to` is the last day, and not before `from`"
        raise UnableToAccept([Fault(field="to", source="request", value=str(last), allowed=allowed)])
    start = Horizon.of_local_day(first, site.timezone, site.interval_minutes)
    end = Horizon.of_local_day(last, site.timezone, site.interval_minutes).end
    return start.first((end - start.start) // start.step)


def _loads_kw(inputs: SiteInputs, horizon: Horizon) -> tuple[float, ...]:
    """The meter with every battery at rest."""
    total_kw = values_over(inputs.unprotected_load, horizon)
    for ups in inputs.site.ups:
        load_kw = values_over(inputs.loads[ups.id], horizon)
        total_kw = total_kw + np.array([ups.input_kw(kw) for kw in load_kw.tolist()])
    return tuple(total_kw.tolist())


def _series(connection: Connection, site_id: str, inputs: SiteInputs, name: str) -> TimeSeries:
    kept = series_of(connection, site_id)(series_key(name))
    if kept is None:
        allowed = f"{LOADS}, {TELEMETRY}, or the name of a stored series"
        raise UnableToAccept([Fault(field="meter", source="request", value=name, allowed=allowed)])
    return even_series(kept, SeriesQuery(source=name, use="load", timezone=inputs.site.timezone))


def _telemetry_kw(connection: Connection, site_id: str, horizon: Horizon) -> tuple[float, ...]:
    """The mean of the meter in each interval, by the readings in it."""
    sums, counts = np.zeros(horizon.intervals), np.zeros(horizon.intervals)
    for measured_at, grid_kw in _metered(connection, site_id, horizon):
        index = int((measured_at - horizon.start) // horizon.step)
        sums[index] += grid_kw
        counts[index] += 1
    missing = np.flatnonzero(counts == 0)
    if len(missing):
        value = f"no reading in {len(missing)} intervals, the first at {horizon.start_of(int(missing[0])).isoformat()}"
        allowed = f"a reading of grid_kw in each interval of {horizon.interval_minutes} minutes"
        raise UnableToAccept([Fault(field=TELEMETRY, source=TELEMETRY, value=value, allowed=allowed)])
    return tuple((sums / counts).tolist())


def _metered(connection: Connection, site_id: str, horizon: Horizon) -> Iterator[tuple[datetime, float]]:
    """The readings of the meter."""
    for measured_at, document in readings_between(connection, site_id, horizon.start, horizon.end):
        if document["grid_kw"] is not None:
            yield measured_at, document["grid_kw"]

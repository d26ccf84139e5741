"""Series given as pandas series: an index of times with a zone, a constant step, and no gaps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, TimeSeries, is_plausible
from ridethrough.domain import Fault, UnableToAccept

_SITE_MINUTES = 15
"""The metering interval of a site that does not say its own."""


def series_of(given: "pd.Series[float]", name: str) -> TimeSeries:
    """A pandas series as one of ours.

    Raises `UnableToAccept` for an index without a time zone, an uneven step, or a value that is no number.
    """
    index = given.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        allowed = "a DatetimeIndex with a time zone, such as pd.date_range(..., tz='America/New_York')"
        raise UnableToAccept([Fault(field="index", source=name, value=str(index.dtype), allowed=allowed)])
    if len(index) < 2:  # noqa: PLR2004 - two values make a step
        raise UnableToAccept([Fault(field="index", source=name, value=len(index), allowed="at least 2 times")])
    starts = index.tz_convert("UTC").as_unit("ns").asi8
    steps = np.diff(starts)
    step_ns = int(steps[steps > 0].min(initial=np.iinfo(np.int64).max))
    faults = []
    for place in np.flatnonzero(steps != step_ns)[:1]:
        expected = index[place] + pd.Timedelta(step_ns, unit="ns")
        faults.append(
            Fault(field=f"index {place + 1}", source=name, value=str(index[place + 1]), allowed=str(expected))
        )
    if not is_plausible(index[0].to_pydatetime()):
        faults.append(
            Fault(
                field="index 0",
                source=name,
                value=str(index[0]),
                allowed=f"a time in the years {FIRST_YEAR} to {LAST_YEAR}",
            )
        )
    values = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    for place in np.flatnonzero(~np.isfinite(values))[:1]:
        said = str(given.iloc[place])
        faults.append(Fault(field=str(index[place]), source=name, value=said, allowed="a finite number"))
    if faults:
        raise UnableToAccept(faults)
    step = timedelta(microseconds=step_ns / 1000)
    return TimeSeries(source=name, start=index[0].to_pydatetime(), step=step, values=tuple(values.tolist()))


def load_document(given: "pd.Series[float]", name: str, interval_minutes: object) -> dict[str, Any]:
    """A load as a site document writes it.

    Raises `UnableToAccept` as `series_of` does, and for another step than the site's.
    """
    series = series_of(given, name)
    minutes = interval_minutes if isinstance(interval_minutes, int) else _SITE_MINUTES
    if series.step != timedelta(minutes=minutes):
        allowed = f"{minutes} minutes, the site's interval_minutes"
        raise UnableToAccept([Fault(field="step", source=name, value=str(series.step), allowed=allowed)])
    return {"start": series.start.isoformat(), "values": list(series.values)}


def price_document(given: "pd.Series[float]", written: object) -> dict[str, Any]:
    """Prices as a site document writes them, with the adder of the prices that they take the place of.

    Raises `UnableToAccept` as `series_of` does, and for a step that is no whole number of minutes.
    """
    series = series_of(given, "prices")
    minutes, rest = divmod(series.step, timedelta(minutes=1))
    if rest:
        allowed = "a whole number of minutes"
        raise UnableToAccept([Fault(field="step", source="prices", value=str(series.step), allowed=allowed)])
    adder = written.get("adder_per_kwh", 0.0) if isinstance(written, Mapping) else 0.0
    document = {"start": series.start.isoformat(), "values": list(series.values), "interval_minutes": minutes}
    return {**document, "adder_per_kwh": adder}

"""The evidence of a certificate: the site, its known series and the state, and nothing from a plan."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Interval, ReserveCondition, Site, SiteState, UpsSystem

FloatArray = NDArray[np.float64]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLoad:
    """A load (kW AC) that is known from `start` on, one value each `step`; `source` names where it came from."""

    source: str
    start: datetime
    step: timedelta
    values_kw: Sequence[float] | FloatArray

    @property
    def end(self) -> datetime:
        """The instant from which the load is not known."""
        return self.start + len(self.values_kw) * self.step

    def fits(self, horizon: Horizon) -> bool:
        """Whether every interval of a horizon lies inside one of the series' own steps."""
        whole = self.step % horizon.step == timedelta()
        return whole and (horizon.start - self.start) % horizon.step == timedelta()

    def over(self, start: datetime, step: timedelta, count: int) -> FloatArray:
        """The load in `count` intervals from `start`; not a number where it is not known."""
        ratio, first = self.step // step, (start - self.start) // step
        low, high = first // ratio, (first + count - 1) // ratio + 1
        inside = self.values_kw[max(low, 0) : max(high, 0)]
        known = np.full(high - low, np.nan)
        known[max(0, -low) : max(0, -low) + len(inside)] = inside
        return np.repeat(known, ratio)[first - low * ratio :][:count]


Load = KnownLoad | float
"""A series, or a constant that holds at any time (kW AC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All evidence by which a plan is judged.

    `load_kw` holds the load of each UPS system, `unprotected_load_kw` what else is behind the meter. Without a `state`
    batteries are assumed full. `prices_known` is the stretch of time for which the site's prices are known, where it
    has a series of them. `floor_kwh` gives a floor per boundary of the plan for systems whose reserve is not to be
    worked out. Loads from `forecast_from` on are forecast. `site_sha256` and `state_sha256` stand in the certificate;
    where they are left out they are worked out from the values themselves.
    """

    site: Site
    load_kw: Mapping[str, Load]
    unprotected_load_kw: Load
    state: SiteState | None = None
    prices_known: Interval | None = None
    floor_kwh: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    forecast_from: datetime | None = None
    site_sha256: str = ""

    @property
    def conditions(self) -> tuple[ReserveCondition, ...]:
        """The conditions of the site, and those that its state brings."""
        return (*self.site.conditions, *(self.state.conditions if self.state is not None else ()))

    def stored_at_start_kwh(self, ups: UpsSystem) -> float:
        """The stored energy of a system at the start of the plan: as measured, or full."""
        return (self.state or SiteState()).stored_in(self.site, ups.id)

    def stored_by_unit_kwh(self, ups: UpsSystem) -> FloatArray:
        """The stored energy of each unit in service at the start of the plan."""
        return np.array((self.state or SiteState()).stored_by_unit(self.site, ups.id))

    def digest_of_site(self) -> str:
        """The hash of the site and its series."""
        if self.site_sha256:
            return self.site_sha256
        digest = hashlib.sha256(repr(self.site).encode())
        for name, load in {**self.load_kw, "": self.unprotected_load_kw}.items():
            values = np.array(load.values_kw if isinstance(load, KnownLoad) else [load], dtype=float)
            start = load.start.astimezone(UTC).isoformat() if isinstance(load, KnownLoad) else ""
            digest.update(f"{name}{start}".encode() + values.tobytes())
        return digest.hexdigest()

    def digest_of_state(self) -> str | None:
        """The hash of the state; None without one."""
        return None if self.state is None else hashlib.sha256(repr(self.state).encode()).hexdigest()


def load_over(load: Load, horizon: Horizon, intervals: int) -> FloatArray:
    """A load in the first `intervals` intervals from a horizon's start; not a number where it is not known."""
    if isinstance(load, KnownLoad):
        if not load.fits(horizon):
            return np.full(intervals, np.nan)
        return load.over(horizon.start, horizon.step, intervals)
    return np.full(intervals, float(load))


def highest_kw(load: Load, horizon: Horizon, seconds: float) -> FloatArray:
    """The highest load known of outages that start in the interval before each boundary or at it (boundaries).

    An outage lasts `seconds`. Stored energy is linear inside an interval, so that what an outage which starts inside
    takes must be there at both ends. Where a load is not known it counts as none: the protected load then stands.
    """
    lasts = max(1, int(np.ceil(seconds / horizon.step.total_seconds() - _ROUNDING)))
    n = horizon.intervals
    if not isinstance(load, KnownLoad):
        return np.full(n + 1, float(load))
    known = np.concatenate([[-np.inf], np.nan_to_num(load_over(load, horizon, n + lasts), nan=-np.inf)])
    return sliding_window_view(known, lasts + 1).max(axis=1)

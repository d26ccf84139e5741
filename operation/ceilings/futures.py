"""Futures of the meter, composed of what followed similar moments of the past.

A past moment is similar to the present one if it was at about the same time of day, and about as far from the usual
load. What followed it is replayed for some hours, as deviations from the usual load. From the end of these hours the
next similar moment is searched, until the billing period ends. So each load is its own model, and nothing lies outside
the record.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.forecasts.clock import FRIDAY, Clock, clock
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_HOURS = 24
_PROFILE_DAYS = 42
_DEVIATION_DAYS = 120
_SHRINKAGE_DAYS = 3.0
_REPLAYED_H = 12
_LIKE_MOMENTS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Futures:
    """Equally likely futures (rows) of each hour (columns): mean and highest metered interval, in kW."""

    mean_kw: FloatArray
    highest_kw: FloatArray

    @property
    def hours(self) -> int:
        """The number of hours."""
        return int(self.mean_kw.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadModel:
    """The model learned from the hours on record.

    `profile_kw` is the usual load by kind of day (working, off) and hour. `like[hour]` are past moments near an hour of
    the day, by rising deviation.
    """

    profile_kw: FloatArray
    deviation_kw: FloatArray
    above_mean_kw: FloatArray
    like: tuple[IndexArray, ...]
    lowest_kw: float
    highest_mean_kw: float
    highest_kw: float
    replayed_h: int
    holidays: HolidayCalendar | None

    def draw(self, now_kw: float, horizon: Horizon, count: int, seed: int) -> Futures:
        """Draw `count` futures of the hours of a horizon; `now_kw` is the mean of the hour before it."""
        random = np.random.default_rng((seed, int(horizon.start.timestamp()) // 3600))
        before = Horizon(
            start=horizon.start - horizon.step,
            interval_minutes=horizon.interval_minutes,
            intervals=horizon.intervals + 1,
            timezone=horizon.timezone,
        )
        at = clock(before, self.holidays)
        usual_kw = _usual_kw(self.profile_kw, at)
        deviation = np.full(count, now_kw - usual_kw[0])
        drawn, above = np.empty((count, horizon.intervals)), np.empty((count, horizon.intervals))
        for first in range(0, horizon.intervals, self.replayed_h):
            moments = self._like(int(at.slot[first]), deviation, random)
            hours = np.arange(min(self.replayed_h, horizon.intervals - first))
            replayed = moments[:, np.newaxis] + 1 + hours
            drawn[:, first : first + len(hours)] = self.deviation_kw[replayed]
            above[:, first : first + len(hours)] = self.above_mean_kw[replayed]
            deviation = self.deviation_kw[replayed[:, -1]]
        mean_kw = np.clip(usual_kw[1:] + drawn, self.lowest_kw, self.highest_mean_kw)
        return Futures(mean_kw=mean_kw, highest_kw=np.minimum(mean_kw + above, max(self.highest_kw, self.lowest_kw)))

    def _like(self, hour: int, deviation: FloatArray, random: np.random.Generator) -> IndexArray:
        """One past moment for each deviation: of those nearest to it, any."""
        like = self.like[hour]
        place = np.searchsorted(self.deviation_kw[like], deviation)
        width = min(_LIKE_MOMENTS, len(like))
        first = np.clip(place - width // 2, 0, len(like) - width)
        return np.asarray(like[first + random.integers(0, width, len(deviation))])


def learn(
    horizon: Horizon, mean_kw: FloatArray, highest_kw: FloatArray, holidays: HolidayCalendar | None = None
) -> LoadModel:
    """Learn from the hours of a horizon, two at least."""
    hours = min(len(mean_kw), _DEVIATION_DAYS * _HOURS)
    recent = Horizon(
        start=horizon.end - hours * horizon.step,
        interval_minutes=horizon.interval_minutes,
        intervals=hours,
        timezone=horizon.timezone,
    )
    at = clock(recent, holidays)
    kw = mean_kw[-hours:]
    profile_kw = _profile_kw(kw[-_PROFILE_DAYS * _HOURS :], at.among(slice(-_PROFILE_DAYS * _HOURS, None)))
    deviation = kw - _usual_kw(profile_kw, at)
    replayed_h = min(_REPLAYED_H, hours // 2)
    return LoadModel(
        profile_kw=profile_kw,
        deviation_kw=deviation,
        above_mean_kw=highest_kw[-hours:] - kw,
        like=tuple(_moments_near(hour, at.slot[: hours - replayed_h], deviation) for hour in range(_HOURS)),
        lowest_kw=float(mean_kw.min()),
        highest_mean_kw=float(mean_kw.max()),
        highest_kw=float(highest_kw.max()),
        replayed_h=replayed_h,
        holidays=holidays,
    )


def _usual_kw(profile_kw: FloatArray, at: Clock) -> FloatArray:
    return np.asarray(profile_kw[(at.weekday > FRIDAY).astype(np.intp), at.slot])


def _profile_kw(kw: FloatArray, at: Clock) -> FloatArray:
    """Mean by kind of day and hour, drawn towards the hour's mean over all days, and that towards the whole mean."""
    off = (at.weekday > FRIDAY).astype(np.intp)
    total, count = np.zeros((2, _HOURS)), np.zeros((2, _HOURS))
    np.add.at(total, (off, at.slot), kw)
    np.add.at(count, (off, at.slot), 1.0)
    every_day = (total.sum(axis=0) + kw.mean()) / (count.sum(axis=0) + 1.0)
    return np.asarray((total + _SHRINKAGE_DAYS * every_day) / (count + _SHRINKAGE_DAYS))


def _moments_near(hour: int, slots: NDArray[np.int64], deviation: FloatArray) -> IndexArray:
    """Moments at an hour of the day or one beside it (any, where there is none), by rising deviation."""
    away = (slots - hour) % _HOURS
    near = np.flatnonzero((away <= 1) | (away == _HOURS - 1))
    if not len(near):
        near = np.arange(len(slots))
    return near[np.argsort(deviation[near], kind="stable")]

"""Futures of the meter, composed of what followed similar moments of the past.

A past moment is similar to the present one if it was at about the same time of day, on the same kind of day (working,
off), and about as far from the usual load, in its last hour and in its last day. What followed it is replayed for some
hours, as deviations from the usual load. Where the present one differs still, what usually becomes of such a difference
in the hours that follow is added: a regression over all moments at that time of day says it. From the end of these
hours the next similar moment is searched, until the billing period ends. So each load is its own model, and nothing
lies outside the record.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
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
_ENOUGH_MOMENTS = 24
_WEIGHT_OF_LAST_DAY = 0.25
_DAYS_TO_TRUST_LAST_DAY = 40.0
_RIDGE = 0.1
_RIDGE_MOMENTS = (3.0, 123.0)
_NO_SPREAD_KW = 1e-3


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
class Moments:
    """Past moments near an hour of the day, and the state of each: two deviations, in units of `spread_kw`.

    They are the deviation of its last hour, and the mean one of its last 24 h. `effect_kw[i, h]` is what one unit more
    of deviation i changes h + 1 hours later.
    """

    index: IndexArray
    state: FloatArray
    spread_kw: FloatArray
    effect_kw: FloatArray

    def nearest(self, state: FloatArray, weight_of_last_day: float, random: np.random.Generator) -> IndexArray:
        """A place in `index` for each state: of the moments nearest to it, any."""
        away = state[:, :1] - self.state[:, 0]
        away *= away
        in_last_day = state[:, 1:] - self.state[:, 1]
        in_last_day *= in_last_day
        in_last_day *= weight_of_last_day
        away += in_last_day
        rows, width = np.arange(len(state)), min(_LIKE_MOMENTS, len(self.index))
        rank, found = random.integers(0, width, len(state)), away.argmin(axis=1)
        for each in range(1, width):
            away[rows, found] = np.inf
            found = np.where(each <= rank, away.argmin(axis=1), found)
        return np.asarray(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadModel:
    """The model learned from the hours on record.

    `profile_kw` is the usual load by kind of day (working, off) and hour; `deviation_kw` are the hours of the record
    less that, and `clock` is their place on the local clock.
    """

    profile_kw: FloatArray
    deviation_kw: FloatArray
    above_mean_kw: FloatArray
    clock: Clock
    lowest_kw: float
    highest_mean_kw: float
    highest_kw: float
    replayed_h: int
    holidays: HolidayCalendar | None
    _found: dict[tuple[int, bool, bool], Moments] = field(default_factory=dict)

    def draw(self, metered_kw: FloatArray, horizon: Horizon, count: int, seed: int) -> Futures:
        """Draw `count` futures of the hours of a horizon; `metered_kw` are hourly means until it begins."""
        random = np.random.default_rng((seed, int(horizon.start.timestamp()) // 3600))
        last_kw = metered_kw[-_HOURS:]
        before = Horizon(
            start=horizon.start - len(last_kw) * horizon.step,
            interval_minutes=horizon.interval_minutes,
            intervals=len(last_kw) + horizon.intervals,
            timezone=horizon.timezone,
        )
        at = clock(before, self.holidays)
        usual_kw, off = _usual_kw(self.profile_kw, at), at.weekday > FRIDAY
        lowest, highest = self.lowest_kw - usual_kw, self.highest_mean_kw - usual_kw
        # columns: the last day, then the horizon; hours before the record deviate by nothing
        drawn, above = np.zeros((count, _HOURS + horizon.intervals)), np.empty((count, horizon.intervals))
        drawn[:, _HOURS - len(last_kw) : _HOURS] = last_kw - usual_kw[: len(last_kw)]
        for first in range(0, horizon.intervals, self.replayed_h):
            hours = np.arange(first, min(first + self.replayed_h, horizon.intervals))
            begins, ends = len(last_kw) + first, len(last_kw) + hours[-1]
            moments = self._moments(int(at.slot[begins - 1]), bool(off[begins]), bool(off[ends]))
            state = _state(drawn[:, first : first + _HOURS]) / moments.spread_kw
            like = moments.nearest(state, self._weight_of_last_day, random)
            replayed = moments.index[like][:, np.newaxis] + 1 + hours - first
            differs = (state - moments.state[like]) @ moments.effect_kw[:, : len(hours)]
            ahead = slice(begins, ends + 1)
            within = (self.deviation_kw[replayed] + differs).clip(lowest[ahead], highest[ahead])
            drawn[:, _HOURS + first : _HOURS + first + len(hours)] = within
            above[:, first : first + len(hours)] = self.above_mean_kw[replayed]
        mean_kw = usual_kw[len(last_kw) :] + drawn[:, _HOURS:]
        return Futures(mean_kw=mean_kw, highest_kw=np.minimum(mean_kw + above, max(self.highest_kw, self.lowest_kw)))

    @property
    def _weight_of_last_day(self) -> float:
        """The weight of the last day beside the last hour where moments are compared; a short record has few days."""
        days = len(self.deviation_kw) / _HOURS
        return _WEIGHT_OF_LAST_DAY * days / (days + _DAYS_TO_TRUST_LAST_DAY)

    def _moments(self, hour: int, begins_off: bool, ends_off: bool) -> Moments:  # noqa: FBT001
        """The moments at an hour whose following hours begin and end on a day off, or on a working one."""
        key = (hour, begins_off, ends_off)
        if key not in self._found:
            index = _near(key, self.clock, self.replayed_h)
            followed = self.deviation_kw[index[:, np.newaxis] + 1 + np.arange(self.replayed_h)]
            padded = np.concatenate([np.zeros(_HOURS - 1), self.deviation_kw])
            self._found[key] = _moments(index, _state(sliding_window_view(padded, _HOURS)[index]), followed)
        return self._found[key]


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
    return LoadModel(
        profile_kw=profile_kw,
        deviation_kw=kw - _usual_kw(profile_kw, at),
        above_mean_kw=highest_kw[-hours:] - kw,
        clock=at,
        lowest_kw=float(mean_kw.min()),
        highest_mean_kw=float(mean_kw.max()),
        highest_kw=float(highest_kw.max()),
        replayed_h=min(_REPLAYED_H, hours // 2),
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


def _near(key: tuple[int, bool, bool], at: Clock, replayed_h: int) -> IndexArray:
    """Moments at an hour of the day or one beside it (any, where there is none).

    Of them those whose following hours begin and end on the same kinds of day, if they are enough.
    """
    hour, begins_off, ends_off = key
    away = (at.slot[: len(at.slot) - replayed_h] - hour) % _HOURS
    near = np.flatnonzero((away <= 1) | (away == _HOURS - 1))
    if not len(near):
        return np.arange(len(away))
    off = at.weekday > FRIDAY
    alike = near[(off[near + 1] == begins_off) & (off[near + replayed_h] == ends_off)]
    return alike if len(alike) >= _ENOUGH_MOMENTS else near


def _state(day_kw: FloatArray) -> FloatArray:
    """The deviation of the last hour, and the mean one of all 24; a row for each row."""
    return np.stack([day_kw[:, -1], day_kw.sum(axis=1) / _HOURS], axis=1)


def _moments(index: IndexArray, state_kw: FloatArray, followed_kw: FloatArray) -> Moments:
    """Moments and their effects, by a ridge regression of what followed them on their state."""
    spread_kw = np.maximum(state_kw.std(axis=0), _NO_SPREAD_KW)
    state = state_kw / spread_kw
    centred = state - state.mean(axis=0)
    squares = centred.T @ centred + np.diag(_RIDGE * len(index) + np.array(_RIDGE_MOMENTS))
    effect_kw = np.linalg.solve(squares, centred.T @ (followed_kw - followed_kw.mean(axis=0)))
    return Moments(index=index, state=np.asfortranarray(state), spread_kw=spread_kw, effect_kw=effect_kw)

"""The usual load of a site at each hour of the week, and the deviations from it.

The usual value is a mean over earlier days, in which newer days have more weight. If there are few weeks, the mean of
an hour of the week shrinks towards the mean of that hour on working days (or days off), which shrinks towards its mean
on all days, which shrinks towards the mean of all values:

    level = (n mean + shrinkage parent) / (n + shrinkage)        n: values in the cell, older ones counting less

One day of history is therefore enough, with less certainty. The half-life of older values and the weight of the wider
mean are learned: the best of the given pairs leaves the smallest unexplained deviations some hours ahead. A past
deviation is measured from the usual value *before* its day, like the present one. Measured from a mean that contains
the day itself, deviations would be too small.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Checks
from ridethrough.forecasts.clock import DAYS_PER_WEEK, FRIDAY, Clock, clock
from ridethrough.forecasts.history import History
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]

_MOST_BURN_IN_DAYS = 14
_LEADS_H = (1, 3, 6, 12, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptions:
    """The options for learning a profile; `holidays` count as Sundays.

    After a half-life (one of `half_lives_days`) a value has half its weight. A shrinkage (one of `shrinkages`) is the
    number of values that the wider mean counts for. Every pair is tried. Give one of each to fix them.
    """

    half_lives_days: tuple[float, ...] = (14.0, 56.0)
    shrinkages: tuple[float, ...] = (0.1, 0.5, 3.0, 20.0)
    holidays: HolidayCalendar | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        for name, values in (("half_lives_days", self.half_lives_days), ("shrinkages", self.shrinkages)):
            checks.require(bool(values), name, values, "at least one number")
            for index, value in enumerate(values):
                checks.positive(f"{name}.{index}", value)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsualLoad:
    """The profile, of shape (7, slots of a day), and past deviations with their place on the clock."""

    profile: FloatArray
    deviations: FloatArray
    at: Clock
    half_life_days: float
    shrinkage: float
    notes: tuple[str, ...]


def usual_load(history: History, options: ProfileOptions) -> UsualLoad:
    """Learn a profile from a history, and the past deviations from what was usual at their time.

    With less than two days there is no earlier day: deviations are then measured from the days' own profile, and the
    notes say so.
    """
    at = clock(history.horizon, options.holidays)
    pairs = tuple(product(options.half_lives_days, options.shrinkages))
    starts = np.flatnonzero(np.diff(at.day, prepend=at.day[0] - 1))
    profiles, deviations = _replay(history.values, at, starts, pairs)
    notes = list(_imputed(at))
    first = int(starts[min(_MOST_BURN_IN_DAYS, len(starts) // 2)])
    if len(starts) == 1 or len(history.values) - first < history.slots_per_day // 2:
        first = 0
        deviations = history.values - profiles[:, at.weekday, at.slot]
        notes.append("too few days to know the usual load: deviations are measured from the mean of the same days")
    chosen = _least(deviations[:, first:], history.slots_per_day)
    return UsualLoad(
        profile=profiles[chosen],
        deviations=deviations[chosen, first:],
        at=at.among(slice(first, None)),
        half_life_days=pairs[chosen][0],
        shrinkage=pairs[chosen][1],
        notes=tuple(notes),
    )


def _replay(
    values: FloatArray, at: Clock, starts: NDArray[np.intp], pairs: tuple[tuple[float, float], ...]
) -> tuple[FloatArray, FloatArray]:
    """Deviations day by day, of shape (pairs, intervals), and the usual values at the end.

    An unfinished last day does not count in the usual values, because the rest of that day is forecast from earlier
    days.
    """
    fade = np.array([0.5 ** (1 / half_life) for half_life, _ in pairs])[:, np.newaxis, np.newaxis]
    shrinkage = np.array([shrinkage for _, shrinkage in pairs])[:, np.newaxis]
    slots = at.slots_per_day
    total = np.zeros((len(pairs), DAYS_PER_WEEK, slots))
    count = np.zeros_like(total)
    deviations = np.zeros((len(pairs), len(values)))
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        slot, weekday = at.slot[start:end], int(at.weekday[start])
        if start:
            deviations[:, start:end] = values[start:end] - _levels(total, count, shrinkage, weekday)[:, slot]
        if start and slot[-1] < slots - 1:
            break
        total *= fade
        count *= fade
        total[:, weekday] += np.bincount(slot, weights=values[start:end], minlength=slots)
        count[:, weekday] += np.bincount(slot, minlength=slots)
    profiles = [_levels(total, count, shrinkage, weekday) for weekday in range(DAYS_PER_WEEK)]
    return np.stack(profiles, axis=1), deviations


def _levels(total: FloatArray, count: FloatArray, shrinkage: FloatArray, weekday: int) -> FloatArray:
    """The usual values of a weekday, of shape (pairs, slots), worked out from the widest mean to the narrowest."""
    alike = slice(FRIDAY + 1, None) if weekday > FRIDAY else slice(0, FRIDAY + 1)
    level = (total.sum(axis=(1, 2)) / count.sum(axis=(1, 2)))[:, np.newaxis]
    for days in (slice(None), alike, slice(weekday, weekday + 1)):
        level = (total[:, days].sum(axis=1) + shrinkage * level) / (count[:, days].sum(axis=1) + shrinkage)
    return np.asarray(level)


def _least(deviations: FloatArray, slots_per_day: int) -> int:
    """The pair whose deviations are the least some hours on, less what the present one says of them."""
    left = np.zeros(len(deviations))
    for lead in (max(1, hours * slots_per_day // 24) for hours in _LEADS_H):
        before, after = deviations[:, :-lead], deviations[:, lead:]
        square = np.maximum((before**2).sum(axis=1), np.finfo(float).tiny)
        left += (after**2).sum(axis=1) - (before * after).sum(axis=1) ** 2 / square
    return int(np.argmin(left))


def _imputed(at: Clock) -> tuple[str, ...]:
    """Note which part of the week was never measured."""
    seen = np.zeros((DAYS_PER_WEEK, at.slots_per_day), dtype=bool)
    seen[at.weekday, at.slot] = True
    if seen.all():
        return ()
    notes = [f"{1 - seen.mean():.0%} of the week was never measured: imputed from other days"]
    if not seen.any(axis=0).all():
        never = 1 - seen.any(axis=0).mean()
        notes.append(f"{never:.0%} of the day was never measured: imputed from the mean of the rest")
    return tuple(notes)

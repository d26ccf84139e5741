"""What a site usually draws at an hour of the week, and how far it has been from that.

The usual value is the mean of the days before, newer ones counting more. With few weeks an hour of the week is drawn
towards the mean of that hour on working days (or on days off), that towards its mean on all days, and that towards the
mean of all values:

    level = (n mean + shrinkage parent) / (n + shrinkage)        n: values in the cell, older ones counting less

so one day of history is enough, with less trust. How fast older values fade and how much the wider mean counts is
learned: of the given pairs, the one that leaves least to chance some hours on. Past deviations are taken from what was
usual *before* their day, as the present one is: from a mean that holds them they would be too small.
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
    """What a profile may be learned with; `holidays` count as Sundays.

    After `half_lives_days` a value counts half; `shrinkages` are how many values the wider mean counts for. Every pair
    is tried. Give one of each to fix them.
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
class UsualCourse:
    """The profile, shape (7, slots of a day), and past deviations from it with their place on the clock."""

    profile: FloatArray
    deviations: FloatArray
    at: Clock
    half_life_days: float
    shrinkage: float
    notes: tuple[str, ...]


def usual_course(history: History, options: ProfileOptions) -> UsualCourse:
    """Learn a profile from a history, and the deviations of its past from what was usual then.

    Less than two days have no "before": their deviations are those from their own profile, and the notes say so.
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
        notes.append("too few days to say what was usual before: deviations are those from the days' own mean course")
    chosen = _least(deviations[:, first:], history.slots_per_day)
    return UsualCourse(
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
    """Day by day: deviations from what was usual, shape (pairs, intervals), and what is usual at the end of it.

    A last day that is not over does not count for the usual yet: the rest of it is judged by the days before.
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
    """What is usual on a weekday, shape (pairs, slots), from the widest mean to the narrowest."""
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
    """Say what of the week has never been seen."""
    seen = np.zeros((DAYS_PER_WEEK, at.slots_per_day), dtype=bool)
    seen[at.weekday, at.slot] = True
    if seen.all():
        return ()
    notes = [f"{1 - seen.mean():.0%} of the week never seen: imputed from other days"]
    if not seen.any(axis=0).all():
        notes.append(f"{1 - seen.any(axis=0).mean():.0%} of the day never seen: imputed from the mean of the rest")
    return tuple(notes)

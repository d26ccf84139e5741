"""How often each system may still begin to discharge, by local day: what switches wears, and inverters count it.

A discharge is a run of intervals in which batteries give more than the load that their rectifiers cannot carry. It
counts on the local day that it begins on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site

FloatArray = NDArray[np.float64]

GIVES_KW = 1e-3
"""Below this a battery gives nothing."""
_DAY_MINUTES = 24 * 60
_LONGEST_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeStarts:
    """For the control law: the day of each interval (0: the first), and for each system how often it may still begin.

    `left` has a value for each day, `gives` says whether the system discharged just before.
    """

    days: tuple[int, ...]
    left: tuple[tuple[int, ...], ...]
    gives: tuple[bool, ...]


def starts_left(
    site: Site, horizon: Horizon, here: range, given_kw: FloatArray, begun: Mapping[str, int] | None = None
) -> DischargeStarts | None:
    """What is left for some intervals of a horizon; None where the site sets no limit.

    `given_kw` (systems x intervals, at least up to `here`) is what was discharged before, beyond what rectifiers could
    not carry. `begun` is how many discharges began before the horizon on its first day.
    """
    most = site.dispatch.most_discharges_per_day
    if most is None:
        return None
    since = max(0, here.start - _LONGEST_DAYS * _DAY_MINUTES // horizon.interval_minutes)
    dates = [horizon.start_of(t).date() for t in range(since, here.stop)]
    today, ahead = dates[here.start - since], dates[here.start - since :]
    names = {date: number for number, date in enumerate(dict.fromkeys(ahead))}
    left, gives = [], []
    for row, ups in enumerate(site.ups):
        used = (begun or {}).get(ups.id, 0) if today == horizon.start_of(0).date() else 0
        gave = False
        for t in range(since, here.start):
            now = bool(given_kw[row, t] > GIVES_KW)
            used += now and not gave and dates[t - since] == today
            gave = now
        left.append((max(0, most - used), *(most,) * (len(names) - 1)))
        gives.append(gave)
    return DischargeStarts(days=tuple(names[date] for date in ahead), left=tuple(left), gives=tuple(gives))


@dataclass(slots=True)
class StartsOfSystem:
    """Counts the discharges of one system while the control law goes on."""

    days: Sequence[int]
    left: list[int]
    gives: bool
    _unlimited: bool = field(default=False)

    @classmethod
    def of(cls, starts: DischargeStarts | None, row: int) -> "StartsOfSystem":
        """Those of one row of the site; without a limit it may always begin."""
        if starts is None:
            return cls((), [], gives=False, _unlimited=True)
        return cls(starts.days, list(starts.left[row]), gives=starts.gives[row])

    def may_give(self, t: int) -> bool:
        """Whether it may discharge in interval `t`."""
        return self._unlimited or self.gives or self.left[self.days[t]] > 0

    def did(self, t: int, given_kw: float) -> None:
        """Count what it discharged in interval `t`, beyond what the rectifiers could not carry."""
        if self._unlimited:
            return
        gives = given_kw > GIVES_KW
        if gives and not self.gives:
            self.left[self.days[t]] -= 1
        self.gives = gives

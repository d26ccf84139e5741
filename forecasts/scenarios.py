"""Scenarios of net load: the site's usual load, plus the present deviation, which decays, plus new deviations.

    y(t)   = usual(weekday, time of day) + d(t)
    d(t+k) = rho(k) d(t) + u(k)                   k up to a block's length; then again from the block's end

`usual` comes from `forecasts.profile`. `rho(k)` is the least-squares slope of past deviations on the deviations k
intervals earlier, and `u` are its errors. Errors are drawn in blocks of successive values, which keeps their
correlation. A block comes from near the same time of day and, if enough such days are known, from a similar day.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.clock import DAYS_PER_WEEK, FRIDAY, Clock, clock
from ridethrough.forecasts.forecast import ScenarioSet, require_fitted_before
from ridethrough.forecasts.history import History
from ridethrough.forecasts.profile import ProfileOptions, UsualLoad, usual_load

FloatArray = NDArray[np.float64]
Indices = NDArray[np.intp]

_MINUTES_PER_HOUR = 60
_HOURS_PER_DAY = 24
_LEAST_BLOCKS = 4
_LEAST_STARTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOptions:
    """The options for learning and drawing scenarios.

    Everything is learned from the latest `trailing_weeks`. Errors are drawn in blocks of `block_h` hours that began
    within `window_h` hours of the same time of day (with a short history: in shorter blocks, from any time). If blocks
    from at least `like_days` days of the same kind (working or off) are known, only these are drawn.
    """

    trailing_weeks: int = 16
    block_h: float = 24.0
    window_h: float = 1.0
    like_days: int = 8
    profile: ProfileOptions = field(default_factory=ProfileOptions)

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.trailing_weeks >= 1, "trailing_weeks", self.trailing_weeks, "at least 1")
        checks.positive("block_h", self.block_h)
        allowed = "from 0 to 12 hours"
        checks.require(0 <= self.window_h <= _HOURS_PER_DAY / 2, "window_h", self.window_h, allowed)
        checks.require(self.like_days >= 1, "like_days", self.like_days, "at least 1")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioModel:
    """The result of `fit_scenarios`.

    `persistence` is rho, with one value for each interval of a block (at most the number of past deviations less one).
    `usual` holds the profile and the past deviations.
    """

    options: ScenarioOptions
    fitted_on: History
    usual: UsualLoad
    persistence: FloatArray
    notes: tuple[str, ...]


def fit_scenarios(history: History, options: ScenarioOptions | None = None) -> ScenarioModel:
    """Learn the usual load, and how deviations from it decay, from what was known."""
    options = ScenarioOptions() if options is None else options
    used = history.last(options.trailing_weeks * DAYS_PER_WEEK * history.slots_per_day)
    usual = usual_load(used, options.profile)
    block = max(1, round(options.block_h * _MINUTES_PER_HOUR / used.horizon.interval_minutes))
    block = max(1, min(block, len(usual.deviations) // _LEAST_BLOCKS))
    return ScenarioModel(
        options=options,
        fitted_on=used,
        usual=usual,
        persistence=_persistence(usual.deviations, block),
        notes=usual.notes,
    )


def _persistence(deviations: FloatArray, block: int) -> FloatArray:
    """The least-squares slopes of deviations on those 1, 2 ... `block` intervals earlier, each from 0 to 1."""
    squares = np.cumsum(deviations**2)
    slopes = np.zeros(block)
    for lead in range(1, min(block, len(deviations) - 1) + 1):
        square = squares[-1 - lead]
        if square > 0:
            slopes[lead - 1] = deviations[:-lead] @ deviations[lead:] / square
    return np.clip(slopes, 0.0, 1.0)


def draw(
    model: ScenarioModel, history: History, horizon: Horizon, *, scenarios: int = 32, seed: int = 0
) -> ScenarioSet:
    """Draw equally likely scenarios over a horizon, starting from the present deviation.

    `history` is what is known now: the history of the fit, or a later one. Only its last value is read. The same
    arguments draw the same scenarios. Raises `UnableToAccept` with every fault.
    """
    checks = Checks()
    checks.require(scenarios >= 1, "scenarios", scenarios, "at least 1")
    checks.require(seed >= 0, "seed", seed, "at least 0")
    checks.raise_faults()
    between = history.require_before(horizon)
    require_fitted_before(model.fitted_on.end, history)
    now = history.last(1)
    whole = Horizon(
        start=now.horizon.start,
        interval_minutes=horizon.interval_minutes,
        intervals=1 + between + horizon.intervals,
        timezone=horizon.timezone,
    )
    at = clock(whole, model.options.profile.holidays)
    usual = model.usual.profile[at.weekday, at.slot]
    random = np.random.default_rng((seed, int(horizon.start.timestamp()) // _MINUTES_PER_HOUR))
    deviation = _deviations(model, at, np.full(scenarios, now.values[0] - usual[0]), random)
    return ScenarioSet(
        horizon=horizon,
        values=usual[1 + between :] + deviation[:, between:],
        issued_at=history.issued_at,
        method="scenarios",
        history_intervals=len(history.values),
        notes=model.notes,
    )


def _deviations(model: ScenarioModel, at: Clock, now: FloatArray, random: np.random.Generator) -> FloatArray:
    """Deviations that continue the present one, of shape (scenarios, intervals after the first of the clock)."""
    past, rho = model.usual.deviations, model.persistence
    intervals = len(at.slot) - 1
    drawn = np.empty((len(now), intervals))
    for first in range(0, intervals, len(rho)):
        steps = np.arange(min(len(rho), intervals - first))
        starts = _spread_over(_starts(model, at, first), len(now), random)[:, np.newaxis]
        errors = past[(starts + 1 + steps) % len(past)] - rho[steps] * past[starts]
        block = now[:, np.newaxis] * rho[steps] + errors
        drawn[:, first : first + len(steps)] = block
        now = block[:, -1]
    return drawn


def _starts(model: ScenarioModel, at: Clock, index: int) -> Indices:
    """The past deviations at which a block may start that stands for the block at `index` of the clock."""
    before, options = model.usual.at, model.options
    known = max(1, len(before.slot) - len(model.persistence))
    ahead = (before.slot[:known] - at.slot[index]) % at.slots_per_day
    width = int(options.window_h * at.slots_per_day / _HOURS_PER_DAY)
    near = np.minimum(ahead, at.slots_per_day - ahead) <= width
    middle = len(model.persistence) // 2  # the day of a block is that of its middle
    off = before.weekday[np.minimum(np.arange(known) + 1 + middle, len(before.weekday) - 1)] > FRIDAY
    like = near & (off == (at.weekday[min(index + 1 + middle, len(at.weekday) - 1)] > FRIDAY))
    if like.sum() >= options.like_days * (2 * width + 1):
        return np.flatnonzero(like)
    return np.flatnonzero(near) if near.sum() >= _LEAST_STARTS else np.arange(known, dtype=np.intp)


def _spread_over(starts: Indices, scenarios: int, random: np.random.Generator) -> Indices:
    """Draw starts so that none repeats before all others were drawn."""
    rounds = -(-scenarios // len(starts))
    return np.concatenate([random.permutation(starts) for _ in range(rounds)])[:scenarios]

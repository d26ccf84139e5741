"""Readings cut into days: what a block holds, and how newer readings of a day go before older ones."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.store.schema import microseconds, moment

DAY_US = 24 * 3600 * 1_000_000
_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Values from `start` on, one each `step`, NaN where there is none. A step divides the day."""

    start: datetime
    step: timedelta
    values: NDArray[np.float64]


class UnableToAppend(ValueError):
    """Readings do not fit the step of those that are there; `stored` is that step, `day` where it is."""

    def __init__(self, stored_us: int, given_us: int, day: datetime) -> None:
        self.stored, self.given = (timedelta(microseconds=each) for each in (stored_us, given_us))
        self.day = day
        super().__init__(f"the series has a step of {self.stored} on {day:%Y-%m-%d}, and the readings {self.given}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The values of one day."""

    day: int
    step_us: int
    phase_us: int
    values: NDArray[np.float64]

    @property
    def starts_us(self) -> NDArray[np.int64]:
        """When each value begins (microseconds since 1970)."""
        return self.day * DAY_US + self.phase_us + self.step_us * np.arange(len(self.values))


def blocks_of(stretch: Stretch) -> list[Block]:
    """Cut readings at UTC midnights."""
    step_us, start_us = stretch.step // timedelta(microseconds=1), microseconds(stretch.start)
    if step_us <= 0 or DAY_US % step_us or not len(stretch.values):
        raise ValueError("a stretch has values, and its step divides the day")
    phase_us, per_day = start_us % step_us, DAY_US // step_us
    first_step = (start_us - phase_us) // step_us
    first_day, before = divmod(first_step, per_day)
    days = -(-(before + len(stretch.values)) // per_day)
    padded = np.full(days * per_day, np.nan)
    padded[before : before + len(stretch.values)] = stretch.values
    return [
        Block(day=int(first_day + index), step_us=step_us, phase_us=phase_us, values=values)
        for index, values in enumerate(padded.reshape(days, per_day))
        if not np.isnan(values).all()
    ]


def merged(old: Block | None, new: Block, *, may_change_step: bool) -> Block:
    """The new values of a day, and the old ones where there are no new."""
    if old is None:
        return new
    if (old.step_us, old.phase_us) != (new.step_us, new.phase_us):
        shorter = min(old.step_us, new.step_us)
        whole = not (old.step_us % shorter or new.step_us % shorter or old.phase_us or new.phase_us)
        if not (may_change_step and whole):
            raise UnableToAppend(old.step_us, new.step_us, moment(new.day * DAY_US))
        old, new = _at_step(old, shorter), _at_step(new, shorter)
    values = np.where(np.isnan(new.values), old.values, new.values)
    return Block(day=new.day, step_us=new.step_us, phase_us=new.phase_us, values=values)


def _at_step(block: Block, step_us: int) -> Block:
    values = np.repeat(block.values, block.step_us // step_us)
    return Block(day=block.day, step_us=step_us, phase_us=block.phase_us, values=values)


def same(old: Block, new: Block) -> bool:
    """Whether two blocks of a day hold the same at the same times."""
    grid = (old.step_us, old.phase_us) == (new.step_us, new.phase_us)
    return grid and np.array_equal(old.values, new.values, equal_nan=True)


def news(old: Block | None, new: Block) -> NDArray[np.int64]:
    """How many of a day's given values are new, replace another, and were there."""
    given = ~np.isnan(new.values)
    if old is None:
        return np.array([given.sum(), 0, 0])
    before = _looked_up(old, new)
    there = given & ~np.isnan(before)
    equal = there & (before == new.values)
    return np.array([(given & ~there).sum(), (there & ~equal).sum(), equal.sum()])


def _looked_up(old: Block, new: Block) -> NDArray[np.float64]:
    """The old value that holds at the start of each new one."""
    places = (new.starts_us - old.day * DAY_US - old.phase_us) // old.step_us
    inside = (places >= 0) & (places < len(old.values))
    return np.where(inside, old.values[np.clip(places, 0, len(old.values) - 1)], np.nan)


def packed(block: Block) -> bytes:
    """The values of a day as they are kept: float64, little-endian, compressed by zlib."""
    return zlib.compress(block.values.astype("<f8").tobytes(), _LEVEL)


def unpacked(content: bytes) -> NDArray[np.float64]:
    """The values that were packed."""
    return np.frombuffer(zlib.decompress(content), dtype="<f8")

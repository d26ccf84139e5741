"""How far savings may lie from their estimate: years put together anew from what happened, by block bootstrap.

A drawn year is made of blocks of weeks (or of any parts that the history's years are cut into). Each block keeps its
place in the year, give or take `shift_parts`, so that summers stay summers, and comes from a year drawn anew; values
that follow one another stay together (Kuensch, "The jackknife and the bootstrap for general stationary observations",
Annals of Statistics 17, 1989). What never happened in the history is in no draw.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Checks
from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.project.project import Project

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsHistory:
    """Savings of `years` alike cut into the same number of parts, as 52 weeks (the last of 8 or 9 days) or 12 months.

    A year may be one of prices and loads that were put together by hand; years of one part each are drawn whole.
    """

    savings_by_year: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        checks = Checks()
        years = len(self.savings_by_year)
        checks.require(years >= 1, "savings_by_year", f"{years} years", "at least 1")
        parts = len(self.savings_by_year[0]) if years else 1
        checks.require(years * parts > 1, "savings_by_year", f"{years * parts} values", "at least 2 to draw from")
        for year, savings in enumerate(self.savings_by_year):
            alike = len(savings) == parts
            checks.require(alike, f"savings_by_year.{year}", f"{len(savings)} parts", f"{parts}, as the first year")
            for part, value in enumerate(savings):
                checks.require(math.isfinite(value), f"savings_by_year.{year}.{part}", value, "a finite number")
        checks.raise_faults()


class Luck(StrEnum):
    """Whether the years of a project's life share their luck."""

    SHARED = "shared"
    """One drawn year repeats through the life: prices and loads as they are stay so. The wider range."""

    NEW_EVERY_YEAR = "new_every_year"
    """Every year is drawn anew, and good years make up for bad ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How years are drawn: `samples` of them, in blocks of `block_parts` of a year; the same seed, the same draws.

    A block moves up to `shift_parts` earlier or later within its year, around whose end it goes.
    """

    samples: int = 1000
    block_parts: int = 4
    shift_parts: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("samples", "block_parts"):
            checks.require(getattr(self, name) >= 1, name, getattr(self, name), "a whole number of at least 1")
        for name in ("shift_parts", "seed"):
            checks.require(getattr(self, name) >= 0, name, getattr(self, name), "a whole number of at least 0")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Of all draws a tenth lie below `p10`, half below `p50`, nine tenths below `p90`."""

    p10: float
    p50: float
    p90: float
    mean: float
    samples: int


def annual_savings_range(history: SavingsHistory, bootstrap: Bootstrap) -> Range:
    """The range of the savings of a year, in the history's currency."""
    return _range(_years(history, bootstrap, years=1)[:, 0])


def net_present_value_range(project: Project, history: SavingsHistory, bootstrap: Bootstrap, luck: Luck) -> Range:
    """The range of what a project is worth today, with drawn savings in place of the amount of its one line of savings.

    Escalation and degradation stay those of the line. UnableToAccept where the project has not one line of savings.
    """
    checks = Checks()
    lines = len(project.savings)
    checks.require(lines == 1, "savings", f"{lines} lines", "one, whose amount the draws replace")
    checks.raise_faults()
    drawn = _years(history, bootstrap, years=1 if luck is Luck.SHARED else project.life_years)
    lives = np.broadcast_to(drawn, (bootstrap.samples, project.life_years))
    return _range(np.array([_net_present_value(project, life) for life in lives]))


def _net_present_value(project: Project, life: FloatArray) -> float:
    line = replace(project.savings[0], amount=1.0, factor_by_year=tuple(float(savings) for savings in life))
    return cash_flow(replace(project, savings=(line,))).net_present_value


def _years(history: SavingsHistory, bootstrap: Bootstrap, *, years: int) -> FloatArray:
    """Drawn savings of years, of shape (samples, years)."""
    savings = np.array(history.savings_by_year, dtype=float)
    parts = savings.shape[1]
    length = min(bootstrap.block_parts, parts)
    blocks = math.ceil(parts / length)
    random = np.random.Generator(np.random.PCG64(bootstrap.seed))
    shape = (bootstrap.samples, years, blocks)
    source = random.integers(savings.shape[0], size=shape)
    shift = random.integers(-bootstrap.shift_parts, bootstrap.shift_parts, size=shape, endpoint=True)
    place = np.arange(parts)
    block = place // length
    return np.asarray(savings[source[..., block], (place + shift[..., block]) % parts].sum(axis=-1))


def _range(draws: FloatArray) -> Range:
    low, middle, high = (float(value) for value in np.quantile(draws, (0.1, 0.5, 0.9)))
    return Range(p10=low, p50=middle, p90=high, mean=float(draws.mean()), samples=draws.size)

"""The uncertainty of savings, by block bootstrap: new years are composed of parts of past years.

The years of a history are cut into parts, for example weeks. A drawn year is composed of blocks of parts. Each block
comes from a randomly drawn year, and moves by at most `shift_parts` from its place in the year, so that summers stay
summers. Neighbouring values inside a block stay together (Kuensch, "The jackknife and the bootstrap for general
stationary observations", Annals of Statistics 17, 1989). No draw contains an event that the history does not contain.
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
    """Savings of past years, each cut into the same number of parts.

    Parts may be 52 weeks (the last has 8 or 9 days) or 12 months.

    A year may also be a scenario of prices and loads. Years of one part each are drawn as a whole.
    `season_by_part` numbers the seasons of a tariff. With it, a part is drawn only from parts of its own season, so
    that every drawn year has each season as often as a real year.
    """

    savings_by_year: tuple[tuple[float, ...], ...]
    season_by_part: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        years = len(self.savings_by_year)
        checks.require(years >= 1, "savings_by_year", f"{years} years", "at least 1")
        parts = len(self.savings_by_year[0]) if years else 1
        checks.require(years * parts > 1, "savings_by_year", f"{years * parts} values", "at least 2 values")
        for year, savings in enumerate(self.savings_by_year):
            alike = len(savings) == parts
            checks.require(alike, f"savings_by_year.{year}", f"{len(savings)} parts", f"{parts}, like the first year")
            for part, value in enumerate(savings):
                checks.require(math.isfinite(value), f"savings_by_year.{year}.{part}", value, "a finite number")
        given = len(self.season_by_part)
        checks.require(
            given in (0, parts), "season_by_part", f"{given} values", f"{parts}, one for each part of a year"
        )
        checks.raise_faults()


class YearDraws(StrEnum):
    """Whether one drawn year repeats through a project's life, or each year is drawn on its own."""

    SHARED = "shared"
    """One drawn year repeats through the life: its prices and loads persist. This gives the wider range."""

    NEW_EVERY_YEAR = "new_every_year"
    """Every year is drawn on its own: good years offset bad years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How years are drawn: `samples` years, in blocks of `block_parts` parts.

    The same seed gives the same draws.

    A block moves up to `shift_parts` parts earlier or later. Past the end of its year it continues at the start.
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
    """Percentiles of the draws: 10 % lie below `p10`, 50 % below `p50`, 90 % below `p90`."""

    p10: float
    p50: float
    p90: float
    mean: float
    samples: int


def annual_savings_range(history: SavingsHistory, bootstrap: Bootstrap) -> Range:
    """The range of a year's savings, in the history's currency."""
    return _range(_years(history, bootstrap, years=1)[:, 0])


def net_present_value_range(project: Project, history: SavingsHistory, bootstrap: Bootstrap, draws: YearDraws) -> Range:
    """The range of a project's net present value, with drawn savings in place of its one line of savings.

    Escalation and degradation of that line still apply. UnableToAccept unless the project has exactly one line of
    savings.
    """
    checks = Checks()
    lines = len(project.savings)
    checks.require(lines == 1, "savings", f"{lines} lines", "exactly one, because the draws replace its amount")
    checks.raise_faults()
    drawn = _years(history, bootstrap, years=1 if draws is YearDraws.SHARED else project.life_years)
    lives = np.broadcast_to(drawn, (bootstrap.samples, project.life_years))
    return _range(np.array([_net_present_value(project, life) for life in lives]))


def _net_present_value(project: Project, life: FloatArray) -> float:
    line = replace(project.savings[0], amount=1.0, factor_by_year=tuple(float(savings) for savings in life))
    return cash_flow(replace(project, savings=(line,))).net_present_value


def _years(history: SavingsHistory, bootstrap: Bootstrap, *, years: int) -> FloatArray:
    """Drawn yearly savings, of shape (samples, years)."""
    savings = np.array(history.savings_by_year, dtype=float)
    parts = savings.shape[1]
    length = min(bootstrap.block_parts, parts)
    blocks = math.ceil(parts / length)
    random = np.random.Generator(np.random.PCG64(bootstrap.seed))
    shape = (bootstrap.samples, years, blocks)
    source = random.integers(savings.shape[0], size=shape)
    shift = random.integers(-bootstrap.shift_parts, bootstrap.shift_parts, size=shape, endpoint=True)
    block = np.arange(parts) // length
    drawn = _moved(parts, bootstrap.shift_parts, history.season_by_part)
    return np.asarray(savings[source[..., block], drawn[np.arange(parts), shift[..., block]]].sum(axis=-1))


def _moved(parts: int, most: int, season_by_part: tuple[int, ...]) -> NDArray[np.intp]:
    """The part that stands for each part (rows) when its block moves by 0, 1 ... `most`, -`most` ... -1 (columns).

    A part moves around the end of the year, or among the parts of its season around the end of the season.
    """
    seasons = np.array(season_by_part or (0,) * parts)
    moved = np.empty((parts, 2 * most + 1), dtype=np.intp)
    for season in np.unique(seasons):
        members = np.flatnonzero(seasons == season)
        for shift in range(-most, most + 1):
            moved[members, shift] = np.roll(members, -shift)
    return moved


def _range(draws: FloatArray) -> Range:
    low, middle, high = (float(value) for value in np.quantile(draws, (0.1, 0.5, 0.9)))
    return Range(p10=low, p50=middle, p90=high, mean=float(draws.mean()), samples=draws.size)

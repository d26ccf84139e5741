"""A maker's table of usable energy by discharge rate, read on the safe side between its rows.

Read in runtimes: a row says that a battery lasts `t = u / C` hours at the rate `C` (1/h), `u` being the fraction of its
energy that can be drawn. Between two rows `a` and `b`, with `s = ln(C / C_a) / ln(C_b / C_a)` from 0 to 1,

    ln u = (1 - s) ln u_a + s ln u_b - 4 s (1 - s) sag        sag = min(0.12, ln(t_a / t_b) / 4)

The first two terms are Peukert's law through both rows. The sag is what makers' own rows lie below it: of seven tables
that were tried, rows lay up to 15 % below the law through two others. A quarter of the way in the logarithm is the most
that keeps the runtime from rising with the load.

A curve that bends down lies above its chords. A table of at least four rows that bends down all along is therefore read
straight, where two rows are no more than a factor 1.5 apart.

A row that says more than one at a lower rate (makers round to whole minutes) is lowered to that one. Below the lowest
rate its fraction holds; beyond the highest the maker promises nothing.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

MOST_SAG = 0.12
"""In the logarithm of the runtime. Source: user manuals of APC Smart-UPS 650, 1000, 1400 and Liebert GXT3."""
SPARSE = 1.5
"""Two rows whose rates are further apart than this factor leave much unsaid."""
_ROWS_THAT_SHOW_A_BEND = 4
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """The rows of a table by rising rate (1/h): usable fractions as printed, and as they are read."""

    rates: tuple[float, ...]
    printed: tuple[float, ...]
    fractions: tuple[float, ...]
    bends_down: bool

    @property
    def lowered(self) -> Mapping[float, float]:
        """The rates whose fractions are read lower than printed, with what they are read as."""
        rows = zip(self.rates, self.printed, self.fractions, strict=True)
        return {rate: read for rate, printed, read in rows if read < printed}

    def gap_at(self, rate: float) -> tuple[float, float] | None:
        """The two rows around a rate where they are sparse; None where they are not."""
        above = bisect_left(self.rates, rate)
        if not 0 < above < len(self.rates) or self.rates[above] == rate:
            return None
        low, high = self.rates[above - 1], self.rates[above]
        return (low, high) if _far_apart(low, high) else None

    def usable_fraction(self, rate: float) -> float:
        """The fraction that can be drawn at a rate; beyond the highest rate, where no reserve relies on it, that of it.

        >>> table = rate_table({1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80})
        >>> round(table.usable_fraction(7), 6)
        0.84
        >>> hours = {0.3: 1.0, 1.2: 8.8 / 60}        # two rows of a maker: kW and hours
        >>> two_rows = rate_table({kw / 0.3: kw * h / 0.3 for kw, h in hours.items()})
        >>> round(two_rows.usable_fraction(2) / 2 * 60, 1)        # minutes at 0.6 kW; the maker says 23
        20.4
        """
        above = bisect_left(self.rates, rate)
        if above in {0, len(self.rates)}:
            return self.fractions[min(above, len(self.rates) - 1)]
        low, high = self.rates[above - 1], self.rates[above]
        at_low, at_high = self.fractions[above - 1], self.fractions[above]
        if self.bends_down and not _far_apart(low, high):
            return at_low + (rate - low) / (high - low) * (at_high - at_low)
        way = math.log(high / low)
        share = math.log(rate / low) / way if way > _ROUNDING else 1.0
        sag = min(MOST_SAG, (way + math.log(at_low / at_high)) / 4)
        return at_low * math.exp(share * math.log(at_high / at_low) - 4 * share * (1 - share) * sag)


def _far_apart(low: float, high: float) -> bool:
    return high > SPARSE * low * (1 + _ROUNDING)


def rate_table(usable_fraction_by_c_rate: Mapping[float, float]) -> RateTable:
    """Read a table of usable fractions by rate, of at least one row."""
    return _read(tuple(sorted(usable_fraction_by_c_rate.items())))


@lru_cache(maxsize=256)
def _read(rows: tuple[tuple[float, float], ...]) -> RateTable:
    rates, printed = zip(*rows, strict=True)
    fractions = tuple(accumulate(printed, min))
    slopes = [(after - before) / (high - low) for (low, before), (high, after) in pairwise(rows)]
    bends = all(after <= before + _ROUNDING for before, after in pairwise(slopes))
    return RateTable(
        rates=rates,
        printed=printed,
        fractions=fractions,
        bends_down=len(rows) >= _ROWS_THAT_SHOW_A_BEND and fractions == printed and bends,
    )

"""How often the range of a studied year holds the saving of another year: of redrawn loads, and of other prices.

python -m benchmarks.savings.coverage --shared ../shared [--only redrawn US-NY-NYIS] [--processes 2]

Redrawn: a load of the same kind from another seed, under ConEd's demand charges. Prices: one load, energy priced by the
market of a region, 2022 and 2023 (PJM's in real time, the others a day ahead). Each year is studied alone, its range is
drawn from its own months as in a study, and the saving of every other year of its group is looked for inside.
"""

import argparse
import csv
import gzip
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.savings import loops, results, setting
from benchmarks.savings.own_loads import own_load
from ridethrough.finance.project.uncertainty import Bootstrap, Range, SavingsHistory, annual_savings_range
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.ceilings.planner import CeilingPlanner
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.market import MarketPrice
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]

KINDS, SEEDS = ("steady", "jobs", "wandering"), (31, 32, 33, 34)
REGIONS = {
    "US-MIDA-PJM": "UTC",
    "US-TEX-ERCO": "UTC",
    "US-CAL-CISO": "UTC",
    "US-NY-NYIS": "UTC",
    "DE-LU": "Europe/Berlin",
    "NL": "Europe/Berlin",
}
"""The regions whose prices are at hand for whole years, and the clock of stamps that have no offset."""
PRICE_YEARS = (2022, 2023)
_SEASONS = tuple(int(5 <= month <= 8) for month in range(12))
_YEAR = 8760
DRAWS = Bootstrap(samples=1000, block_parts=1, shift_parts=2, seed=0)
"""As a study draws its years."""


def redrawn(shared: Path, kind: str, seed: int, keep_in: Path) -> list[float]:
    """The saving of each month of a year of a drawn load."""
    return _months(setting.case(shared, "coned", own_load(kind, seed)), keep_in)


def priced(shared: Path, region: str, year: int, keep_in: Path) -> list[float]:
    """The saving of each month of one load, by the prices of a year."""
    load = own_load("steady", SEEDS[0])
    case = setting.case(shared, "coned", load)
    prices = market_prices(shared, region, year)
    period = EnergyPeriod(name="energy", tiers=(EnergyTier(rate_per_kwh=0.0),))
    tariff = Tariff(name=region, currency="USD", energy=EnergyCharge(periods=(period,), market=MarketPrice()))
    record = replace(case.record, price_per_kwh=prices)
    return _months(replace(case, tariff=tariff, record=record), keep_in)


def market_prices(shared: Path, region: str, year: int) -> FloatArray:
    """The prices of the hours of a year, a kWh; an hour that is missing has the price of the hour before it."""
    with gzip.open(shared / f"data/prices/{region}_{year}.csv.gz", "rt") as text:
        rows = list(csv.reader(text))[1:]
    start, clock = datetime(year, 1, 1, tzinfo=UTC), ZoneInfo(REGIONS[region])
    prices = np.full(_YEAR, np.nan)
    for stamp, price in rows:
        at = datetime.fromisoformat(stamp)
        at = at if at.tzinfo else at.replace(tzinfo=clock)
        hour = int((at - start).total_seconds() // 3600)
        if 0 <= hour < _YEAR and price:
            prices[hour] = float(price) / 1000
    known = np.flatnonzero(np.isfinite(prices))
    return np.asarray(prices[known[np.maximum(0, np.searchsorted(known, np.arange(_YEAR), side="right") - 1)]])


def _months(case: StudyCase, keep_in: Path) -> list[float]:
    done = loops.ran(case, CeilingPlanner(), keep_in)
    return [loops.saved_within(case, done.grid_kw, each.start, each.stop) for each in case.billing_periods]


def range_of(months: list[float]) -> Range:
    """The range that a study of these months states for a year."""
    history = SavingsHistory(savings_by_year=(tuple(months),), season_by_part=_SEASONS)
    return annual_savings_range(history, DRAWS)


def inside(years: list[list[float]]) -> list[bool]:
    """For every two years: whether the saving of the one lies within the range of the other."""
    found = []
    for one, other in permutations(years, 2):
        stated = range_of(one)
        found.append(stated.p10 <= sum(other) <= stated.p90)
    return found


def main() -> None:
    """Run every year, and print how many lie inside."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs, loads and prices")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    groups = ("redrawn", *REGIONS)
    parser.add_argument("--only", nargs="+", choices=groups, default=list(groups), metavar="GROUP")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes) as pool:
        every = {
            f"redrawn: {kind}": [pool.submit(redrawn, asked.shared, kind, seed, asked.keep_in) for seed in SEEDS]
            for kind in KINDS
            if "redrawn" in asked.only
        } | {
            f"price years: {region}": [
                pool.submit(priced, asked.shared, region, year, asked.keep_in) for year in PRICE_YEARS
            ]
            for region in REGIONS
            if region in asked.only
        }
        for name, running in every.items():
            years = [each.result() for each in running]
            found = inside(years)
            figures = {"inside": sum(found), "of": len(found), "saved": [round(sum(year)) for year in years]}
            results.add("coverage", name, figures)
            print(f"{name}: {sum(found)} of {len(found)} inside; {figures['saved']}", flush=True)


if __name__ == "__main__":
    main()

"""What pricing wear is worth: nothing, one segment and sixteen on a year of real prices, scored by rainflow.

PYTHONPATH=$(make -s support) python -m benchmarks.wear_ablation --shared ../shared/data [--zone US-MIDA-PJM]

The battery is that of Xu et al. (IEEE Trans. Power Systems 33 (2018), section VI): 20 MW, 12.5 MWh, efficiency 0.95
each way, charge from 0.15 to 0.95, 300 a kWh, `5.24e-4 * depth ** 2.03` of a life a cycle. Each day is planned with the
prices of `--horizon-days`; stored energy and open cycles carry over. Prices are hourly, theirs of five minutes.
"""

import argparse
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ridethrough.domain import (
    Battery,
    CycleStress,
    Horizon,
    Interconnection,
    ReservePolicy,
    Site,
    SiteState,
    UpsSystem,
    WearModel,
)
from ridethrough.domain.wear.segments import after_moves, filled_at
from ridethrough.finance.wear.rainflow import rainflow
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.horizon.charges import HorizonCharges

XU = CycleStress(coefficient=5.24e-4, exponent=2.03)
CASES = {"no cost": 0, "1 segment": 1, "16 segments": 16}
NOMINAL_KWH, POWER_KW, LOAD_KW, PRICE_PER_KWH = 12_500.0, 20_000.0, 20_000.0, 300.0
_DAY_H = 24
_RESERVE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A year of one case: earnings at the meter, wear by rainflow, what is left, and the life at that rate."""

    earned: float
    wear: float
    cycles: float
    years: float

    @property
    def left(self) -> float:
        """Earnings less wear."""
        return self.earned - self.wear


def main() -> None:
    """Run every case, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of prices")
    parser.add_argument("--zone", default="US-MIDA-PJM")
    parser.add_argument("--year", default="2022")
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--horizon-days", type=int, default=2, help="how far the prices are known")
    asked = parser.parse_args()
    price = real_prices(asked.shared / "prices" / f"{asked.zone}_{asked.year}.csv.gz")[
        : (asked.days + asked.horizon_days - 1) * _DAY_H
    ]
    print("| wear priced | earned | wear by rainflow | left | full cycles | life, years |")
    print("|---|---|---|---|---|---|")
    for name, segments in CASES.items():
        found = scored(price, segments, asked.horizon_days)
        print(
            f"| {name} | {found.earned:,.0f} | {found.wear:,.0f} | {found.left:,.0f} | "
            f"{found.cycles:,.0f} | {found.years:.1f} |",
            flush=True,
        )


def real_prices(path: Path) -> np.ndarray:
    """Hourly prices per kWh; the files are in UTC, and the first of a repeated hour counts."""
    given = pd.read_csv(path)
    hours = pd.to_datetime(given.iloc[:, 0], utc=True)
    prices = pd.Series(given.iloc[:, 1].to_numpy(float), index=hours)
    return (prices[~prices.index.duplicated()].asfreq("h").interpolate() / 1000).to_numpy()


def site_of(segments: int) -> Site:
    """The battery behind a load that always takes what it gives."""
    wear = WearModel(replacement_cost_per_kwh=PRICE_PER_KWH, cycles=XU, depth_segments=segments) if segments else None
    battery = Battery(
        nominal_kwh=NOMINAL_KWH,
        charge_limit_kw=POWER_KW,
        discharge_limit_kw=POWER_KW,
        cutoff_fraction=0.15,
        max_fraction=0.95,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        wear=wear,
    )
    ups = UpsSystem(
        id="battery",
        units=1,
        tolerated_failures=0,
        unit_output_limit_kw=LOAD_KW,
        unit_input_limit_kw=POWER_KW + LOAD_KW,
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
        protected_load_kw=POWER_KW,
        battery=battery,
        reserve=ReservePolicy(ride_through_s=_RESERVE_S),
    )
    return Site(
        id="xu", timezone="UTC", interval_minutes=60, interconnection=Interconnection(import_limit_kw=1e6), ups=(ups,)
    )


def scored(price: np.ndarray, segments: int, horizon_days: int) -> Scored:
    """Plan day by day, and count what the year's path wears."""
    site, engine = site_of(segments), Engine()
    ups = site.ups[0]
    stored, filled, earned = [ups.max_stored_kwh], (), 0.0
    for day in range(len(price) // _DAY_H - horizon_days + 1):
        known = price[day * _DAY_H : (day + horizon_days) * _DAY_H]
        state = SiteState(stored_kwh={ups.id: stored[-1]}, segments_filled={ups.id: filled} if filled else {})
        plan = plan_dispatch(_problem(site, known, day, state), issued_at=_start(day), engine=engine)
        path = plan.ups[0]
        earned += float(known[:_DAY_H] @ (np.array(plan.baseline_grid_kw) - np.array(plan.grid_kw)))
        filled = _carried(ups, path.stored_kwh, filled)
        stored += path.stored_kwh[1:]
    cycles = rainflow([kwh / NOMINAL_KWH for kwh in stored])
    used = sum(each.count * XU.life_used(each.depth) for each in cycles)
    return Scored(
        earned=earned,
        wear=used * PRICE_PER_KWH * NOMINAL_KWH,
        cycles=sum(each.count * each.depth for each in cycles),
        years=(len(stored) - 1) / 8760 / used,
    )


def _carried(ups: UpsSystem, stored_kwh: tuple[float, ...], filled: tuple[float, ...]) -> tuple[float, ...]:
    if ups.battery.wear is None:
        return ()
    segments, width, full = ups.battery.wear.depth_segments, ups.segment_kwh, ups.max_stored_kwh
    at = filled_at(stored_kwh[0], full_kwh=full, width_kwh=width, segments=segments, carried=filled)
    return after_moves(at, stored_kwh, width)


def _start(day: int) -> datetime:
    return datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=day)


def _problem(site: Site, known: np.ndarray, day: int, state: SiteState) -> DispatchProblem:
    horizon = Horizon(start=_start(day), interval_minutes=60, intervals=len(known), timezone="UTC")
    made = DispatchProblem(
        site=site,
        horizon=horizon,
        charges=HorizonCharges(horizon=horizon, energy_per_kwh=known),
        load_kw={"battery": (LOAD_KW,) * len(known)},
        unprotected_load_kw=(0.0,) * len(known),
        state=state,
    )
    return replace(made, plan_intervals=_DAY_H)


if __name__ == "__main__":
    main()

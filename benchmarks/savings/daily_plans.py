"""Whether a month's daily plans add up to what the month's study saves.

python -m benchmarks.savings.daily_plans --shared ../shared

At each local midnight of June to September a plan of the day states the expected change of the bill, from what the
closed loop knew then. The sum over a month stands beside the saving of the closed loop in that month, and beside it the
range (P10 to P90) that the first plan of the month states for the whole of it.
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.savings import loops, results, setting
from benchmarks.savings.own_loads import own_load
from benchmarks.savings.setting import Load
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.ahead import BillingSpan, plan_ahead
from ridethrough.operation.ceilings.expected import ExpectedChange
from ridethrough.operation.ceilings.hours import net_load_kw
from ridethrough.operation.ceilings.planner import CeilingPlanner
from ridethrough.operation.known.so_far import state_so_far
from ridethrough.operation.planner import Known, Planned

SITES = (("steady", 7, "coned"), ("diurnal", 8, "pge"), ("jobs", 10, "dominion"), ("night", 9, "sdge"))
JUNE, MONTHS = 151 * 24, (720, 744, 744, 720)
_DAY = 24


@dataclass(slots=True, kw_only=True)
class TellingPlanner(CeilingPlanner):
    """The planner of the loop, with a plan of the day at every midnight beside it."""

    billing: BillingSpan
    told: list[float] = field(default_factory=list)
    of_month: ExpectedChange | None = None
    """What the first plan expects to change to the end of the month."""

    def plan(self, known: Known) -> Planned:
        """Plan the block, and first its day if the block begins one."""
        start = known.block.start_of(0)
        if start.hour == 0 and start.minute == 0 and known.past is not None:
            net_kw = net_load_kw(known.site, known.load_kw, known.unprotected_load_kw)
            resting = state_so_far(known.tariff, known.past, net_kw, known.block.start)
            day = replace(known, block=replace(known.block, intervals=_DAY))
            ahead = plan_ahead(day, self.billing, resting.peaks_kw)
            assert ahead is not None
            self.told.append(ahead.change.mean)
            self.of_month = self.of_month or ahead.change_to_period_end
        return CeilingPlanner.plan(self, known)


def month(shared: Path, tariff: str, load: Load, first: int, intervals: int) -> dict[str, int]:
    """What the plans of a month expect to save in sum, what its closed loop saves, and the range stated before it."""
    case = setting.case(shared, tariff, load, first=first, intervals=intervals)
    end = case.horizon.end
    planner = TellingPlanner(billing=BillingSpan(start=case.horizon.start, end=end, next_end=end))
    done = run(case, planner, Loop.at_start(case))
    assert planner.of_month is not None
    return {
        "told": round(-float(np.sum(planner.told))),
        "saved": round(loops.saved_within(case, done.grid_kw, 0, intervals)),
        "low": round(-planner.of_month.p90),
        "mean": round(-planner.of_month.mean),
        "high": round(-planner.of_month.p10),
    }


def main() -> None:
    """Run every site and month, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs and loads")
    asked = parser.parse_args()
    for kind, seed, tariff in SITES:
        load, first = own_load(kind, seed), JUNE
        for number, intervals in enumerate(MONTHS, start=6):
            found = month(asked.shared, tariff, load, first, intervals)
            name = f"{load.name} / {tariff} / {number}"
            results.add("daily_plans", name, found)
            ratio = found["told"] / found["saved"]
            print(f"{name}: {found['told']:,} of {found['saved']:,}, {ratio:.2f}; {found}", flush=True)
            first += intervals


if __name__ == "__main__":
    main()

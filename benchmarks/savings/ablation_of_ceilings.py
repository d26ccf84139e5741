"""What the parts of the ceilings planner add, on loads that it was not tuned to.

python -m benchmarks.savings.ablation_of_ceilings --shared ../shared

June to September with the months before on record; capture is the share of what perfect foresight saves.
"""

import argparse
from pathlib import Path

from benchmarks.savings import loops, results, setting
from benchmarks.savings.own_loads import own_load
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.planner import Planner
from ridethrough.operation.yardsticks import PersistencePlanner

LOADS = (("jobs", 10), ("diurnal", 8), ("wandering", 13), ("steady", 7))
TARIFFS = ("coned", "sdge")
FIRST, INTERVALS = 151 * 24, 122 * 24
VARIANTS: dict[str, CeilingSettings | None] = {
    "the whole planner": CeilingSettings(),
    "another seed of the futures": CeilingSettings(seed=1),
    "no trading": CeilingSettings(trades=False),
    "1 future in place of 48": CeilingSettings(futures=1),
    "8 futures in place of 48": CeilingSettings(futures=8),
    "searched once a day, not every 6 hours": CeilingSettings(searched_every_h=24),
    "persistence: the load of the day before, planned once a day": None,
}


def main() -> None:
    """Run every variant, and print its captures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs and loads")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    asked = parser.parse_args()
    for kind, seed in LOADS:
        for tariff in TARIFFS:
            case = setting.case(asked.shared, tariff, own_load(kind, seed), first=FIRST, intervals=INTERVALS)
            most = loops.ceiling(case).saved
            for name, settings in VARIANTS.items():
                planner: Planner = PersistencePlanner() if settings is None else CeilingPlanner(settings=settings)
                asked_case = case if settings is not None else loops.planned_daily(case)
                capture = loops.ran(asked_case, planner, asked.keep_in).saved / most
                results.add("ablation_of_ceilings", name, {f"{kind} {seed} / {tariff}": capture})
                print(f"{kind} {seed} / {tariff}: {name} {capture:.2f}", flush=True)


if __name__ == "__main__":
    main()

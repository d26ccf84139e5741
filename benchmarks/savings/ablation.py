"""What each ingredient of the planner adds: one is taken away at a time.

python -m benchmarks.savings.ablation --shared ../shared

June to September on four tariffs, with what was metered before on record; savings on our own exact bill, as a share of
what perfect foresight saves in the same months. The whole planner is that of `against_sam.py`, in the same months.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.savings import loops, results, setting, tables
from ridethrough.operation.planner import Planner
from ridethrough.operation.scenarios.planned_response import ScenarioSettings
from ridethrough.operation.scenarios.scenario_planner import ScenarioPlanner
from ridethrough.operation.yardsticks import PersistencePlanner

TARIFFS = ("coned", "pge", "sdge", "ladwp")
FIRST, LAST = 3624, 6552
"""The hours of June to September."""
WHOLE = "the whole planner"


def _with(settings: ScenarioSettings) -> Callable[[], Planner]:
    return lambda: ScenarioPlanner(settings=settings)


VARIANTS: dict[str, Callable[[], Planner]] = {
    "one course of the load in place of 8": _with(ScenarioSettings(scenarios=1)),
    "one knot in place of 5": _with(ScenarioSettings(knots=(0.5,))),
    "scenarios do not go on from the present load": _with(ScenarioSettings(conditioned=False)),
    "days to come are not looked at": _with(ScenarioSettings(days_to_come=False)),
    "no risk weight": _with(ScenarioSettings(risk_weight=0.0)),
    "persistence: the load of the day before, re-planned every hour": PersistencePlanner,
    "48 h ahead in place of 24": _with(ScenarioSettings(horizon_h=48)),
}


def main() -> None:
    """Run every variant on every tariff, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs and loads")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    asked = parser.parse_args()
    load = setting.synthetic(asked.shared)
    cases = {name: setting.case(asked.shared, name, load, first=FIRST, intervals=LAST - FIRST) for name in TARIFFS}
    for name, case in cases.items():
        year = setting.case(asked.shared, name, load)
        whole = loops.ran(year, loops.only_past(), asked.keep_in)
        results.add("ablation", "ceiling", {name: loops.ceiling(case).saved})
        results.add("ablation", WHOLE, {name: loops.saved_within(year, whole.grid_kw, FIRST, LAST)})
    for variant, planner in VARIANTS.items():
        for name, case in cases.items():
            done = loops.ran(case, planner(), asked.keep_in)
            results.add("ablation", variant, {name: done.saved})
            print(f"{variant}: {name} {done.saved:,.0f} in {done.cpu_s:.0f} s of CPU", flush=True)
    print(tables.ablation(results.read()))


if __name__ == "__main__":
    main()

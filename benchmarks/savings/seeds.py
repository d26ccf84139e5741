"""How far the capture of a drawn load depends on the seed that its futures are drawn from.

python -m benchmarks.savings.seeds --shared ../shared [--only coned pge]

The same years as in `held_out`, which is run first: what perfect foresight saves is taken from its results.
"""

import argparse
from pathlib import Path

from benchmarks.savings import loops, results, setting
from benchmarks.savings.own_loads import REPORTED, own_load
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings

OTHER_SEEDS = (1, 2)


def main() -> None:
    """Run every drawn load with the other seeds, and keep its captures beside that of the usual one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs, loads and tools")
    parser.add_argument("--only", nargs="+", choices=setting.NINE, default=["coned"], metavar="TARIFF")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    asked = parser.parse_args()
    for tariff in asked.only:
        for kind, number in REPORTED:
            load = own_load(kind, number)
            name = f"{load.name} / {tariff}"
            usual = results.read()["held_out_year"][name]
            captures = {"seed 0": usual["saved"] / usual["ceiling"]}
            case = setting.case(asked.shared, tariff, load)
            for seed in OTHER_SEEDS:
                planner = CeilingPlanner(settings=CeilingSettings(seed=seed))
                captures[f"seed {seed}"] = loops.ran(case, planner, asked.keep_in).saved / usual["ceiling"]
            results.add("seeds", name, captures)
            print(f"{name}: {', '.join(f'{each:.2f}' for each in captures.values())}", flush=True)


if __name__ == "__main__":
    main()

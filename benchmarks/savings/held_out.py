"""The planner on loads that it was not tuned to: a year of hours or a month of 5 minutes, under nine tariffs.

python -m benchmarks.savings.held_out --shared ../shared [--only coned pge] [--processes 2]

Loads are drawn (`own_loads.REPORTED`), metered, or simulated by others (`setting.real`). Each begins with nothing on
record. Savings are those of our own exact bill, without wear and without the guard. Beside them perfect foresight, and
the better of SAM's look-behind heuristics: its battery runs the same year, and its meter is priced on the same bill.
Meter series and references are kept under `out/savings`, so that a run that was broken off goes on where it was.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from benchmarks.savings import loops, results, setting, tables
from benchmarks.savings.own_loads import REPORTED, own_load
from benchmarks.savings.references import references
from benchmarks.savings.setting import Load
from ridethrough.operation.ceilings.planner import CeilingPlanner


def loads(shared: Path) -> Iterator[Load]:
    """Every load that is reported on."""
    yield from setting.real(shared)
    yield from (own_load(kind, seed) for kind, seed in REPORTED)


def figures_of(shared: Path, tariff: str, load: Load, keep_in: Path) -> dict[str, object]:
    """One load on one tariff."""
    case = setting.case(shared, tariff, load)
    done = loops.ran(case, CeilingPlanner(), keep_in)
    return {
        **asdict(references(shared, tariff, load, case, keep_in)),
        "saved": done.saved,
        "months": [loops.saved_within(case, done.grid_kw, each.start, each.stop) for each in case.billing_periods],
        "cpu_s": round(done.cpu_s, 1),
    }


def main() -> None:
    """Run every load on the tariffs that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs, loads and tools")
    parser.add_argument("--only", nargs="+", choices=setting.NINE, default=list(setting.NINE), metavar="TARIFF")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(asked.processes) as pool:
        running = {
            (load.name, name): pool.submit(figures_of, asked.shared, name, load, asked.keep_in)
            for name in asked.only
            for load in loads(asked.shared)
        }
        for (load_name, name), each in running.items():
            results.add("held_out_year", f"{load_name} / {name}", each.result())
            print(f"{load_name} / {name} done after {time.perf_counter() - began:,.0f} s", flush=True)
    print(tables.held_out(results.read()))


if __name__ == "__main__":
    main()

"""The planner on loads that it was not tuned to: June to September, with the months before on record.

python benchmarks/savings/held_out.py --shared ../shared [--only coned pge] [--scenarios]

Loads are drawn (`own_loads.REPORTED`), metered or simulated by others (`setting.real`; five-minute loads of one month
have nothing on record when they begin). Savings are those of our own exact bill, without wear. Beside them the better
of SAM's look-behind heuristics: its battery runs the same year, and its meter is priced on the same bill. `--scenarios`
adds the scenario planner, at five times the CPU.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.savings import loops, results, setting, tables
from benchmarks.savings.own_loads import REPORTED, own_load
from benchmarks.savings.sam import sam_of
from benchmarks.savings.setting import Load
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.ceilings.planner import CeilingPlanner

_JUNE = 151 * 24
_FOUR_MONTHS = 122 * 24
_YEAR = 8760


def loads(shared: Path) -> Iterator[Load]:
    """Every load that is reported on."""
    yield from (own_load(kind, seed) for kind, seed in REPORTED)
    yield from setting.real(shared)


def case_of(shared: Path, tariff: str, load: Load) -> StudyCase:
    """The four months of a year, or all of a month."""
    if len(load.kw) != _YEAR:
        return setting.case(shared, tariff, load)
    return setting.case(shared, tariff, load, first=_JUNE, intervals=_FOUR_MONTHS)


def figures_of(shared: Path, tariff: str, load: Load, keep_in: Path, *, scenarios: bool) -> dict[str, object]:
    """One load on one tariff."""
    case = case_of(shared, tariff, load)
    done = loops.ran(case, CeilingPlanner(), keep_in)
    months = [loops.saved_within(case, done.grid_kw, each.start, each.stop) for each in case.billing_periods]
    figures: dict[str, object] = {
        "bill": loops.base_bill(case),
        "saved": done.saved,
        "months": months,
        "ceiling": _ceiling(case),
        "cpu_s": round(done.cpu_s, 1),
        "sam_behind": _sam_behind(shared, tariff, load, case),
    }
    if scenarios:
        figures["scenario_planner"] = loops.ran(case, loops.only_past(), keep_in).saved
    return figures


def _ceiling(case: StudyCase) -> float:
    return loops.ceiling(case).saved


def _sam_behind(shared: Path, tariff: str, load: Load, case: StudyCase) -> float | None:
    """What the better of SAM's look-behind heuristics saves; None without SAM, or for another meter than hourly."""
    sam = sam_of(shared)
    if isinstance(sam, str) or len(load.kw) != _YEAR:
        return None
    here = slice(case.first, case.first + case.horizon.intervals)
    meters = [sam.meter_kw(tariff, load.kw, choice)[here] for choice in ("peak shaving", "retail rate")]
    return max(loops.saved_within(case, kw, 0, case.horizon.intervals) for kw in meters)


def main() -> None:
    """Run every load on the tariffs that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs, loads and tools")
    parser.add_argument("--only", nargs="+", choices=setting.NINE, default=list(setting.NINE), metavar="TARIFF")
    parser.add_argument("--scenarios", action="store_true", help="run the scenario planner too")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(asked.processes) as pool:
        running = {
            (load.name, name): pool.submit(
                figures_of, asked.shared, name, load, asked.keep_in, scenarios=asked.scenarios
            )
            for load in loads(asked.shared)
            for name in asked.only
        }
        for (load_name, name), each in running.items():
            results.add("held_out", f"{load_name} / {name}", each.result())
            print(f"{load_name} / {name} done after {time.perf_counter() - began:,.0f} s", flush=True)
    print(tables.held_out(results.read()))


if __name__ == "__main__":
    main()

"""Ridethrough's closed loop beside SAM's dispatch heuristics: nine tariffs, one battery, one load, one bill.

python -m benchmarks.savings.against_sam --shared ../shared [--only coned pge]

What each knows: with "only past load known" neither we nor SAM know a load before it is metered (SAM takes the last
24 h for the next); with "perfect 24 h" both know the next 24 h. Both meet the load of the running hour as it comes. The
ceiling knows the whole year. Where PySAM is installed, our schedules are replayed in SAM's battery, and SAM's bill
counts; where it is not, our own exact bill of the same year stands in, and SAM's figures are left as they were.

A year takes 1.5 minutes of CPU with only past load known, 0.7 with perfect 24 h. Meter series are kept under
`out/savings`, figures in `results.json` beside this file; both are taken up again.
"""

import argparse
from pathlib import Path

from benchmarks.savings import loops, results, setting, tables
from benchmarks.savings.loops import LoopResult
from benchmarks.savings.sam import HEURISTICS, Sam, sam_of
from ridethrough.finance.study.case import StudyCase


def compare(case: StudyCase, name: str, keep_in: Path, sam: Sam | str) -> None:
    """Work out a row, and add it to the figures."""
    ours = {
        "only_past": loops.ran(case, loops.only_past(), keep_in),
        "perfect_24_h": loops.ran(case, loops.perfect_24_h(case), keep_in),
        "ceiling": loops.ceiling(case),
    }
    figures: dict[str, object] = {
        "bill": loops.base_bill(case),
        "own_bill": {knowing: each.saved for knowing, each in ours.items()},
        "cpu_s": {knowing: round(each.cpu_s, 1) for knowing, each in ours.items()},
    }
    if isinstance(sam, Sam):
        figures |= _by_sam(case, name, ours, sam)
    results.add("against_sam", name, figures)


def _by_sam(case: StudyCase, name: str, ours: dict[str, LoopResult], sam: Sam) -> dict[str, object]:
    load_kw = loops.load_kw(case)
    return {
        "bill_by_sam": sam.bill(name),
        "in_sam": {knowing: sam.replayed(name, load_kw - each.grid_kw) for knowing, each in ours.items()},
        "sam": results.read().get("against_sam", {}).get(name, {}).get("sam") or _heuristics(name, sam),
    }


def _heuristics(name: str, sam: Sam) -> dict[str, float]:
    """SAM's own savings: they do not depend on us, so that they are worked out once."""
    return {heuristic: sam.heuristic(name, heuristic) for heuristic in HEURISTICS}


def main() -> None:
    """Compare on the tariffs that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs, loads and tools")
    parser.add_argument("--only", nargs="+", choices=setting.NINE, default=list(setting.NINE), metavar="TARIFF")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    asked = parser.parse_args()
    sam = sam_of(asked.shared)
    if isinstance(sam, str):
        print(f"without SAM: {sam}")
    load = setting.synthetic(asked.shared)
    for name in asked.only:
        compare(setting.case(asked.shared, name, load), name, asked.keep_in, sam)
        print(f"{name} done", flush=True)
    print(tables.against_sam(results.read()))


if __name__ == "__main__":
    main()

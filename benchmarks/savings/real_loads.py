"""The closed loop on loads that were really metered, and how little there is to gain where a load is flat.

python -m benchmarks.savings.real_loads --shared ../shared

Power of three Google power distribution units (May 2019, 5-minute means, scaled to a highest of 4 MW) starts with
nothing on record. The office (DOE reference building, San Francisco) and the Virginia data center (simulated) are years
of hours, scaled to a highest of 4,704 kW. Savings are those of our own exact bill.
"""

import argparse
from pathlib import Path

from benchmarks.savings import loops, results, setting, tables

TARIFFS = ("coned", "pge", "sdge")


def main() -> None:
    """Run every load on every tariff, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="the folder of tariffs and loads")
    parser.add_argument("--keep-in", type=Path, default=Path("out/savings"), help="where meter series are kept")
    asked = parser.parse_args()
    for load in setting.real(asked.shared):
        for name in TARIFFS:
            case = setting.case(asked.shared, name, load)
            done, most = loops.ran(case, loops.only_past(), asked.keep_in), loops.ceiling(case)
            figures = {
                "load_factor": float(load.kw.mean() / load.kw.max()),
                "bill": loops.base_bill(case),
                "only_past": done.saved,
                "ceiling": most.saved,
                "lowest_meter_kw": float(done.grid_kw.min()),
                "cpu_s": round(done.cpu_s, 1),
            }
            results.add("real_loads", f"{load.name} / {name}", figures)
            print(f"{load.name} / {name}: {done.saved:,.0f} of {most.saved:,.0f}", flush=True)
    print(tables.real_loads(results.read()))


if __name__ == "__main__":
    main()

"""Random plans meet outages and rules, forged and mutated plans the certificate, and constant floors the reserve.

PYTHONPATH=$(make -s support) python -m benchmarks.certify_campaign [--plans 10000] [--forged 2000] [--mutants 1000]
                                                                    [--sites 1000]

Exits with 1 where a certified plan loses its load or breaks a rule of its site, where a plan is judged otherwise when
it is read from a file, where a plan fails its own certificate, or where a forged or mutated plan is not refused.
Deterministic for its seed.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from fault_campaign import Tally, run
from forgery_campaign import FORGERIES, Forged, run_forgeries
from mutation_campaign import Findings, run_mutants
from outage_simulation import Blackout, needed_kwh, seconds_carried
from random_sites import random_problem
from sites import ups_system
from unsafe_plans import BY_ENERGY, KINDS

from ridethrough.domain import UpsSystem, reserve_requirement

T = TypeVar("T")
SEED = 2026
PART = 50
PROCESSES = 2
FLOORS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
HEALTHS = (1.0, 0.9, 0.8, 0.7, 0.6)
_KINDS_A_PLAN = 6


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plans", type=int, default=10_000)
    arguments.add_argument("--forged", type=int, default=2_000)
    arguments.add_argument("--mutants", type=int, default=1_000)
    arguments.add_argument("--sites", type=int, default=1_000)
    asked = arguments.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        tally, findings, forged = Tally(), Findings(), Forged()
        for part in _in_parts(pool, partial(run, SEED), asked.plans, "plans"):
            tally.add(part)
        # one plan in four has no certificate
        for part in _in_parts(pool, partial(run_forgeries, SEED + 2, kinds=_KINDS_A_PLAN), asked.forged // 3, "forged"):
            forged.add(part)
        for part in _in_parts(pool, partial(_mutants, SEED + 1), 2 * asked.mutants, "mutants"):
            findings.add(part)
            if findings.made.total() >= asked.mutants:
                pool.shutdown(cancel_futures=True)
                break
    with ProcessPoolExecutor(PROCESSES) as pool:
        floors = [row for part in _in_parts(pool, partial(needed_floors, SEED), asked.sites, "sites") for row in part]
    print_tally(tally)
    print_forged(forged)
    print_findings(findings)
    print_floors(floors)
    print_pod()
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    failed = tally.lost or tally.broken or tally.disagreed or tally.withheld or forged.missed or findings.missed
    few = findings.made.total() < asked.mutants or forged.made.total() < asked.forged
    return 1 if failed or few else 0


def _in_parts(pool: ProcessPoolExecutor, work: Callable[[range], T], count: int, what: str) -> Iterator[T]:
    """Work on `count` numbers in parts, in order, with a line of progress."""
    parts = [range(first, min(first + PART, count)) for first in range(0, count, PART)]
    for done, result in zip(parts, pool.map(work, parts), strict=False):
        if sys.stderr.isatty() or done.stop % 1000 == 0:
            print(f"{what}: {done.stop} of {count}", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr)
        yield result


def _mutants(seed: int, numbers: range) -> Findings:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy on mutants that hold no numbers
        return run_mutants(seed, numbers)


def print_tally(tally: Tally) -> None:
    print("\n## Outages in certified plans\n\n| | |\n|---|---|")
    for name, count in [*tally.plans.items(), *tally.outages.items()]:
        print(f"| {name} | {count:,} |")
    print(f"| certified plans that lost the load | {len(tally.lost)} |")
    print(f"| conditions, ramps or headrooms that certified plans break | {len(tally.broken)} |")
    print(f"| plans that are judged otherwise when read from a file | {len(tally.disagreed)} |")
    print(f"| plans that failed their certificate and were withheld | {len(tally.withheld)} |")
    print(f"| least seconds beyond the policy | {tally.tightest_s:.1e} |")
    print(f"| boundaries where certificate and simulation were compared | {tally.boundaries_compared:,} |")
    print(f"| most seconds that the certificate promised beyond the simulation | {tally.overstated_s:.1e} |")
    faults = {"LOST": tally.lost, "BROKEN": tally.broken, "OTHERWISE": tally.disagreed, "WITHHELD": tally.withheld}
    for what, lines in faults.items():
        for line in lines[:20]:
            print(f"{what} {line}")
    print("\n| feature | systems, or sites |\n|---|---|")
    for name, count in tally.features.most_common():
        print(f"| {name} | {count:,} |")
    print("\n| beyond the promise | systems | lose the load | median carried | least carried |\n|---|---|---|---|---|")
    for name, parts in tally.harsher.items():
        part = np.array(parts)
        lost = np.mean(part < 1 - 1e-6)
        print(f"| {name} | {len(part):,} | {lost:.1%} | {np.median(part):.1%} | {part.min():.2%} |")


def print_forged(forged: Forged) -> None:
    print("\n## Forged plans\n\n| forgery | plans | refused for it | for example |\n|---|---|---|---|")
    for kind in FORGERIES:
        name = kind.__name__
        words = name.replace("_", " ")
        print(f"| {words} | {forged.made[name]} | {forged.refused[name]} | {forged.example.get(name, '')} |")
    print(f"| all {len(forged.made)} kinds | {forged.made.total()} | {forged.refused.total()} | |")
    for line in forged.missed[:20]:
        print(f"MISSED {line}")


def print_findings(findings: Findings) -> None:
    print("\n## Plans nudged below safety\n")
    print("| nudge | plans | caught | smallest caught, median | largest |\n|---|---|---|---|---|")
    for kind in KINDS:
        name = kind.__name__
        sizes = findings.smallest.get(name, [])
        unit = "1e-6 of capacity" if kind in BY_ENERGY else "W"
        scale = 1e6 if kind in BY_ENERGY else 1e3
        size = [f"{scale * each:.3g} {unit}" for each in (np.median(sizes), max(sizes))] if sizes else ["", ""]
        words = name.replace("_", " ")
        print(f"| {words} | {findings.made[name]} | {findings.caught[name]} | {size[0]} | {size[1]} |")
    print(f"| all | {findings.made.total()} | {findings.caught.total()} | | |\n")
    print("| what really goes wrong | plans |\n|---|---|")
    for why, count in findings.why.most_common():
        print(f"| {why} | {count} |")
    for line in findings.missed[:40]:
        print(f"MISSED {line}")


def needed_floors(seed: int, numbers: range) -> list[tuple[int, UpsSystem, tuple[float, ...]]]:
    """Of each system that can carry its load when full: its site, itself, and seconds carried from each floor."""
    rows = []
    for number in numbers:
        for ups in random_problem(np.random.default_rng([seed, number])).site.ups:
            until_s = ups.reserve.ride_through_s
            full = ups.battery.max_fraction
            carried = seconds_from(ups, (*(min(floor, full) for floor in FLOORS), full))
            if carried[-1] >= until_s * (1 - 1e-9):
                rows.append((number, ups, tuple(carried[:-1] / until_s)))
    return rows


def seconds_from(ups: UpsSystem, floors: tuple[float, ...]) -> np.ndarray:
    """Seconds that the worst tolerated outage leaves from these states of charge."""
    until_s = ups.reserve.ride_through_s
    blackouts = [
        Blackout(
            stored_kwh=floor * ups.capacity_kwh,
            load_kw=np.full(int(np.ceil(until_s)), ups.protected_load_kw),
            fails_at_s=(0.0,) * ups.tolerated_failures,
            soc_error_fraction=ups.reserve.soc_error_fraction,
        )
        for floor in floors
    ]
    return seconds_carried(ups, blackouts, step_s=1.0, until_s=until_s)


def print_floors(rows: list[tuple[int, UpsSystem, tuple[float, ...]]]) -> None:
    sites = sorted({number for number, _, _ in rows})
    full = np.array([ups.battery.max_fraction for _, ups, _ in rows])
    ours = np.array([reserve_requirement(ups).reserve_fraction for _, ups, _ in rows])
    safe = np.array([needed_kwh(ups, ups.protected_load_kw) / ups.capacity_kwh for _, ups, _ in rows])
    print(f"\n## Constant floors on {len(sites):,} sites, {len(rows):,} systems\n")
    print(f"computed reserve: {ours.min():.0%} to {ours.max():.0%} of capacity, mean {ours.mean():.1%}; ", end="")
    print(f"largest difference from what the simulation needs {np.abs(safe - ours).max():.1e}\n")
    print("| constant floor | sites that lose the load | systems | least carried | tradable energy, ours = 100 % |")
    print("|---|---|---|---|---|")
    tradable = np.maximum(full - ours, 0).sum()
    for index, floor in enumerate(FLOORS):
        parts = np.array([parts[index] for _, _, parts in rows])
        lost = parts < 1 - 1e-9
        dropped = {number for (number, _, _), each in zip(rows, lost, strict=True) if each}
        share = np.maximum(full - floor, 0).sum() / tradable
        print(
            f"| {floor:.0%} | {len(dropped) / len(sites):.1%} | {lost.mean():.1%} | {parts.min():.0%} | {share:.1%} |"
        )
    print("\n| constant floor that is safe on | floor | tradable energy | wasted |\n|---|---|---|---|")
    for part in (0.9, 0.99, 1.0):
        floor = float(np.quantile(safe, part))
        share = np.maximum(full - floor, 0).sum() / tradable
        print(f"| {part:.0%} of systems | {floor:.1%} | {share:.1%} | {1 - share:.1%} |")


def print_pod() -> None:
    """One pod over its life: the floor that is still safe at the end is kept from the start."""
    pods = [ups_system(state_of_health=health, discharge_efficiency=1.0) for health in HEALTHS]
    safe = [reserve_requirement(pod) for pod in pods]
    floor = max(each.reserve_fraction for each in safe)
    print("\n## One pod over its life\n\n| state of health | reserve | tradable | with the constant floor | wasted |")
    print("|---|---|---|---|---|")
    kept = [max(0.0, pod.max_stored_kwh - floor * pod.capacity_kwh) for pod in pods]
    for health, each, constant in zip(HEALTHS, safe, kept, strict=True):
        wasted = 1 - constant / each.tradable_kwh
        row = (f"{each.reserve_fraction:.1%}", f"{each.tradable_kwh:.1f} kWh", f"{constant:.1f} kWh", f"{wasted:.0%}")
        print(f"| {health} | {' | '.join(row)} |")
    ours = sum(each.tradable_kwh for each in safe)
    print(f"| all | up to {floor:.1%} | {ours:.1f} kWh | {sum(kept):.1f} kWh | {1 - sum(kept) / ours:.0%} |")


if __name__ == "__main__":
    sys.exit(main())

"""CPU time side by side: variants take turns in one process, block by block, and are told by medians and ratios.

A shared machine is slower at some moments than at others. Two variants that run a block right after each other meet the
same moment, so the ratio of two blocks is steadier than either time; of these ratios the median is told.
"""

import gc
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

RESULTS = Path("out/benchmarks")
AGREE = 1e-9
Variant = Callable[[T], float]
"""Works on one item and returns the objective."""
_TOLD: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one variant took: CPU milliseconds an item in each round (a block of items), and the last objectives."""

    name: str
    rounds_ms: tuple[float, ...]
    objectives: tuple[float, ...]

    @property
    def ms(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds_ms)

    def ratio_to(self, other: "Timed") -> float:
        """How many times the CPU time of another variant: the median of the ratios of rounds taken side by side."""
        pairs = zip(self.rounds_ms, other.rounds_ms, strict=False)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def differs_from(self, other: "Timed") -> float:
        """The largest relative difference of objectives."""
        pairs = zip(self.objectives, other.objectives, strict=False)
        return max(abs(mine - theirs) / max(1.0, abs(theirs)) for mine, theirs in pairs)


def side_by_side(variants: Mapping[str, Variant[T]], items: Sequence[T], rounds: int) -> dict[str, Timed]:
    """Run every variant over all items, `rounds` times, each variant a block at a time; after a first that is free."""
    for work in variants.values():
        work(items[-1])
    taken: dict[str, list[float]] = {name: [] for name in variants}
    objectives: dict[str, tuple[float, ...]] = {}
    for turn in range(rounds):
        for name, work in _from(list(variants.items()), turn):
            gc.collect()
            began_ns = time.process_time_ns()
            found = [work(item) for item in items]
            taken[name].append((time.process_time_ns() - began_ns) / 1e6 / len(items))
            objectives[name] = tuple(found)
    return {name: Timed(name=name, rounds_ms=tuple(taken[name]), objectives=objectives[name]) for name in variants}


def once(name: str, work: Variant[T], items: Sequence[T]) -> Timed:
    """Run a variant over a few items without a rehearsal, for what is too slow to repeat."""
    began_ns = time.process_time_ns()
    found = tuple(work(item) for item in items)
    ms = (time.process_time_ns() - began_ns) / 1e6 / len(items)
    return Timed(name=name, rounds_ms=(ms,), objectives=found)


def cpu_s(work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and its CPU seconds."""
    began_ns = time.process_time_ns()
    result = work()
    return result, (time.process_time_ns() - began_ns) / 1e9


def _from(items: list[T], first: int) -> Iterator[T]:
    """All items, beginning with another one each time."""
    for index in range(len(items)):
        yield items[(first + index) % len(items)]


def say(line: str) -> None:
    """Print a line, and remember it for the report."""
    print(line, flush=True)
    _TOLD.append(line)


def say_load() -> None:
    """Say how busy the machine is."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    say("| " + " | ".join(header) + " |")
    say("|" + "---|" * len(header))
    for row in rows:
        say("| " + " | ".join(row) + " |")
    say("")


def brief(ms: float) -> str:
    """A time with three digits, in the unit that fits."""
    if ms >= 1000:
        return f"{ms / 1000:.3g} s"
    return f"{ms:.3g} ms" if ms >= 1 else f"{ms * 1000:.3g} us"


def keep(name: str, results: Mapping[str, Any]) -> None:
    """Write results for the plots, and what was said so far for the report."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    (RESULTS / f"{name}.md").write_text("\n".join(_TOLD), encoding="utf-8")


def kept(name: str) -> Any:  # noqa: ANN401 - what was kept
    """Read results again."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))

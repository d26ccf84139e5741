"""The CPU time of bills and plans, measured on built-in problems without files."""

import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from typing import Any

from ridethrough.api.cases.bench.problem import DAY, DAY_INTERVALS, TIMEZONE, example_load_kw, example_problem
from ridethrough.api.cases.bench.ways import ways
from ridethrough.domain import Horizon, PriceSeries
from ridethrough.optimizer import certify, plan_dispatch
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in
from ridethrough.optimizer.formulation.model import model_data, state_model
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.optimizer.standard_form.compiler import CompiledModel
from ridethrough.tariffs import catalog
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.local_calendar import local_calendar

_YEAR_START = datetime(2026, 1, 1, 5, tzinfo=UTC)
_YEAR_INTERVALS = 35_040
_WAY_STEPS = (96, 672, 2976)
_PLAN_TARIFF = "dominion-gs-4"
_TIME_LIMIT_S = 30.0
_CPU_LINE = "model name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """CPU milliseconds of one piece of work: median and maximum of its repeats; `size` describes its size."""

    kind: str
    name: str
    median_ms: float
    largest_ms: float
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """All measurements, and the machine."""

    machine: str
    repeats: int
    each: tuple[Measurement, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One row a measurement."""
        return [
            {
                "kind": one.kind,
                "name": one.name,
                "median_cpu_ms": round(one.median_ms, 3),
                "largest_cpu_ms": round(one.largest_ms, 3),
                "size": one.size,
            }
            for one in self.each
        ]

    def as_document(self) -> dict[str, Any]:
        """The measurements as plain JSON values."""
        return {"machine": self.machine, "repeats": self.repeats, "measurements": self.rows()}


def measured(repeats: int, intervals: int = _YEAR_INTERVALS, way_steps: Sequence[int] = _WAY_STEPS) -> Measurements:
    """Measure a year's bill of every tariff in the catalog, a day's plan, and the ways to solve one."""
    each = (*_bills(repeats, intervals), *_plans(repeats), *_ways(repeats, way_steps))
    return Measurements(machine=machine(), repeats=repeats, each=each)


def machine() -> str:
    """The processor, its cores, the system and the versions that matter, on one line."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("ridethrough", "numpy", "pyomo", "highspy"))
    system = f"{platform.system()} {platform.machine()}"
    return f"{processor()}, {cpu_count()} cores, {system}, Python {platform.python_version()}, {libraries}"


def processor(file: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, if the system gives it."""
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == _CPU_LINE:
                return value.strip()
    return platform.processor() or "unknown processor"


def _cpu_ms(work: Callable[[], object], repeats: int, before: Callable[[], object] = lambda: None) -> list[float]:
    times_ms = []
    for _ in range(repeats):
        before()
        began_ns = time.process_time_ns()
        work()
        times_ms.append((time.process_time_ns() - began_ns) / 1e6)
    return times_ms


def _measurement(kind: str, name: str, times_ms: Sequence[float], size: str) -> Measurement:
    return Measurement(kind=kind, name=name, median_ms=statistics.median(times_ms), largest_ms=max(times_ms), size=size)


def _bills(repeats: int, intervals: int) -> list[Measurement]:
    """A year's bill at 15 minutes; the calendar is made again each time, like for a first bill."""
    horizon = Horizon(start=_YEAR_START, interval_minutes=15, intervals=intervals, timezone=TIMEZONE)
    kw = example_load_kw(intervals)
    prices = PriceSeries(horizon=horizon, price_per_kwh=(0.04,) * intervals)
    found = []
    for name in catalog.names():
        tariff = catalog.load(name)
        market = prices if tariff.energy is not None and tariff.energy.market is not None else None
        times_ms = _cpu_ms(
            lambda tariff=tariff, market=market: bill(tariff, horizon, kw, prices=market),  # type: ignore[misc]
            repeats,
            local_calendar.cache_clear,
        )
        lines = len(bill(tariff, horizon, kw, prices=market).lines)
        found.append(_measurement("bill", name, times_ms, f"{intervals:,} readings, {lines} lines"))
    return found


def _plans(repeats: int) -> list[Measurement]:
    """A day's plan, in parts and as a whole."""
    problem = example_problem(catalog.load(_PLAN_TARIFF))
    data = model_data(basis_of(problem))
    compiled = CompiledModel(state_model(data.sets))
    program = compiled.program(data.parameters)
    plan = plan_dispatch(problem, issued_at=DAY, time_limit_s=_TIME_LIMIT_S)
    evidence, stated = evidence_in(problem), StatedPlan(horizon=plan.horizon, ups=plan.ups, grid_kw=plan.grid_kw)
    parts: dict[str, Callable[[], object]] = {
        "data": lambda: model_data(basis_of(problem)),
        "compile": lambda: CompiledModel(state_model(data.sets)),
        "evaluate": lambda: compiled.program(data.parameters),
        "solve": lambda: solve(program, time_limit_s=_TIME_LIMIT_S),
        "certify": lambda: certify(evidence, stated),
        "whole plan": lambda: plan_dispatch(problem, issued_at=DAY, time_limit_s=_TIME_LIMIT_S),
    }
    rows, columns = program.rows, program.columns
    sizes = {
        "data": f"{DAY_INTERVALS} intervals, {_PLAN_TARIFF}",
        "compile": f"{rows:,} rows, {columns:,} columns, once for a structure",
        "evaluate": "the compiled model at one problem's parameters",
        "solve": plan.status.value,
        "certify": f"{plan.certificate.outages_replayed} outages",
        "whole plan": "as a first plan, without warm start",
    }
    return [_measurement("plan", name, _cpu_ms(work, repeats), sizes[name]) for name, work in parts.items()]


def _ways(repeats: int, steps: Sequence[int]) -> list[Measurement]:
    """The same plans by every way to solve them, in turns; each with its ratio to the warm way."""
    found = []
    for count in steps:
        each = ways(count)
        times_ms: dict[str, list[float]] = {name: [] for name in each}
        for work in each.values():
            work()
        for _ in range(repeats):
            for name, work in each.items():
                times_ms[name] += _cpu_ms(work, 1)
        warm_ms = times_ms["warm"]
        for name, taken_ms in times_ms.items():
            ratio = statistics.median(one / other for one, other in zip(taken_ms, warm_ms, strict=True))
            found.append(_measurement("way", f"{count:,} steps, {name}", taken_ms, f"{ratio:,.2f} times warm"))
    return found

"""`ridethrough bench`: what is measured, and how it is told."""

import csv
import io
from pathlib import Path

import pytest
from documents import run

from ridethrough.api.cases.bench import bench
from ridethrough.api.cases.bench import ways as bench_ways
from ridethrough.optimizer.dynamic_program import Optimum, UnableToCompile
from ridethrough.optimizer.solvers.highs import Solution
from ridethrough.tariffs import catalog

WAYS = [f"96 steps, {way}" for way in ("cold", "warm", "Pyomo model written out, unsolved", "dynamic program")]
PARTS = ["data", "compile", "evaluate", "solve", "certify", "whole plan"]


@pytest.fixture(autouse=True)
def _short_year(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = bench.measured
    monkeypatch.setattr(bench, "measured", lambda repeats: measured(repeats, intervals=96, way_steps=(96,)))


def test_json_has_every_tariff_and_every_part_of_a_plan() -> None:
    document = run("bench", "--repeats", 2, "--format", "json").document
    assert document["repeats"] == 2
    assert "Python" in document["machine"]
    names = {
        kind: [row["name"] for row in document["measurements"] if row["kind"] == kind]
        for kind in ("bill", "plan", "way")
    }
    assert names == {"bill": list(catalog.names()), "plan": PARTS, "way": WAYS}
    for row in document["measurements"]:
        assert 0 <= row["median_cpu_ms"] <= row["largest_cpu_ms"]


def test_the_table_ends_with_the_machine() -> None:
    out = run("bench", "--repeats", 1).out
    assert "all tariffs" in out
    assert "each measured once" in out
    assert bench.machine() in out.replace("\n  ", " ")


def test_csv_has_one_row_a_measurement() -> None:
    rows = list(csv.DictReader(io.StringIO(run("bench", "--repeats", 2, "--format", "csv").out)))
    assert len(rows) == len(catalog.names()) + len(PARTS) + len(WAYS)
    assert "each measured 2 times" in run("bench", "--repeats", 2).out


def test_ways_that_solve_come_to_the_same_cost() -> None:
    made = bench_ways.ways(96)
    solved = [made[name]() for name in ("cold", "warm", "dynamic program")]
    costs = [answer.objective for answer in solved if isinstance(answer, Solution | Optimum)]
    assert costs == pytest.approx([costs[0]] * 3, rel=1e-9)


def test_without_numba_the_dynamic_program_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise UnableToCompile

    monkeypatch.setattr(bench_ways, "cheapest_plan", refuse)
    assert "dynamic program" not in bench_ways.ways(96)


@pytest.mark.parametrize("text", ["", "flags : fpu\n"])
def test_a_processor_without_a_name_is_no_fault(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert bench.processor(file)
    assert bench.processor(tmp_path / "absent") == bench.processor(file)


def test_the_name_of_the_processor_is_found(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("flags : fpu\nmodel name : Fast One\n")
    assert bench.processor(file) == "Fast One"

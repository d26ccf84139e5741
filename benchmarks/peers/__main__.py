"""The same days in other tools, each in an environment of its own.

PYTHONPATH=. python -m benchmarks.peers [--tools linopy pypsa oemof] [--steps 96 672] [--environments out/peers]

Makes a virtual environment for each tool with pip (once; nothing of it is in the repository), states the pod of
`benchmarks.cases` in that tool's own words, and compares CPU time and cost with ours. CPU is from numbers to result, in
a process that has imported everything and solved one day. A tool that does not install is left out, and named.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import Case, pod_cases
from benchmarks.lean import lean_of
from benchmarks.timing import brief, cpu_s, keep, say, say_load, table
from ridethrough.optimizer.dynamic_program import cheapest_plan
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine

HERE = Path(__file__).parent
LIMIT_S = 600.0
PACKAGES: dict[str, tuple[str, ...]] = {
    "linopy": ("linopy", "highspy"),
    "pypsa": ("pypsa", "highspy"),
    "oemof": ("oemof.solph", "highspy"),
}
DISTRIBUTION = {"linopy": "linopy", "pypsa": "pypsa", "oemof": "oemof.solph"}
_INSTALL_S = 900


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tools", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    arguments.add_argument("--steps", type=int, nargs="+", default=[96, 672])
    arguments.add_argument("--days", type=int, default=5, help="plans of each, after one that is free")
    arguments.add_argument("--environments", type=Path, default=Path("out/peers"))
    asked = arguments.parse_args()
    say_load()
    pythons = {tool: python for tool in asked.tools if (python := environment(tool, asked.environments)) is not None}
    results = {}
    for steps in asked.steps:
        results[str(steps)] = measured(steps, asked.days, pythons)
    keep("peers", results)
    return 0


def environment(tool: str, folder: Path) -> Path | None:
    """The Python of a tool's environment, made if it is not there; None where the tool does not install."""
    python = folder / tool / "bin" / "python"
    if python.exists():
        return python.absolute()
    venv.create(folder / tool, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", *PACKAGES[tool]]
    try:
        subprocess.run(command, check=True, timeout=_INSTALL_S, capture_output=True)  # noqa: S603 - pip
    except subprocess.SubprocessError as error:
        print(f"{tool} is left out: {error}")
        return None
    return python.absolute()


def measured(steps: int, days: int, pythons: dict[str, Path]) -> dict[str, float]:
    """Print one table; median CPU seconds a plan by tool."""
    cases = pod_cases(steps, days + 1)
    known = {"ours, compiled, warm": by_engine(cases), "ours, dynamic program": by_dynamic_program(cases)}
    found = {
        **known,
        **{f"{tool} {version(python, tool)}": by_tool(tool, python, cases) for tool, python in pythons.items()},
    }
    reference = known["ours, compiled, warm"]
    say(f"{steps} steps:\n")
    rows = []
    for name, each in found.items():
        ms = statistics.median(seconds for seconds, _ in each) * 1e3
        apart = max(abs(cost / ours - 1) for (_, cost), (_, ours) in zip(each, reference, strict=True))
        times = ms / 1e3 / statistics.median(seconds for seconds, _ in reference)
        rows.append((name, brief(ms), f"{times:.3g}", f"{apart:.0e}"))
    table(("tool", "CPU a plan", "times ours", "cost differs by"), rows)
    return {name: statistics.median(seconds for seconds, _ in each) for name, each in found.items()}


def by_engine(cases: Sequence[Case]) -> list[tuple[float, float]]:
    """CPU and cost of each plan but the first, from the problem to the objective."""
    engine = Engine(warm=True)

    def plan(case: Case) -> float:
        data = model_data(basis_of(case.problem))
        prepared = engine.prepared(data.sets)
        return prepared.solve(prepared.program(data.parameters), time_limit_s=LIMIT_S).objective

    return [(seconds, cost) for cost, seconds in (cpu_s(lambda case=case: plan(case)) for case in cases)][1:]  # type: ignore[misc]


def by_dynamic_program(cases: Sequence[Case]) -> list[tuple[float, float]]:
    """The same without a solver."""

    def plan(case: Case) -> float:
        optimum = cheapest_plan(basis_of(case.problem))
        assert optimum is not None
        return optimum.objective

    return [(seconds, cost) for cost, seconds in (cpu_s(lambda case=case: plan(case)) for case in cases)][1:]  # type: ignore[misc]


def by_tool(tool: str, python: Path, cases: Sequence[Case]) -> list[tuple[float, float]]:
    """The same plans in another environment."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.npz" for number in range(len(cases))]
        for file, case in zip(files, cases, strict=True):
            lean_of(case.problem).write(file)
        command = [python, HERE / f"with_{tool}.py", *files]
        told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return [(each["cpu_s"], each["objective"]) for each in json.loads(told.stdout.splitlines()[-1])][1:]


def version(python: Path, tool: str) -> str:
    """The installed version of a tool."""
    ask = f"import importlib.metadata as m; print(m.version({DISTRIBUTION[tool]!r}))"
    return subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

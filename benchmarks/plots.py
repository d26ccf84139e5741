"""Pictures of how cost grows, from the last results: CPU time against steps and against units, log-log.

PYTHONPATH=. PYTHON_WITH_MATPLOTLIB -m benchmarks.plots

Needs matplotlib, which nothing else here does: any environment that has it will do.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

RESULTS = Path("out/benchmarks")
FOLDER = Path("docs/images")
STEPS = {
    "naive Pyomo": "#b5483a",
    "appsi, persistent": "#d99a4e",
    "compiled, cold": "#7fa7c9",
    "compiled, warm": "#1f5f99",
    "raw HiGHS, warm": "#555555",
    "dynamic program, from the problem": "#3b8b5a",
}
UNITS = {"one linear program": "#1f5f99", "column generation": "#3b8b5a"}


def main() -> int:
    mpl.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "performance", "font.family": "sans-serif", "font.size": 10}
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    steps = json.loads((RESULTS / "steps.json").read_text(encoding="utf-8"))
    by_way = {way: {int(n): ways[way] / 1e3 for n, ways in steps.items() if way in ways} for way in STEPS}
    draw(by_way, STEPS, "steps of 15 minutes in one plan", "performance-steps.svg")
    fleets = json.loads((RESULTS / "fleets.json").read_text(encoding="utf-8"))
    by_units = {way: {int(n): ways[way]["cpu_s"] for n, ways in fleets.items()} for way in UNITS}
    draw(by_units, UNITS, "unequal units behind one meter, 96 steps", "performance-units.svg")
    return 0


def draw(seconds: Mapping[str, Mapping[int, float]], colours: Mapping[str, str], label: str, name: str) -> None:
    """One line a way, named at its end."""
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    for way, by_size in seconds.items():
        sizes = sorted(by_size)
        dashed = "--" if way.startswith("raw") else "-"
        axes.loglog(sizes, [by_size[n] for n in sizes], dashed, marker="o", markersize=4, color=colours[way], label=way)
    sizes = sorted({n for by_size in seconds.values() for n in by_size})
    axes.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axes.minorticks_off()
    axes.set_xlabel(label)
    axes.set_ylabel("CPU seconds")
    axes.grid(visible=True, which="major", color="#e4e4e4", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncol=3)
    figure.savefig(FOLDER / name, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())

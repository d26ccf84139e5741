"""The tables and the picture of `docs/savings.md`, from the figures that were measured.

python -m benchmarks.savings.tables              prints the tables
python -m benchmarks.savings.tables picture.svg  also writes the picture
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.savings import results
from benchmarks.savings.setting import NINE, TITLES

Figures = Mapping[str, Any]

_WORTH = 1.5
_ABLATION_TARIFFS = ("coned", "pge", "sdge", "ladwp")


def against_sam(every: Figures) -> str:
    """Savings a year, beside SAM's better heuristic with the same information."""
    heading = (
        "tariff",
        "bill",
        "SAM look-behind",
        "ours, only past load known (own bill)",
        "ratio",
        "SAM look-ahead",
        "ours, perfect 24 h (own bill)",
        "ratio",
        "perfect foresight (own bill)",
        "capture",
    )
    found = every.get("against_sam", {})
    rows = [_row(name, found[name]) for name in NINE if "own_bill" in found.get(name, {})]
    ratios = [(each["ratio_behind"], each["ratio_ahead"], each["capture"]) for each in rows]
    table = _markdown(heading, (each["cells"] for each in rows))
    if not ratios or any(each is None for ratio in ratios for each in ratio):
        return table
    behind, ahead, capture = (list(column) for column in zip(*ratios, strict=True))
    return (
        f"{table}\n\nRatio at least {min(behind):.2f} look-behind and {min(ahead):.2f} look-ahead; capture "
        f"{min(capture):.2f} to {max(capture):.2f}, mean {sum(capture) / len(capture):.3f}."
    )


def _row(name: str, figures: Figures) -> dict[str, Any]:
    own, sam = figures["own_bill"], figures.get("sam", {})
    counted = figures.get("in_sam", own)
    behind = max((kept for key, kept in sam.items() if "behind" in key), default=None)
    ahead = max((kept for key, kept in sam.items() if "ahead" in key), default=None)
    ratio_behind = None if behind is None else counted["only_past"] / behind
    ratio_ahead = None if ahead is None else counted["perfect_24_h"] / ahead
    capture = counted["only_past"] / counted["ceiling"]
    cells = (
        TITLES[name],
        _money(figures["bill"]),
        _money(behind),
        _both(counted["only_past"], own["only_past"]),
        _times(ratio_behind),
        _money(ahead),
        _both(counted["perfect_24_h"], own["perfect_24_h"]),
        _times(ratio_ahead),
        _both(counted["ceiling"], own["ceiling"]),
        f"{capture:.2f}",
    )
    return {"cells": cells, "ratio_behind": ratio_behind, "ratio_ahead": ratio_ahead, "capture": capture}


def ablation(every: Figures) -> str:
    """Capture of each variant: per tariff, and their mean."""
    found = every.get("ablation", {})
    most = found.get("ceiling", {})
    rows = []
    for variant, saved in found.items():
        if variant == "ceiling":
            continue
        shares = {name: saved[name] / most[name] for name in _ABLATION_TARIFFS if name in saved}
        cells = [f"{shares[name]:.2f}" if name in shares else "" for name in _ABLATION_TARIFFS]
        mean = f"{sum(shares.values()) / len(shares):.3f}" if len(shares) == len(_ABLATION_TARIFFS) else ""
        rows.append((variant, *cells, mean))
    return _markdown(("planner", *(TITLES[name] for name in _ABLATION_TARIFFS), "mean"), rows)


def real_loads(every: Figures) -> str:
    """Capture on real loads, and what there is to gain at all."""
    heading = ("load / tariff", "load factor", "bill", "perfect foresight", "of the bill", "ours", "capture")
    rows = []
    for name, found in every.get("real_loads", {}).items():
        load, tariff = name.split(" / ")
        cells = (
            f"{load} / {TITLES[tariff]}",
            f"{found['load_factor']:.2f}",
            _money(found["bill"]),
            _money(found["ceiling"]),
            f"{found['ceiling'] / found['bill']:.2%}",
            _money(found["only_past"]),
            f"{found['only_past'] / found['ceiling']:.2f}",
        )
        rows.append(cells)
    return _markdown(heading, rows)


def held_out(every: Figures) -> str:
    """Capture by load and tariff; the mean of each, and how the whole stands beside SAM."""
    found = every.get("held_out_year", {})
    names = [name for name in NINE if any(key.endswith(f" / {name}") for key in found)]
    rows = []
    for load in dict.fromkeys(key.split(" / ")[0] for key in found):
        captures = [_capture(found.get(f"{load} / {name}")) for name in names]
        known = [each for each in captures if each is not None]
        shown = ["" if each is None else f"{each:.2f}" for each in captures]
        rows.append((load, *shown, f"**{sum(known) / len(known):.2f}**"))
    return f"{_markdown(('load', *(TITLES[name] for name in names), 'mean'), rows)}\n\n{_held_out_in_short(found)}"


def _capture(figures: Figures | None) -> float | None:
    """The share of what perfect foresight saves; None where it saves nothing, or nothing was run."""
    return None if figures is None or figures["ceiling"] <= 0 else figures["saved"] / figures["ceiling"]


def _held_out_in_short(found: Figures) -> str:
    captures = [each for each in map(_capture, found.values()) if each is not None]
    beside = [(each["saved"], each["sam_behind"]) for each in found.values() if each["sam_behind"] is not None]
    ahead = sum(saved >= _WORTH * max(0.0, sam) and saved > sam for saved, sam in beside)
    months = [(month, each["bill"] / len(each["months"])) for each in found.values() for month in each["months"]]
    worst = min(month / bill for month, bill in months)
    below = sum(each["saved"] < 0 for each in found.values())
    return (
        f"Mean capture {sum(captures) / len(captures):.3f} of {len(captures)} cases; at least {_WORTH} times SAM's "
        f"better look-behind in {ahead} of {len(beside)}; below zero in {below}; worst month {worst:+.2%} of the bill."
    )


def _markdown(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heading)
    lines = [names, ["---", *("---:" for _ in names[1:])], *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _money(value: float | None) -> str:
    return "not run" if value is None else f"{value:,.0f}"


def _both(counted: float, own: float) -> str:
    return f"**{counted:,.0f}** ({own:,.0f})"


def _times(value: float | None) -> str:
    return "not run" if value is None else f"**{value:.2f}**"


if __name__ == "__main__":
    measured = results.read()
    print("\n\n".join((against_sam(measured), ablation(measured), real_loads(measured), held_out(measured))))
    if sys.argv[1:]:
        from benchmarks.savings.picture import captures

        Path(sys.argv[1]).write_text(captures(measured))

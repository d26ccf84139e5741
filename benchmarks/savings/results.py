"""The figures, kept in one JSON file: every script adds what it has measured, and tables are made from all of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")


def read(path: Path = RESULTS) -> dict[str, Any]:
    """Everything that was measured."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def add(section: str, name: str, figures: Mapping[str, object], path: Path = RESULTS) -> None:
    """Add the figures of one run; those it had under other names before stay."""
    every = read(path)
    kept = every.setdefault(section, {}).setdefault(name, {})
    kept.update(_rounded(figures))
    part = path.with_suffix(".part")
    part.write_text(json.dumps(every, indent=1) + "\n")
    part.replace(path)


def _rounded(figures: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """Figures to four digits behind the point."""
    if isinstance(figures, Mapping):
        return {name: _rounded(value) for name, value in figures.items()}
    return round(figures, 4) if isinstance(figures, float) else figures

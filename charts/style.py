"""The style sheet that every page with charts carries or links."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "chart.css"


@cache
def chart_css() -> str:
    """The rules of `chart.css`: they name no file and no address."""
    return _FILE.read_text(encoding="utf-8")

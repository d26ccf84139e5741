"""Capture per tariff as a picture: bars from the figures, in plain SVG."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from benchmarks.savings.setting import NINE, TITLES

_WIDTH, _LEFT, _RIGHT = 760, 150, 60
_TOP, _ROW, _BAR = 64, 50, 12
_SHOWN = (
    ("SAM, last 24 h known", "#b8bec7"),
    ("Ridethrough, past known", "#2563a8"),
    ("Ridethrough, 24 h known", "#8fc1e8"),
)
_STYLE = "font-family:system-ui,sans-serif;font-size:12px;fill:#24292f"


def captures(every: Mapping[str, Any]) -> str:
    """The picture: savings as a share of what perfect foresight saves in the same battery and bill."""
    measured = every.get("against_sam", {})
    found = {name: measured[name] for name in NINE if "own_bill" in measured.get(name, {})}
    height = _TOP + _ROW * len(found) + 24
    named = 'role="img" aria-label="Share of the perfect-foresight saving, per tariff"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {named}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(16, 24, "Share of what perfect foresight saves", weight=600),
        *_legend(),
        *_scale(height),
    ]
    for row, (name, figures) in enumerate(found.items()):
        parts += _bars(_TOP + row * _ROW, TITLES[name], _shares(figures))
    return "\n".join([*parts, "</svg>", ""])


def _shares(figures: Mapping[str, Any]) -> tuple[float, ...]:
    counted = figures.get("in_sam", figures["own_bill"])
    behind = max((kept for key, kept in figures.get("sam", {}).items() if "behind" in key), default=0.0)
    saved = (behind, counted["only_past"], counted["perfect_24_h"])
    return tuple(max(0.0, each) / counted["ceiling"] for each in saved)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _legend() -> Iterator[str]:
    for index, (label, colour) in enumerate(_SHOWN):
        x = _LEFT + index * 200
        yield f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, 46, label)


def _scale(height: int) -> Iterator[str]:
    for tenths in (0, 2, 4, 6, 8, 10):
        x = _x(tenths / 10)
        yield f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 6}" y2="{height - 20}" stroke="#e4e7eb"/>'
        yield _text(x - 10, height - 6, f"{tenths * 10} %")


def _bars(top: int, title: str, shares: tuple[float, ...]) -> Iterator[str]:
    yield _text(16, top + 24, title)
    for index, (share, (_, colour)) in enumerate(zip(shares, _SHOWN, strict=True)):
        y = top + index * (_BAR + 1)
        yield f'<rect x="{_LEFT}" y="{y}" width="{_x(share) - _LEFT:.1f}" height="{_BAR}" fill="{colour}"/>'
        yield _text(_x(share) + 5, y + 10, f"{share:.2f}")


def _text(x: float, y: float, words: str, *, weight: int = 400) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" style="{_STYLE};font-weight:{weight}">{escape(words)}</text>'

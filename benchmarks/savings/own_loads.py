"""Loads of several kinds, drawn from a seed: hourly for a year, or every 5 minutes for two months.

Kinds differ in what makes their peaks: a steady pod (noise), diurnal use, night batches, jobs that start and stop, a
square wave, and a pod that wanders about its daily course. Planners were tuned on `TUNED_ON`, and are reported on
`REPORTED`.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.savings.setting import Load
from ridethrough.domain import Horizon

FloatArray = NDArray[np.float64]

_START = datetime(2018, 1, 1, tzinfo=UTC)
_DAYS = 365
_HIGHEST_KW = 4700.0

TUNED_ON = (("wandering", 101), ("jobs", 102), ("diurnal", 103), ("square wave", 104))
REPORTED = (
    ("steady", 7),
    ("diurnal", 8),
    ("night", 9),
    ("jobs", 10),
    ("jobs", 11),
    ("square wave", 12),
    ("wandering", 13),
    ("wandering", 14),
)


def own_load(kind: str, seed: int, *, minutes: int = 60, days: int = _DAYS) -> Load:
    """Draw a load of a kind."""
    random = np.random.default_rng((seed, len(kind)))
    steps = days * 24 * 60 // minutes
    hour = np.arange(steps) * minutes / 60
    kw = _KINDS[kind](random, hour, minutes / 60)
    horizon = Horizon(start=_START, interval_minutes=minutes, intervals=steps, timezone="UTC")
    return Load(name=f"{kind} {seed}", horizon=horizon, kw=np.clip(kw, 0.0, None) * (_HIGHEST_KW / kw.max()))


def _wander(random: np.random.Generator, steps: int, h: float, *, fades_h: float) -> FloatArray:
    """Noise of unit size that fades over some hours."""
    keep = np.exp(-h / fades_h)
    noise = random.standard_normal(steps) * np.sqrt(1 - keep**2)
    value, out = 0.0, np.empty(steps)
    for index, each in enumerate(noise.tolist()):
        value = keep * value + each
        out[index] = value
    return out


def _steady(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    return 0.93 + 0.012 * _wander(random, len(hour), h, fades_h=5) + 0.004 * random.standard_normal(len(hour))


def _diurnal(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    day, of_day = hour // 24, hour % 24
    working = (day % 7 < 5).astype(float)
    bump = np.exp(-(((of_day - 14.5) / 4.2) ** 2))
    height = 0.28 + 0.06 * np.repeat(random.standard_normal(int(day[-1]) + 1), int(24 / h))
    season = 0.05 * np.sin(2 * np.pi * (hour / 8760 - 0.3))
    return 0.6 + season + height * bump * (0.35 + 0.65 * working) + 0.025 * _wander(random, len(hour), h, fades_h=3)


def _night(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    day, of_day = hour // 24, hour % 24
    starts = 21 + 1.5 * np.repeat(random.standard_normal(int(day[-1]) + 1), int(24 / h))
    lasts = 4 + 2 * np.repeat(random.random(int(day[-1]) + 1), int(24 / h))
    batch = (((of_day - starts) % 24) < lasts).astype(float)
    return 0.62 + 0.25 * batch + 0.03 * _wander(random, len(hour), h, fades_h=6)


def _jobs(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    load = np.full(len(hour), 0.5)
    for size, every_h, lasts_h in ((0.08, 9.0, 14.0), (0.15, 40.0, 20.0), (0.12, 25.0, 6.0)):
        at = 0.0
        while at < hour[-1]:
            at += random.exponential(every_h)
            first, last = int(at / h), int((at + random.gamma(2.0, lasts_h / 2)) / h)
            load[first:last] += size * random.uniform(0.6, 1.2)
    return np.minimum(load, 1.0) + 0.008 * random.standard_normal(len(hour))


def _square_wave(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    load, at, high = np.empty(len(hour)), 0, False
    while at < len(hour):
        lasts = max(1, int(random.gamma(3.0, (9.0 if high else 5.0) / 3) / h))
        load[at : at + lasts] = random.normal(0.97, 0.008) if high else random.normal(0.55, 0.03)
        at, high = at + lasts, not high
    return load + 0.004 * random.standard_normal(len(hour))


def _wandering(random: np.random.Generator, hour: FloatArray, h: float) -> FloatArray:
    daily = 0.04 * np.sin(2 * np.pi * (hour % 24 - 9) / 24)
    return 0.8 + daily + 0.055 * _wander(random, len(hour), h, fades_h=6) + 0.01 * random.standard_normal(len(hour))


_KINDS: dict[str, Callable[[np.random.Generator, FloatArray, float], FloatArray]] = {
    "steady": _steady,
    "diurnal": _diurnal,
    "night": _night,
    "jobs": _jobs,
    "square wave": _square_wave,
    "wandering": _wandering,
}

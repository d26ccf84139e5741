"""Checks of yearly rates and of names."""

import math

from ridethrough.domain.validation import Checks


def check_rate(checks: Checks, name: str, rate: float | None) -> None:
    """Note a fault unless `rate` is None or a finite yearly fraction above -1."""
    possible = rate is None or (math.isfinite(rate) and rate > -1)
    checks.require(possible, name, rate, "a fraction a year above -1")


def check_names(checks: Checks, name: str, names: list[str]) -> None:
    """Note a fault for every name that is empty or used twice."""
    for index, given in enumerate(names):
        fresh = bool(given) and given not in names[:index]
        checks.require(fresh, f"{name}.{index}.name", given, "a name that no other has")

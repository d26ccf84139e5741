r"""What batteries give in a hold-off: only what takes the meter back to its import limit.

    relief[t] = max(0, carried[t] - import_limit)                                         kW AC

`carried` is the meter where batteries give what the rectifiers cannot carry, and nothing else. Without the relief, a
hold-off would break the import limit on a day on which batteries can keep it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.domain.conditions import ConditionsOnHorizon

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """The intervals in which each system is held off, and the relief that all of them together may give there (kW)."""

    held_off: Mapping[str, tuple[bool, ...]]
    kw: tuple[float, ...]

    def of(self, ups: UpsSystem) -> FloatArray:
        """The most that one system gives to it in each interval, at its batteries; 0 outside of its hold-off."""
        may_give = np.array(self.held_off[ups.id], dtype=bool) & (not ups.lock)
        return np.where(may_give, np.array(self.kw) * ups.rectifier_efficiency, 0.0)


def relief_of(held: Mapping[str, ConditionsOnHorizon], carried_kw: FloatArray, import_limit_kw: float) -> Relief:
    """Work out the relief; while a condition holds there is none."""
    held_off = {
        ups_id: tuple(bool(soon and not here) for here, soon in zip(each.intervals, each.before, strict=True))
        for ups_id, each in held.items()
    }
    return Relief(held_off=held_off, kw=tuple(np.maximum(0.0, carried_kw - import_limit_kw).tolist()))

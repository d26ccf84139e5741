"""The forgery campaign: certified plans forged in every way there is; is each refused for what is wrong with it?"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from certificates import stated
from fault_campaign import certified_plans
from forged_setpoints import SETPOINTS
from forged_statements import STATEMENTS
from forged_storms import STORMS
from forgery import Forgery, Kind, Place

from ridethrough.domain.plan import DispatchPlan
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.dispatch import evidence_in

FORGERIES: tuple[Kind, ...] = STATEMENTS + SETPOINTS + STORMS
SMALLEST, LARGEST = 2e-3, 0.3
"""How far a forgery goes, as a part of the value or of capacity."""


@dataclass(slots=True, kw_only=True)
class Forged:
    """What became of the forgeries, by kind; `missed` names those certified or refused for something else."""

    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    example: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Forged") -> None:
        """Take in what another part of the campaign found."""
        self.made += other.made
        self.refused += other.refused
        self.missed += other.missed
        self.example = {**other.example, **self.example}


def place_in(rng: np.random.Generator, problem: DispatchProblem, plan: DispatchPlan) -> Place:
    """Any system and interval of a plan."""
    return Place(
        plan=stated(plan),
        evidence=evidence_in(problem, plan.horizon.intervals),
        system=int(rng.integers(len(plan.ups))),
        interval=int(rng.integers(plan.horizon.intervals)),
        size=float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))),
    )


def run_forgeries(seed: int, numbers: range, *, kinds: int = len(FORGERIES)) -> Forged:
    """Forge each certified plan among these numbers by so many kinds, which take turns."""
    found = Forged()
    for number, problem, plan in certified_plans(seed, numbers):
        for turn in range(kinds):
            kind = FORGERIES[(number * kinds + turn) % len(FORGERIES)]
            forgery = kind(place_in(np.random.default_rng([seed, number, 3, turn]), problem, plan))
            if forgery is not None:
                _ask(found, kind.__name__, forgery, f"seed {seed}, plan {number}")
    return found


def _ask(found: Forged, kind: str, forgery: Forgery, name: str) -> None:
    found.made[kind] += 1
    reasons = forgery.refused_for()
    for each in reasons:
        if forgery.reason in each:
            found.refused[kind] += 1
            found.example.setdefault(kind, each)
            return
    found.missed.append(f"{name}: {kind}: {reasons[:2] or 'certified'}")

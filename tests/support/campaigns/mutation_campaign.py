"""The other half of the fault campaign: certified plans nudged below safety, and whether the certificate says so."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from fault_campaign import certified_plans
from random_sites import random_problem
from unsafe_plans import BEYOND_KW, BY_ENERGY, BY_POWER, KINDS, Kind, Place, Plan, why_unsafe

TRIES = 6
SMALLEST, LARGEST = 1e-4, 1e-2
"""The size of a nudge: of capacity where it is energy, of the protected load where it is power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A plan below safety: how it was made, by how much (kWh or kW), and what really goes wrong."""

    kind: Kind
    place: Place
    nudge: float
    plan: Plan
    why: str

    def smallest_caught(self, rounds: int = 20) -> float:
        """The smallest nudge of this kind at this place that the certificate catches, in kWh or kW."""
        low, high = 0.0, self.nudge
        for _ in range(rounds):
            middle = (low + high) / 2
            nudged = self.kind(self.place, middle)
            low, high = (low, middle) if nudged is not None and not nudged.is_certified() else (middle, high)
        return high


@dataclass(slots=True, kw_only=True)
class Findings:
    """What became of the mutants, by kind; `smallest` in fractions of capacity (energy) or in kW (power)."""

    made: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: "Findings") -> None:
        """Take in what another part of the campaign found."""
        self.made += other.made
        self.caught += other.caught
        self.missed += other.missed
        self.why += other.why
        for kind, sizes in other.smallest.items():
            self.smallest.setdefault(kind, []).extend(sizes)


def mutant(rng: np.random.Generator, plan: Plan, kind: Kind) -> Mutant | None:
    """Nudge a plan below safety by a small amount; None where this kind finds no way in this plan."""
    for _ in range(TRIES):
        place = Place.at_random(rng, plan, with_margin=kind in BY_ENERGY)
        size = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        nudge = size * place.ups.capacity_kwh
        if kind not in BY_ENERGY:
            nudge = max(size * place.ups.protected_load_kw, 2 * BEYOND_KW)
        nudged = kind(place, nudge)
        why = why_unsafe(nudged) if nudged is not None else ""
        if nudged is not None and why:
            return Mutant(kind=kind, place=place, nudge=nudge, plan=nudged, why=why)
    return None


def run_mutants(seed: int, numbers: range, *, measured_every: int = 4) -> Findings:
    """Nudge every certified plan among these numbers once, by all kinds in turn."""
    findings = Findings()
    for number, problem, certified in certified_plans(seed, numbers, random_problem):
        plan = Plan.of(problem, certified)
        assert plan.is_certified()
        for turn in range(len(KINDS)):
            kind = KINDS[(number + turn) % len(KINDS)]
            made = mutant(np.random.default_rng([seed, number, 2, turn]), plan, kind)
            if made is not None:
                _ask(findings, made, f"seed {seed}, plan {number}", measure=number // len(KINDS) % measured_every == 0)
                break
    return findings


def _ask(findings: Findings, made: Mutant, name: str, *, measure: bool) -> None:
    kind = made.kind.__name__
    findings.made[kind] += 1
    findings.why[made.why] += 1
    if made.plan.is_certified():
        findings.missed.append(f"{name}, {made.place.ups.id}: {kind} by {made.nudge:g} ({made.why})")
        return
    findings.caught[kind] += 1
    if measure and made.kind in BY_ENERGY + BY_POWER:
        whole = made.place.ups.capacity_kwh if made.kind in BY_ENERGY else 1.0
        findings.smallest.setdefault(kind, []).append(made.smallest_caught() / whole)

"""The kinds of charge, in the order in which a bill lists them. This is the only list of them.

Costs of plans, savings, bills, riders, minimum charges and reports use this list. A new kind is an entry here, the noun
in a file beside this one, and for a charge on a peak an entry in `billing.metered_kinds` and `horizon.metered_kinds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeKind:
    """A kind of charge: `name` stands on lines of bills and in riders, `in_words` in reports.

    `in_plans` names the figure of a plan's cost that includes it; it is empty if batteries cannot change the charge.
    `in_savings` names the figure of a study's savings that includes it.
    """

    name: str
    in_words: str
    in_plans: str
    in_savings: str
    is_peak: bool = False
    """Whether it bills the highest demand of some hours, which the meter must remember."""
    ridden_by_default: bool = True
    """Whether a rider without named kinds applies to it."""


CHARGE_KINDS = (
    ChargeKind(name="energy", in_words="Energy", in_plans="energy", in_savings="energy"),
    ChargeKind(name="demand", in_words="Demand", in_plans="demand", in_savings="demand", is_peak=True),
    ChargeKind(
        name="coincident", in_words="Coincident peak", in_plans="coincident", in_savings="coincident", is_peak=True
    ),
    ChargeKind(name="reactive", in_words="Reactive", in_plans="demand", in_savings="demand", is_peak=True),
    ChargeKind(name="fixed", in_words="Fixed", in_plans="", in_savings="other"),
    ChargeKind(name="minimum", in_words="Minimum", in_plans="minimum", in_savings="other"),
    ChargeKind(name="export", in_words="Export", in_plans="energy", in_savings="export", ridden_by_default=False),
)

KIND_NAMES = tuple(kind.name for kind in CHARGE_KINDS)

PEAK_KINDS = tuple(kind.name for kind in CHARGE_KINDS if kind.is_peak)

COUNTED_BY_MINIMUMS = tuple(kind.name for kind in CHARGE_KINDS if kind.in_plans and kind.name != "minimum")
"""The kinds that a plan can change, among those that count towards a minimum charge."""


def _grouped(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[str, ...]]:
    figures = dict.fromkeys(figure for figure, _ in pairs if figure)
    return {figure: tuple(name for of, name in pairs if of == figure) for figure in figures}


PLAN_FIGURES = _grouped(tuple((kind.in_plans, kind.name) for kind in CHARGE_KINDS))
"""The figures of a plan's cost (without wear), each with its kinds of charge."""

SAVINGS_FIGURES = _grouped(
    tuple((kind.in_savings, kind.name) for kind in sorted(CHARGE_KINDS, key=lambda kind: kind.in_savings == "other"))
)
"""The figures of a study's savings (without wear), each with its kinds of charge."""

"""A chemistry: its fade law, where the figures come from, and what they do not say."""

import math
from dataclasses import dataclass

from ridethrough.domain.wear.fade import Fade


@dataclass(frozen=True, slots=True, kw_only=True)
class Chemistry:
    """`cell` is what was tested, `source` and `licence` those of the figures, `caveats` what they do not cover."""

    name: str
    cell: str
    fade: Fade
    source: str
    licence: str
    caveats: tuple[str, ...]


def graphite_potential_v(charge: float) -> float:
    """The potential of a graphite anode against lithium at a state of charge.

    Source: Safari and Delacourt, J. Electrochem. Soc. 158 (2011) A562; stoichiometry 0.0085 to 0.78 as Schimpe et al.,
    J. Electrochem. Soc. 165 (2018) A181.
    """
    x = 0.0085 + charge * (0.78 - 0.0085)
    return (
        0.6379
        + 0.5416 * math.exp(-305.5309 * x)
        + 0.044 * math.tanh((0.1958 - x) / 0.1088)
        - 0.1978 * math.tanh((x - 1.0571) / 0.0854)
        - 0.6875 * math.tanh((x + 0.0117) / 0.0529)
        - 0.0175 * math.tanh((x - 0.5692) / 0.0875)
    )

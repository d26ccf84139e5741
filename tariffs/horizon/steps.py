"""Rates per unit of demand, as rates per kW."""

import math

from ridethrough.tariffs.charges.demand import DemandTier
from ridethrough.tariffs.horizon.terms import DemandStep


def steps_in_kw(tiers: tuple[DemandTier, ...], units_per_kw: float, scale: float) -> tuple[DemandStep, ...]:
    """The tiers of a charge whose unit is `1 / units_per_kw` kW, their rates times `scale`."""
    return tuple(
        DemandStep(
            up_to_kw=math.inf if tier.up_to_kw is None else tier.up_to_kw / units_per_kw,
            rate_per_kw=tier.rate_per_kw * units_per_kw * scale,
        )
        for tier in tiers
    )

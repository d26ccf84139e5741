"""The terms of each kind of charge on a peak: one entry for each kind."""

from collections.abc import Callable, Mapping

from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.coincident import coincident_terms
from ridethrough.tariffs.horizon.demand import demand_terms
from ridethrough.tariffs.horizon.reactive import reactive_terms
from ridethrough.tariffs.horizon.terms import DemandTerm

PEAK_TERMS: Mapping[str, Callable[[HorizonCase], tuple[DemandTerm, ...]]] = {
    "demand": demand_terms,
    "coincident": coincident_terms,
    "reactive": reactive_terms,
}
"""By name of the kind; demand comes first, because terms are referred to by their index."""


def peak_terms(case: HorizonCase) -> tuple[DemandTerm, ...]:
    """Every charge on a peak over a horizon."""
    return tuple(term for terms_of in PEAK_TERMS.values() for term in terms_of(case))

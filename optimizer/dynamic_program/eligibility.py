"""The problems that the dynamic program solves exactly, and the reasons why it cannot solve others.

It is an allow-list: the program solves only laws that it knows. If the model states a law over any other set, present
or future, the program does not apply.
"""

from collections.abc import Iterator

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.domain.equipment.curves import segments
from ridethrough.optimizer.formulation.model import model_sets
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.tariffs.horizon.charges import DemandStep

KNOWN_SETS = frozenset(
    {
        *("SCENARIOS", "UPS", "INTERVALS", "LIMITED", "OVERLOADED"),
        *("PEAKS", "METERED", "STEPS", "RATCHETS"),
        *("EXPORTS", "RESALE", "FEEDS_BACK"),
    }
)
"""The model's sets that the program has an answer to.

Those of export and back-feed count only where none can happen. Where loads alone are above the import limit the program
keeps the limit in full, and has no answer where batteries cannot do that."""

_ROUNDING = 1e-12


class UnableToApply(ValueError):
    """A problem is not one that the dynamic program solves exactly; `reasons` say why."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


def reasons_against(basis: PlanBasis) -> tuple[str, ...]:
    """The reasons why one dynamic program does not give the exact optimum of a problem; empty if it does."""
    systems = len(basis.problem.site.ups)
    several = (f"not eligible: {systems} UPS systems share the meter",) if systems > 1 else ()
    return (*several, *reasons_against_systems(basis))


def reasons_against_systems(basis: PlanBasis) -> tuple[str, ...]:
    """The reasons why the systems of a basis are not separate dynamic programs that share only the meter."""
    reasons = (*_of_the_tariff(basis.problem), *_of_the_meter(basis), *_of_the_systems(basis))
    reasons = reasons or tuple(_of_unknown_laws(basis))
    return tuple(f"not eligible: {reason}" for reason in reasons)


def _of_unknown_laws(basis: PlanBasis) -> Iterator[str]:
    problem = basis.problem
    if problem.scenarios.count > 1:
        yield f"{problem.scenarios.count} loads may come"
    if not problem.returns:
        yield "stored energy has a value of its own"
    unknown = sorted(name for name, members in model_sets(basis).items() if members and name not in KNOWN_SETS)
    if unknown:
        yield f"the model states laws that the dynamic program does not know, over {', '.join(unknown)}"


def _of_the_tariff(problem: DispatchProblem) -> Iterator[str]:
    charges = problem.charges
    if charges.tiers:
        yield "energy is priced in tiers"
    if charges.minimum:
        yield "a billing period has a minimum"
    for term in charges.demand:
        if term.added_kw or any(link.adds for link in term.links):
            yield f"{term.charge} is billed on a mean over billing periods"
        if term.windows:
            yield f"{term.charge} meters windows longer than an interval"
    for term in charges.demand:
        if not _rates_rise(term.steps):
            yield f"{term.charge} has a rate below 0 or below that of a lower step"


def _rates_rise(steps: tuple[DemandStep, ...]) -> bool:
    rates = [0.0, *(step.rate_per_kw for step in steps)]
    return rates == sorted(rates)


def _of_the_meter(basis: PlanBasis) -> Iterator[str]:
    if np.isfinite(basis.powers.step_limit_kw).any():
        yield "the meter's steps are limited"
    lowest_kw = np.array(basis.powers.resting_kw)
    for ups in basis.problem.site.ups:
        lowest_kw -= np.array(basis.powers.bounds[ups.id].discharge_ceiling_kw) / ups.rectifier_efficiency
    if lowest_kw.min() < -_ROUNDING * basis.reach.most_grid_kw:
        yield f"the meter could come to export, in interval {int(lowest_kw.argmin())}"


def _of_the_systems(basis: PlanBasis) -> Iterator[str]:
    lowest_price = float(basis.problem.charges.energy_per_kwh.min())
    for ups in basis.problem.site.ups:
        if any(slope < 0 for _, slope in segments(ups.battery.charge_taper_by_fraction)):
            yield f"{ups.id}: charging tapers"
        if any(basis.powers.bounds[ups.id].feed_back_ceiling_kw):
            yield f"{ups.id}: feeds back to the grid"
        least = least_price_per_kwh(ups)
        if lowest_price < least:
            yield (
                f"{ups.id}: at a price of {lowest_price:g} per kWh, below {least:g}, charging and discharging at once "
                "would pay"
            )


def least_price_per_kwh(ups: UpsSystem) -> float:
    """The price below which burning energy in a battery's losses pays for its wear; minus infinity without losses."""
    battery = ups.battery
    loss = 1 / battery.charge_efficiency - battery.discharge_efficiency
    wear = battery.wear_cost_per_kwh * battery.discharge_efficiency * ups.rectifier_efficiency
    return -wear / loss if loss > 0 else -np.inf

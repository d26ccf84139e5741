"""Causes of peaks: if a higher billed demand could lower the cost, the model ties it to its cause.

    billed[p] <= cause[i] + most * (1 - chosen[p,i]) ,    sum over causes i of chosen[p,i] = 1 ,    chosen in {0, 1}

A cause is the peak so far, the floor, an interval or window that the charge meters, or, through a ratchet, the peak so
far or an interval of the linked charge. Only a credit, or kWh/kW blocks that grow with demand, makes this necessary.
Otherwise a higher demand never lowers the cost, and the minimization itself keeps demand at its cause.
"""

from collections.abc import Iterator

import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.peaks import Peaks, billed_kw, window_mean_kw
from ridethrough.optimizer.formulation.horizon import Sets, declare_groups, declare_set
from ridethrough.optimizer.formulation.physics.meter import grid_kw
from ridethrough.optimizer.pricing.tier_blocks import TierBlock
from ridethrough.tariffs.horizon.charges import DemandTerm

Cause = tuple[str, tuple[int, ...]]
_DIMENSIONS = {"SO_FAR": 2, "FLOOR": 2, "INTERVAL": 3, "WINDOW": 3, "LINK_SO_FAR": 4, "LINK": 5}


def cause_sets(peaks: Peaks, blocks: tuple[TierBlock, ...]) -> Sets:
    """The peaks that must have a cause, and their causes by kind."""
    terms = peaks.terms
    rewarding = {block.demand for block in blocks if block.rewards_demand}
    exact = tuple(p for p, term in enumerate(terms) if p in rewarding or any(s.rate_per_kw < 0 for s in term.steps))
    causes = [(kind, (p, i, *what)) for p in exact for i, (kind, what) in enumerate(_causes(terms, p))]
    by_kind = {kind: tuple(index for of_kind, index in causes if of_kind == kind) for kind in _DIMENSIONS}
    return {
        "EXACT": exact,
        "CAUSES": tuple(index[:2] for _, index in causes),
        **{f"CAUSES_{kind}": indices for kind, indices in by_kind.items()},
    }


def _causes(terms: tuple[DemandTerm, ...], p: int) -> Iterator[Cause]:
    """The possible causes of a billed demand."""
    term = terms[p]
    yield "SO_FAR", ()
    yield "FLOOR", ()
    yield from (("WINDOW", (w,)) for w in range(len(term.windows)))
    yield from (("INTERVAL", (t,)) for t in ([] if term.windows else term.intervals.tolist()))
    for n, link in enumerate(term.links):
        yield "LINK_SO_FAR", (n, link.index)
        yield from (("LINK", (n, link.index, t)) for t in terms[link.index].intervals.tolist())


def add_peak_causes(model: pyo.AbstractModel, sets: Sets) -> None:
    """Tie billed demand to its cause, for charges where a higher demand could lower the cost."""
    declare_set(model, sets, "EXACT")
    declare_set(model, sets, "CAUSES", dimen=2)
    declare_groups(model, "CAUSES_OF", model.EXACT, sets["CAUSES"])
    model.chosen = pyo.Var(model.SCENARIOS, model.CAUSES, domain=pyo.Binary, dense=False)
    model.one_cause_is_chosen = pyo.Constraint(model.SCENARIOS, model.EXACT, rule=one_cause_is_chosen)
    rules = {
        "SO_FAR": peak_so_far_is_the_cause,
        "FLOOR": floor_is_the_cause,
        "INTERVAL": interval_is_the_cause,
        "WINDOW": window_is_the_cause,
        "LINK_SO_FAR": linked_peak_so_far_is_the_cause,
        "LINK": linked_interval_is_the_cause,
    }
    for kind, rule in rules.items():
        declare_set(model, sets, f"CAUSES_{kind}", dimen=_DIMENSIONS[kind])
        causes = getattr(model, f"CAUSES_{kind}")
        model.add_component(rule.__name__, pyo.Constraint(model.SCENARIOS, causes, rule=rule))


def one_cause_is_chosen(model: pyo.AbstractModel, s: int, p: int) -> object:
    """sum of chosen = 1."""
    return sum(model.chosen[s, p, i] for i in model.CAUSES_OF[p]) == 1


def peak_so_far_is_the_cause(model: pyo.AbstractModel, s: int, p: int, i: int) -> object:
    """billed <= own_fraction * peak so far, if chosen."""
    return _billed_less_slack_kw(model, s, p, i) <= model.own_fraction[p] * model.peak_so_far_kw[p]


def floor_is_the_cause(model: pyo.AbstractModel, s: int, p: int, i: int) -> object:
    """billed <= floor, if chosen."""
    return _billed_less_slack_kw(model, s, p, i) <= model.floor_kw[p]


def interval_is_the_cause(model: pyo.AbstractModel, s: int, p: int, i: int, t: int) -> object:
    """billed <= own_fraction * grid, if chosen."""
    return _billed_less_slack_kw(model, s, p, i) <= model.own_fraction[p] * grid_kw(model, s, t)


def window_is_the_cause(model: pyo.AbstractModel, s: int, p: int, i: int, window: int) -> object:
    """billed <= own_fraction * mean of grid over the window, if chosen."""
    return _billed_less_slack_kw(model, s, p, i) <= model.own_fraction[p] * window_mean_kw(model, s, p, window)


def linked_peak_so_far_is_the_cause(  # noqa: PLR0917 - Pyomo passes the index by position
    model: pyo.AbstractModel, s: int, p: int, i: int, link: int, linked: int
) -> object:
    """billed <= fraction * peak so far of the linked charge, if chosen."""
    return (
        _billed_less_slack_kw(model, s, p, i) <= model.ratchet_fraction[p, link, linked] * model.peak_so_far_kw[linked]
    )


def linked_interval_is_the_cause(  # noqa: PLR0917 - Pyomo passes the index by position
    model: pyo.AbstractModel, s: int, p: int, i: int, link: int, linked: int, t: int
) -> object:
    """billed <= fraction * grid in an interval of the linked charge, if chosen."""
    return _billed_less_slack_kw(model, s, p, i) <= model.ratchet_fraction[p, link, linked] * grid_kw(model, s, t)


def _billed_less_slack_kw(model: pyo.AbstractModel, s: int, p: int, i: int) -> pyo.NumericValue:
    return billed_kw(model, s, p) - model.most_billed_kw * (1 - model.chosen[s, p, i])

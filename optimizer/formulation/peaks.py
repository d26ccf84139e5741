"""Peaks: the highest metered kW of a billing period (or of coincident hours), billed by steps.

    peak[d]   >= grid[t]                      for every interval t that charge d meters
    peak[d]   >= mean of grid over window w   where the meter averages over windows longer than an interval
    peak[d]   >= peak so far                  of the billing period
    billed[d] >= own_fraction * peak[d] ,  floor ,  fraction * peak[j]      ratchets, minimum and contract demand
    billed[d]  = sum over steps k of filled[d,k] ,    0 <= filled[d,k] <= width[d,k]
    filled[d,k] <= most * opened[d,k] ,    filled[d,j] >= width[d,j] * opened[d,k]  for j < k ,    opened in {0, 1}

Steps whose rates rise fill in order by themselves; only a step that is cheaper than one below it needs a binary, and
only where it is open whether demand reaches it (see `optimizer.peak_bounds`). Where a higher billed demand could lower
the cost (a credit, or kWh/kW blocks that grow with it), it is held to what sets it:

    billed[d] <= cause[i] + most * (1 - chosen[d,i]) ,    sum over causes i of chosen[d,i] = 1 ,    chosen in {0, 1}
"""

import pyomo.core as pyo

from optimizer.peak_bounds import least_billed_kw
from optimizer.problem import DispatchProblem
from optimizer.tier_blocks import TierBlock
from tariffs.horizon_charges import DemandTerm


def add_peaks(model: pyo.ConcreteModel, problem: DispatchProblem, blocks: tuple[TierBlock, ...]) -> None:
    """Declare peaks and billed demand of every demand and coincident charge."""
    terms = peak_terms(problem)
    least_kw = least_billed_kw(problem, terms)
    _add_sets(model, terms, blocks, least_kw)
    _add_parameters(model, terms, least_kw)
    model.most_billed_kw = pyo.Param(mutable=True, initialize=problem.most_billed_kw)
    model.peak_kw = pyo.Var(model.PEAKS, bounds=peak_is_at_least_the_peak_so_far)
    model.filled_kw = pyo.Var(model.STEPS, bounds=step_has_a_width)
    model.billed_kw = pyo.Expression(model.PEAKS, rule=billed_demand_fills_steps)
    model.peak_is_metered = pyo.Constraint(model.METERED, rule=peak_is_metered)
    model.peak_is_metered_over_windows = pyo.Constraint(model.WINDOWS, rule=peak_is_metered_over_windows)
    model.peak_is_billed = pyo.Constraint(model.PEAKS, rule=peak_is_billed)
    model.floor_is_billed = pyo.Constraint(model.PEAKS, rule=floor_is_billed)
    model.ratchet_is_billed = pyo.Constraint(model.RATCHETS, rule=ratchet_is_billed)
    model.opened = pyo.Var(model.CHEAPER_STEPS, domain=pyo.Binary)
    model.cheaper_step_is_opened = pyo.Constraint(model.CHEAPER_STEPS, rule=cheaper_step_is_opened)
    model.steps_below_are_full = pyo.Constraint(model.STEPS_BELOW, rule=steps_below_are_full)
    model.chosen = pyo.Var(model.CAUSES, domain=pyo.Binary)
    model.billed_demand_has_a_cause = pyo.Constraint(model.CAUSES, rule=billed_demand_has_a_cause)
    model.one_cause_is_chosen = pyo.Constraint(model.EXACT, rule=one_cause_is_chosen)


def peak_terms(problem: DispatchProblem) -> tuple[DemandTerm, ...]:
    """Every charge on a peak: the demand terms, then the coincident ones as demand at their expected rates."""
    expected = tuple(
        DemandTerm(
            charge=term.charge,
            billing_period=term.billing_period,
            intervals=term.intervals,
            steps=tuple(type(s)(up_to_kw=s.up_to_kw, rate_per_kw=s.rate_per_kw * term.weight) for s in term.steps),
            peak_so_far_kw=term.peak_so_far_kw,
        )
        for term in problem.charges.coincident
    )
    return (*problem.charges.demand, *expected)


def _add_sets(
    model: pyo.ConcreteModel, terms: tuple[DemandTerm, ...], blocks: tuple[TierBlock, ...], least_kw: list[float]
) -> None:
    each = list(enumerate(terms))
    model.window_intervals = {(d, w): window.tolist() for d, term in each for w, window in enumerate(term.windows)}
    model.PEAKS = pyo.RangeSet(0, len(terms) - 1)
    model.METERED = pyo.Set(
        dimen=2, initialize=[(d, t) for d, term in each if not term.windows for t in term.intervals.tolist()]
    )
    model.WINDOWS = pyo.Set(dimen=2, initialize=list(model.window_intervals))
    model.STEPS = pyo.Set(dimen=2, initialize=[(d, k) for d, term in each for k in range(len(term.steps))])
    cheaper = [(d, k) for d, term in each for k in _cheaper_steps(term) if term.steps[k - 1].up_to_kw > least_kw[d]]
    model.CHEAPER_STEPS = pyo.Set(dimen=2, initialize=cheaper)
    model.STEPS_BELOW = pyo.Set(dimen=3, initialize=[(d, k, j) for d, k in cheaper for j in range(k)])
    model.RATCHETS = pyo.Set(
        dimen=2, initialize=[(d, position) for d, term in each for position in range(len(term.links))]
    )
    rewarding = {block.demand for block in blocks if block.rewards_demand}
    exact = [d for d, term in each if d in rewarding or any(step.rate_per_kw < 0 for step in term.steps)]
    model.EXACT = pyo.Set(initialize=exact)
    model.CAUSES = pyo.Set(dimen=3, initialize=[(d, *cause) for d in exact for cause in _causes(terms, d)])


def _cheaper_steps(term: DemandTerm) -> list[int]:
    """The steps that are cheaper than one below them."""
    rates = [step.rate_per_kw for step in term.steps]
    return [k for k in range(1, len(rates)) if rates[k] < max(rates[:k])]


def _causes(terms: tuple[DemandTerm, ...], d: int) -> list[tuple[str, int]]:
    """What may set a billed demand: an interval, a window, the peak so far, the floor, or a linked term's peak."""
    term = terms[d]
    causes = [("so far", 0), ("floor", 0)]
    causes += [("window", w) for w in range(len(term.windows))]
    causes += [] if term.windows else [("interval", t) for t in term.intervals.tolist()]
    for position, link in enumerate(term.links):
        causes += [(f"link {position} so far", 0)]
        causes += [(f"link {position}", t) for t in terms[link.index].intervals.tolist()]
    return causes


def _add_parameters(model: pyo.ConcreteModel, terms: tuple[DemandTerm, ...], least_kw: list[float]) -> None:
    each = list(enumerate(terms))

    def per_peak(values: dict[int, float]) -> pyo.Param:
        return pyo.Param(model.PEAKS, mutable=True, initialize=values)

    model.peak_so_far_kw = per_peak({d: term.peak_so_far_kw for d, term in each})
    model.own_fraction = per_peak({d: term.own_fraction for d, term in each})
    model.floor_kw = per_peak({d: term.floor_kw for d, term in each})
    links = {(d, position): link for d, term in each for position, link in enumerate(term.links)}
    model.linked_peak = {key: link.index for key, link in links.items()}
    model.ratchet_fraction = pyo.Param(
        model.RATCHETS, mutable=True, initialize={key: link.fraction for key, link in links.items()}
    )
    steps = {(d, k): step for d, term in each for k, step in enumerate(term.steps)}
    model.step_rate_per_kw = pyo.Param(
        model.STEPS, mutable=True, initialize={key: step.rate_per_kw for key, step in steps.items()}
    )
    starts = {(d, k): steps[d, k - 1].up_to_kw if k else 0.0 for d, k in steps}
    widths = {key: step.up_to_kw - starts[key] for key, step in steps.items()}
    surely = {(d, k): min(width, max(0.0, least_kw[d] - starts[d, k])) for (d, k), width in widths.items()}
    model.step_width_kw = pyo.Param(model.STEPS, mutable=True, initialize=widths)
    model.step_surely_filled_kw = pyo.Param(model.STEPS, mutable=True, initialize=surely)


def peak_is_at_least_the_peak_so_far(model: pyo.ConcreteModel, d: int) -> tuple[object, object]:
    """peak >= peak so far."""
    return model.peak_so_far_kw[d], None


def step_has_a_width(model: pyo.ConcreteModel, d: int, step: int) -> tuple[object, object]:
    """What is surely billed <= filled <= width."""
    return model.step_surely_filled_kw[d, step], model.step_width_kw[d, step]


def billed_demand_fills_steps(model: pyo.ConcreteModel, d: int) -> object:
    """billed = sum of filled steps."""
    return sum(model.filled_kw[d, step] for term, step in model.STEPS if term == d)


def peak_is_metered(model: pyo.ConcreteModel, d: int, t: int) -> object:
    """peak >= grid."""
    return model.peak_kw[d] - model.grid_kw[t] >= 0


def peak_is_metered_over_windows(model: pyo.ConcreteModel, d: int, window: int) -> object:
    """peak >= mean of grid over the window."""
    return model.peak_kw[d] - _window_mean_kw(model, d, window) >= 0


def _window_mean_kw(model: pyo.ConcreteModel, d: int, window: int) -> object:
    intervals = model.window_intervals[d, window]
    return sum(model.grid_kw[t] for t in intervals) / len(intervals)


def peak_is_billed(model: pyo.ConcreteModel, d: int) -> object:
    """billed >= own_fraction * peak."""
    return model.billed_kw[d] - model.own_fraction[d] * model.peak_kw[d] >= 0


def floor_is_billed(model: pyo.ConcreteModel, d: int) -> object:
    """billed >= floor."""
    return model.billed_kw[d] >= model.floor_kw[d]


def ratchet_is_billed(model: pyo.ConcreteModel, d: int, position: int) -> object:
    """billed >= fraction * peak of the linked term."""
    linked = model.linked_peak[d, position]
    return model.billed_kw[d] - model.ratchet_fraction[d, position] * model.peak_kw[linked] >= 0


def cheaper_step_is_opened(model: pyo.ConcreteModel, d: int, step: int) -> object:
    """filled[k] <= most * opened[k]."""
    return model.filled_kw[d, step] <= model.most_billed_kw * model.opened[d, step]


def steps_below_are_full(model: pyo.ConcreteModel, d: int, step: int, below: int) -> object:
    """filled[j] >= width[j] * opened[k] for every j below k."""
    return model.filled_kw[d, below] >= model.step_width_kw[d, below] * model.opened[d, step]


def billed_demand_has_a_cause(model: pyo.ConcreteModel, d: int, kind: str, index: int) -> object:
    """billed <= cause + most * (1 - chosen)."""
    slack_kw = model.most_billed_kw * (1 - model.chosen[d, kind, index])
    return model.billed_kw[d] <= _cause_kw(model, d, kind, index) + slack_kw


def _cause_kw(model: pyo.ConcreteModel, d: int, kind: str, index: int) -> object:
    if kind == "floor":
        return model.floor_kw[d]
    if kind.startswith("link"):
        position = int(kind.split()[1])
        linked = model.linked_peak[d, position]
        peak_kw = model.peak_so_far_kw[linked] if kind.endswith("so far") else model.grid_kw[index]
        return model.ratchet_fraction[d, position] * peak_kw
    metered = {"so far": lambda: model.peak_so_far_kw[d], "interval": lambda: model.grid_kw[index]}
    peak_kw = metered[kind]() if kind in metered else _window_mean_kw(model, d, index)
    return model.own_fraction[d] * peak_kw


def one_cause_is_chosen(model: pyo.ConcreteModel, d: int) -> object:
    """sum of chosen = 1."""
    return sum(model.chosen[key] for key in model.CAUSES if key[0] == d) == 1

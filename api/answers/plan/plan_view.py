"""Plans, reserves and certificates as tables for a terminal."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.printing import FirstThatFits
from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.domain import Binding, ReserveRequirement
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import DispatchPlan, PlanCost, PlanStatus, UpsTrajectory
from ridethrough.operation.ahead import Ahead
from ridethrough.operation.ceilings.expected import ExpectedChange
from ridethrough.optimizer.certificate.assumptions import NO_STATE
from ridethrough.tariffs.charges.kind import PLAN_FIGURES

_RESTING_KW = 0.05
_SAME_COST = 1e-6
_TOLERANCE_S = 1e-3
_SHORT_RUN_MIN = 60
_FEWEST_TRIMMED = 3
_MOST_MARKS = 100
_BLOCK_COLUMNS = ("from - to", "does", "kW", "price/kWh", "meter kW", "stored kWh", "reserve kWh", "rides through")
_WIDE_ONLY = ("price/kWh", "reserve kWh")
_BARS = "▁▂▃▄▅▆▇█"
_STYLES = {"charge": "cyan", "discharge": "yellow", "trim": "magenta", "rest": "dim"}
_PLURALS = {"coincident": "coincident peaks", "minimum": "minimum charges"}
_ALWAYS_SHOWN = ("energy", "demand", "battery wear", "total")
_BY_CEILINGS = "safe; the meter is held under ceilings that cost least on average over the futures"
_ADVICE = {
    "ride_through": "the ride-through of the policy",
    "capacity": "battery capacity: even full, it falls short",
    "inverter_power": "inverter rating: the surviving units cannot carry the protected load",
    "battery_power": "battery discharge limit: the surviving batteries cannot carry the protected load",
    "discharge_rate": "discharge rate: above what the maker's table covers",
    "recharge": "recharge: it takes longer than the policy allows, or never ends",
}


def plan_view(planned: PlannedDay) -> RenderableType:
    """A plan at a glance: is it safe, how much does it save, what do the batteries do."""
    plan = planned.plan
    day = f"{plan.horizon.start_of(0):%A %d %B %Y}"
    title = Text.assemble((planned.inputs.site.name or plan.site_id, "bold"), f"  {day}, {plan.horizon.timezone}")
    parts: list[RenderableType] = [Text(), title, Text(), _headline(plan, planned.ahead, planned.look_ahead_h)]
    if planned.ahead is not None:
        parts += [Text(), _peaks_table(planned.ahead, plan.currency)]
    parts += [_indented(f"! {warning}", "bold red") for warning in plan.warnings]
    parts += [Text(), _cost_table(plan), Text()]
    for ups in plan.ups:
        parts.append(FirstThatFits(_blocks_table(plan, ups), _blocks_table(plan, ups, narrow=True)))
        lines = (Padding(_sparkline(ups, most), (0, 0, 1, 2)) for most in (_MOST_MARKS, _MOST_MARKS // 2))
        parts.append(FirstThatFits(*lines))
    parts += [_indented(note, "dim") for note in _notes(planned)]
    return Group(*parts)


def _indented(line: str, style: str = "") -> RenderableType:
    """A line of text whose continuation is indented."""
    return Padding(Text(line, style=style), (0, 0, 0, 2))


def _peaks_table(ahead: Ahead, currency: str) -> RenderableType:
    """The peaks that the plan defends, and what one kW more of each would cost."""
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column("peak defended")
    for name in ("held under", "so far", f"{currency} a kW more"):
        table.add_column(name, justify="right")
    for peak in ahead.peaks:
        cells = (f"{peak.ceiling_kw:,.0f} kW", f"{peak.peak_so_far_kw:,.0f} kW", f"{peak.cost_per_kw:,.2f}")
        table.add_row(peak.charge, *cells)
    return table


def _expected(change: ExpectedChange, currency: str) -> Text:
    """A change of the bill in words: what is saved is a change below zero."""
    saved = change.mean <= 0
    words = f"{abs(change.mean):,.0f} {currency} {'less' if saved else 'more'} on the billing period's bill"
    return Text.assemble((words, "bold green" if change.mean < 0 else "dim"), f" ({_spread(change)})")


def _spread(change: ExpectedChange) -> str:
    """The range of 8 of 10 futures: amounts of the mean's own sense, or each with its own where the senses differ."""
    sense = -1 if change.mean <= 0 else 1
    amounts = sorted(round(sense * each) for each in (change.p10, change.p90))
    words = [f"{each:,}" for each in amounts]
    if amounts[0] < 0:
        words = [f"{abs(each):,} {'less' if each * sense <= 0 else 'more'}" for each in amounts]
    return f"in 8 of 10 futures {' to '.join(dict.fromkeys(words))}"


def _headline(plan: DispatchPlan, ahead: Ahead | None, look_ahead_h: float) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row("  Reserve", _safety(plan.certificate))
    if ahead is not None:
        table.add_row("  Expected", _expected(ahead.change, plan.currency))
        table.add_row("  To period end", _expected(ahead.change_to_period_end, plan.currency))
        by_ceilings = plan.status is PlanStatus.OPTIMAL and plan.optimality is None
        table.add_row("  Status", _BY_CEILINGS if by_ceilings else _status(plan))
        return table
    if plan.status is PlanStatus.OPTIMAL and plan.savings < 0 < look_ahead_h:
        return _prepared(table, plan, look_ahead_h)
    share = plan.savings / plan.baseline_cost.total if plan.baseline_cost.total > 0 else 0.0
    saving = f"{plan.savings:,.2f} {plan.currency}, {share:.2%} of the {plan.baseline_cost.total:,.2f} without the plan"
    table.add_row("  Saves", Text(saving, style="bold green" if plan.savings > 0 else "dim"))
    table.add_row("  Status", _status(plan))
    return table


def _prepared(table: Table, plan: DispatchPlan, look_ahead_h: float) -> Table:
    """Say that a day which costs more was planned together with the hours after it, whose saving is not shown."""
    after = f"the {look_ahead_h:g} h after it"
    table.add_row(
        "  Costs", f"{-plan.savings:,.2f} {plan.currency} more on this day, to prepare {after} (--look-ahead-h)"
    )
    table.add_row("  Status", f"{_status(plan)} over this day and {after} together")
    return table


def _safety(certificate: Certificate) -> Text:
    worst = certificate.worst
    failed = f"{worst.failed_units} unit{'' if worst.failed_units == 1 else 's'} failed"
    detail = f"{ride_through_text(certificate)} ({worst.ups_id}, {worst.start:%H:%M}, {failed})"
    if certificate.certified:
        return Text.assemble(
            ("kept", "bold green"), f": {certificate.outages_replayed} outages replayed, all ridden through; {detail}"
        )
    reasons = [*certificate.violations, *(f"not checked: {each}" for each in certificate.not_checked)]
    if certificate.failures:
        lost = f"{certificate.failures} of {certificate.outages_replayed} outages lose the load too early; {detail}"
        return Text.assemble(("NOT PROVEN", "bold red"), f": {lost}", *(f"\n{each}" for each in reasons))
    carried = f"no outage of {certificate.outages_replayed} loses the load, but the plan is refused"
    return Text.assemble(("NOT CERTIFIED", "bold red"), f": {carried}:", *(f"\n{each}" for each in reasons))


def ride_through_text(certificate: Certificate) -> str:
    """The worst outage in words."""
    worst = certificate.worst
    return f"at worst {_seconds(worst.ride_through_s)}, where {_seconds(worst.required_s)} are required"


def _seconds(seconds: float) -> str:
    """Whole seconds, rounded down: 299.6 s is never shown as 300."""
    return f"{math.floor(seconds + _TOLERANCE_S):,} s"


def _status(plan: DispatchPlan) -> str:
    gap = 0.0 if plan.optimality is None else plan.optimality.relative_gap
    if plan.status is PlanStatus.OPTIMAL and gap > _SAME_COST:
        return f"optimal within {max(gap, 1e-4):.2%} of the cost: setpoints too small for the site are left out"
    return {
        PlanStatus.OPTIMAL: "optimal: no safe plan costs less",
        PlanStatus.TIME_LIMIT: "time limit: safe, perhaps not the cheapest",
        PlanStatus.RECOVERY: "recovery: back to the reserve first, no trading",
        PlanStatus.HOLD: "hold: every battery stays as it is",
    }[plan.status]


def _cost_table(plan: DispatchPlan) -> RenderableType:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column(plan.currency)
    for name in ("without", "with the plan", "saves"):
        table.add_column(name, justify="right")
    for (figure, before), (_, after) in zip(_costs(plan.baseline_cost), _costs(plan.cost), strict=True):
        if before or after or figure in _ALWAYS_SHOWN:
            label = f"{figure}, for the whole month" if figure == "demand" else figure
            style = "bold" if figure == "total" else ""
            table.add_row(label, f"{before:,.2f}", f"{after:,.2f}", f"{before - after:,.2f}", style=style)
    return table


def _costs(cost: PlanCost) -> Iterator[tuple[str, float]]:
    yield from ((_PLURALS.get(figure, figure), cost.of(*kinds)) for figure, kinds in PLAN_FIGURES.items())
    yield "battery wear", cost.wear
    yield "total", cost.total


@dataclass(slots=True)
class _Block:
    """A run of intervals in which one system does the same."""

    action: str
    first: int
    last: int


def _blocks(plan: DispatchPlan, ups: UpsTrajectory) -> list[_Block]:
    """The day as runs of one action; successive short runs are combined and shown as following the meter."""
    runs = list(_runs(ups))
    shortest = _SHORT_RUN_MIN / plan.horizon.interval_minutes
    blocks: list[_Block] = []
    for brief, group in groupby(runs, key=lambda run: run.last - run.first + 1 < shortest):
        members = list(group)
        if brief and len(members) >= _FEWEST_TRIMMED:
            blocks.append(_Block(action="trim", first=members[0].first, last=members[-1].last))
        else:
            blocks += members
    return blocks


def _runs(ups: UpsTrajectory) -> Iterator[_Block]:
    powers = enumerate(zip(ups.charge_kw, ups.discharge_kw, strict=True))
    for action, group in groupby(powers, key=lambda each: _action(*each[1])):
        indices = [index for index, _ in group]
        yield _Block(action=action, first=indices[0], last=indices[-1])


def _action(charge_kw: float, discharge_kw: float) -> str:
    if max(charge_kw, discharge_kw) <= _RESTING_KW:
        return "rest"
    return "charge" if charge_kw > discharge_kw else "discharge"


def _blocks_table(plan: DispatchPlan, ups: UpsTrajectory, *, narrow: bool = False) -> RenderableType:
    """What a system does; the narrow table, for 80 columns, leaves out prices and the reserve at each time."""
    most_kwh = f", reserve up to {max(ups.reserve_kwh):,.1f} kWh" if narrow else ""
    table = Table(
        box=None,
        padding=(0, 1 if narrow else 2),
        header_style="dim",
        title=Text.assemble((f"  {ups.ups_id}", "bold"), most_kwh),
        title_justify="left",
    )
    left_out = _WIDE_ONLY if narrow else ()
    kept = [name not in left_out for name in _BLOCK_COLUMNS]
    for name in compress(_BLOCK_COLUMNS, kept):
        table.add_column(_stacked(name) if narrow else name, justify="left" if name in _BLOCK_COLUMNS[:2] else "right")
    for block in _blocks(plan, ups):
        table.add_row(*compress(_block_row(plan, ups, block), kept), style=_STYLES[block.action])
    return table


def _stacked(name: str) -> str:
    """The words of a column's name below each other, where their value is as narrow as one word."""
    return name.replace(" ", "\n") if name in ("stored kWh", "rides through") else name


def _block_row(plan: DispatchPlan, ups: UpsTrajectory, block: _Block) -> tuple[str, ...]:
    span = slice(block.first, block.last + 1)
    seconds = plan.certificate.ride_through_s[ups.ups_id][block.first : block.last + 2]
    start, end = plan.horizon.start_of(block.first), plan.horizon.start_of(block.last + 1)
    return (
        f"{start:%H:%M} - {end:%H:%M}",
        block.action,
        _power(block.action, ups.charge_kw[span], ups.discharge_kw[span]),
        _range(plan.price_per_kwh[span], 4),
        _range(plan.grid_kw[span], 0),
        f"{ups.stored_kwh[block.last + 1]:,.1f}",
        f"{ups.reserve_kwh[block.last + 1]:,.1f}",
        _seconds(min(seconds)),
    )


def _power(action: str, charge_kw: tuple[float, ...], discharge_kw: tuple[float, ...]) -> str:
    if action == "rest":
        return ""
    if action == "trim":
        return f"{-round(max(discharge_kw)):+,} .. {round(max(charge_kw)):+,}"
    return _range(charge_kw if action == "charge" else discharge_kw, 0)


def _range(values: tuple[float, ...] | list[float], digits: int) -> str:
    low, high = f"{min(values):,.{digits}f}", f"{max(values):,.{digits}f}"
    return low if low == high else f"{low} .. {high}"


def _sparkline(ups: UpsTrajectory, most_marks: int) -> Text:
    """Stored energy over the day, from the reserve (low) to the most it held (high), a mark for the lowest."""
    low, high = min(*ups.reserve_kwh, *ups.stored_kwh), max(ups.stored_kwh)
    width = max(high - low, 1e-9)
    each = math.ceil((len(ups.stored_kwh) - 1) / most_marks)
    lowest = [min(ups.stored_kwh[first : first + each]) for first in range(1, len(ups.stored_kwh), each)]
    marks = "".join(_BARS[round((stored - low) / width * (len(_BARS) - 1))] for stored in lowest)
    return Text.assemble(("stored  ", "dim"), (marks, "green"), (f"  {low:,.0f} to {high:,.0f} kWh", "dim"))


def _notes(planned: PlannedDay) -> Iterator[str]:
    yield from planned.assumptions
    yield from (note for note in planned.notes if NO_STATE not in note)
    provenance = planned.inputs.provenance
    if provenance.imputed:
        yield "imputed: " + "; ".join(f"{name} = {rule}" for name, rule in provenance.imputed.items())
    if provenance.defaulted:
        names = {name.rsplit(".", 1)[-1]: value for name, value in provenance.defaulted.items()}
        yield "defaults: " + ", ".join(f"{name} {value}" for name, value in names.items())
    solve_ms = planned.plan.timing_ms.get("solve")
    if solve_ms is not None:
        total_ms = sum(planned.plan.timing_ms.values())
        yield f"solved in {solve_ms:.1f} ms (model, solver and certificate together {total_ms:.0f} ms)"


def reserve_view(requirements: tuple[ReserveRequirement, ...]) -> RenderableType:
    """The reserve of each UPS system, and what decides it."""
    table = FirstThatFits(_reserve_table(requirements), _reserve_table(requirements, narrow=True))
    notes = [_indented(line, "" if each.feasible else "bold red") for each in requirements for line in _explain(each)]
    return Group(Text(), table, Text(), *notes, Text())


def _reserve_table(requirements: tuple[ReserveRequirement, ...], *, narrow: bool = False) -> Table:
    """A line for each UPS system; the narrow table, for 80 columns, leaves out the share of the capacity."""
    table = Table(box=None, padding=(0, 1 if narrow else 2), header_style="dim")
    table.add_column("UPS system", style="bold")
    for name in ("reserve", "of capacity", "to trade", "rides through", "required", "recharge"):
        if not narrow or name != "of capacity":
            table.add_column(_stacked(name) if narrow else name, justify="right")
    table.add_column("feasible")
    for each in requirements:
        table.add_row(
            Text(each.ups_id),
            f"{each.reserve_kwh:,.1f} kWh",
            *(() if narrow else (f"{each.reserve_fraction:.1%}",)),
            f"{each.tradable_kwh:,.1f} kWh",
            _seconds(each.ride_through_s),
            _seconds(each.required_s),
            f"{each.recharge_h:,.2f} h" if each.recharge_h < float("inf") else "never",
            Text("yes", style="green") if each.feasible else Text("NO", style="bold red"),
        )
    return table


def _explain(required: ReserveRequirement) -> Iterator[str]:
    yield (
        f"{required.ups_id}: {required.protected_load_kw:,.0f} kW protected for {required.required_s:,.0f} s needs "
        f"{required.need_kwh:,.1f} kWh DC at {required.c_rate:.2f} C, where {required.usable_fraction:.1%} is usable; "
        f"what binds: {_ADVICE[required.binding.value]}"
    )
    if len(required.build_up_s) > 1:
        terms = ", ".join(f"{term} {seconds:,.4g} s" for term, seconds in required.build_up_s.items())
        yield f"{required.ups_id}: {required.policy}: {terms}"
    for note in required.notes:
        yield f"{required.ups_id}: {note}"
    if required.loss_probability is not None:
        yearly = "" if required.losses_per_year is None else f", {required.losses_per_year:.3g} losses a year"
        yield f"{required.ups_id}: generators too late in {required.loss_probability:.3g} of outages{yearly}"
    if required.binding is Binding.RECHARGE:
        yield f"{required.ups_id}: ALARM: {_recharge(required)}"
    elif not required.feasible:
        yield (
            f"{required.ups_id}: ALARM: fully charged it is {required.deficit_kwh:,.1f} kWh and "
            f"{required.deficit_s:,.0f} s short with the worst tolerated failure; no trading"
        )


def _recharge(required: ReserveRequirement) -> str:
    if required.recharge_h < float("inf"):
        return f"recharging takes {required.recharge_h:,.2f} h, too long; no trading"
    return (
        "once it was used the reserve is never restored: at the protected load the rectifiers or the meter leave "
        "no power to charge with"
    )


def certificate_view(certificate: Certificate) -> RenderableType:
    """The result of the replay of outages."""
    assumed = (Text(f"  Assumes  {each}", style="dim") for each in certificate.assumes)
    return Group(Text(), Text.assemble("  Reserve  ", _safety(certificate)), *assumed, Text())

"""A plan at a glance, for a terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.plan.blocks_view import blocks_views, conditions_lines, days_of_plan
from ridethrough.api.answers.plan.certificate_view import safety_line
from ridethrough.api.answers.plan.expected_view import expected_change
from ridethrough.api.answers.terminal import indented
from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.domain.plan import DispatchPlan, PlanCost, PlanStatus
from ridethrough.operation.ahead import Ahead
from ridethrough.optimizer.certificate.assumptions import NO_STATE
from ridethrough.tariffs.charges.kind import PLAN_FIGURES

_SAME_COST = 1e-6
_PLURALS = {"coincident": "coincident peaks", "minimum": "minimum charges"}
_ALWAYS_SHOWN = ("energy", "demand", "battery wear", "total")
_BY_CEILINGS = "safe; the meter is held under ceilings that cost least on average over the futures"


def plan_view(planned: PlannedDay) -> RenderableType:
    """A plan at a glance: is it safe, how much does it save, what do the batteries do."""
    plan = planned.plan
    days = days_of_plan(plan.horizon)
    title = Text.assemble((planned.inputs.site.name or plan.site_id, "bold"), f"  {days}, {plan.horizon.timezone}")
    parts: list[RenderableType] = [Text(), title, Text(), _headline(plan, planned.ahead, planned.look_ahead_h)]
    if planned.ahead is not None:
        parts += [Text(), _peaks_table(planned.ahead, plan.currency)]
    parts += [indented(Text(f"! {warning}", style="bold red")) for warning in plan.warnings]
    parts += [Text(), _cost_table(plan), Text()]
    lines = [indented(Text(line, style="bold")) for line in conditions_lines(plan)]
    parts += [*lines, Text()] if lines else []
    for ups in plan.ups:
        parts += blocks_views(plan, ups)
    parts += [indented(Text(note, style="dim")) for note in _notes(planned)]
    return Group(*parts)


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


def _headline(plan: DispatchPlan, ahead: Ahead | None, look_ahead_h: float) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row("  Reserve", safety_line(plan.certificate))
    if ahead is not None:
        table.add_row("  Expected", expected_change(ahead.change, plan.currency))
        table.add_row("  To period end", expected_change(ahead.change_to_period_end, plan.currency))
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

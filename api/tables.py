"""Plans, reserves and certificates for people to read in a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.planning import PlannedDay
from domain import ReserveRequirement
from domain.certificate import Certificate
from domain.plan import DispatchPlan, PlanStatus, UpsTrajectory

_RESTING_KW = 0.05
_BARS = " ▁▂▃▄▅▆▇█"
_ADVICE = {
    "ride_through": "the ride-through of the policy",
    "capacity": "battery capacity: even full, it falls short",
    "inverter_power": "inverter rating: the surviving units cannot carry the protected load",
    "battery_power": "battery discharge limit: the surviving batteries cannot carry the protected load",
    "discharge_rate": "discharge rate: above what the maker's table covers",
}


def plan_view(planned: PlannedDay) -> RenderableType:
    """A plan at a glance: is it safe, what does it save, what do the batteries do."""
    plan = planned.plan
    day = f"{plan.horizon.start_of(0):%A %d %B %Y}"
    title = Text.assemble((planned.inputs.site.name or plan.site_id, "bold"), f"  {day}, {plan.horizon.timezone}")
    parts: list[RenderableType] = [Text(), title, Text(), _headline(plan)]
    parts += [Padding(Text(f"! {warning}", style="bold red"), (0, 0, 0, 2)) for warning in plan.warnings]
    parts += [Text(), _cost_table(plan), Text()]
    for ups in plan.ups:
        parts += [_blocks_table(plan, ups), Padding(_sparkline(ups), (0, 0, 1, 2))]
    parts += [Text(f"  {note}", style="dim") for note in _notes(planned)]
    return Group(*parts)


def _headline(plan: DispatchPlan) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row("  Reserve", _safety(plan.certificate))
    colour = "green" if plan.savings > 0 else "dim"
    share = plan.savings / plan.baseline_cost.total if plan.baseline_cost.total > 0 else 0.0
    saving = Text(f"{plan.savings:,.2f} {plan.currency} ({share:.2%} of the day's {plan.baseline_cost.total:,.2f})")
    table.add_row("  Saves", Text(saving.plain, style=f"bold {colour}"))
    table.add_row("  Status", _status(plan.status))
    return table


def _safety(certificate: Certificate) -> Text:
    worst = certificate.worst
    failed = f"{worst.failed_units} unit{'' if worst.failed_units == 1 else 's'} failed"
    seconds = f"worst {worst.ride_through_s:.0f} s of {worst.required_s:.0f} s"
    detail = f"{seconds}, {worst.ups_id} at {worst.start:%H:%M} with {failed}"
    if certificate.certified:
        return Text.assemble(
            ("kept", "bold green"), f": {certificate.outages_replayed} outages replayed, all ridden through; {detail}"
        )
    reasons = f"{certificate.failures} of {certificate.outages_replayed} outages lose the load too early"
    return Text.assemble(
        ("NOT PROVEN", "bold red"), f": {reasons}; {detail}", *(f"\n{v}" for v in certificate.violations)
    )


def _status(status: PlanStatus) -> str:
    return {
        PlanStatus.OPTIMAL: "optimal: no safe plan costs less",
        PlanStatus.TIME_LIMIT: "time limit: safe, perhaps not the cheapest",
        PlanStatus.RECOVERY: "recovery: back to the reserve first, no trading",
        PlanStatus.HOLD: "hold: every battery stays as it is",
    }[status]


def _cost_table(plan: DispatchPlan) -> RenderableType:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column("")
    for name in ("without", "with the plan", "saves"):
        table.add_column(name, justify="right")
    for name in ("energy", "demand", "coincident", "minimum", "wear", "total"):
        before, after = getattr(plan.baseline_cost, name), getattr(plan.cost, name)
        if name in {"coincident", "minimum"} and before == after == 0:
            continue
        style = "bold" if name == "total" else ""
        table.add_row(name, f"{before:,.2f}", f"{after:,.2f}", f"{before - after:,.2f}", style=style)
    return table


@dataclass(slots=True)
class _Block:
    """A run of intervals in which one system does one thing."""

    action: str
    first: int
    last: int


def _blocks(ups: UpsTrajectory) -> Iterator[_Block]:
    block: _Block | None = None
    for index, (charge, discharge) in enumerate(zip(ups.charge_kw, ups.discharge_kw, strict=True)):
        action = "charge" if charge > _RESTING_KW else "discharge" if discharge > _RESTING_KW else "rest"
        if block is None or action != block.action:
            if block is not None:
                yield block
            block = _Block(action=action, first=index, last=index)
        block.last = index
    if block is not None:
        yield block


def _blocks_table(plan: DispatchPlan, ups: UpsTrajectory) -> RenderableType:
    table = Table(
        box=None, padding=(0, 2), header_style="dim", title=f"  {ups.ups_id}", title_justify="left", title_style="bold"
    )
    table.add_column("from - to")
    table.add_column("does")
    for name in ("kW", "price/kWh", "meter kW", "stored kWh", "reserve kWh", "rides through"):
        table.add_column(name, justify="right")
    style = {"charge": "cyan", "discharge": "yellow", "rest": "dim"}
    for block in _blocks(ups):
        table.add_row(*_block_row(plan, ups, block), style=style[block.action])
    return table


def _block_row(plan: DispatchPlan, ups: UpsTrajectory, block: _Block) -> tuple[str, ...]:
    span = slice(block.first, block.last + 1)
    power = [max(pair) for pair in zip(ups.charge_kw[span], ups.discharge_kw[span], strict=True)]
    seconds = plan.certificate.ride_through_s[ups.ups_id][block.first : block.last + 2]
    start, end = plan.horizon.start_of(block.first), plan.horizon.start_of(block.last + 1)
    return (
        f"{start:%H:%M} - {end:%H:%M}",
        block.action,
        "" if block.action == "rest" else _range(power, 0),
        _range(plan.price_per_kwh[span], 4),
        _range(plan.grid_kw[span], 0),
        f"{ups.stored_kwh[block.last + 1]:,.1f}",
        f"{ups.reserve_kwh[block.last + 1]:,.1f}",
        f"{min(seconds):,.0f} s",
    )


def _range(values: tuple[float, ...] | list[float], digits: int) -> str:
    low, high = f"{min(values):,.{digits}f}", f"{max(values):,.{digits}f}"
    return low if low == high else f"{low} .. {high}"


def _sparkline(ups: UpsTrajectory) -> Text:
    """Stored energy over the day, from the reserve (low) to the most it held (high)."""
    low, high = min(*ups.reserve_kwh, *ups.stored_kwh), max(ups.stored_kwh)
    width = max(high - low, 1e-9)
    marks = "".join(_BARS[round((stored - low) / width * (len(_BARS) - 1))] for stored in ups.stored_kwh[1:])
    return Text.assemble(("stored  ", "dim"), (marks, "green"), (f"  from {low:,.0f} to {high:,.0f} kWh", "dim"))


def _notes(planned: PlannedDay) -> Iterator[str]:
    yield from planned.assumptions
    yield from planned.notes
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
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("UPS system", style="bold")
    for name in ("reserve", "of capacity", "to trade", "rides through", "required", "recharge"):
        table.add_column(name, justify="right")
    table.add_column("feasible")
    for each in requirements:
        table.add_row(
            each.ups_id,
            f"{each.reserve_kwh:,.1f} kWh",
            f"{each.reserve_fraction:.1%}",
            f"{each.tradable_kwh:,.1f} kWh",
            f"{each.ride_through_s:,.0f} s",
            f"{each.required_s:,.0f} s",
            f"{each.recharge_h:,.2f} h" if each.recharge_h < float("inf") else "never",
            Text("yes", style="green") if each.feasible else Text("NO", style="bold red"),
        )
    notes = [
        Text(f"  {line}", style="" if each.feasible else "bold red") for each in requirements for line in _explain(each)
    ]
    return Group(Text(), table, Text(), *notes, Text())


def _explain(required: ReserveRequirement) -> Iterator[str]:
    yield (
        f"{required.ups_id}: {required.protected_load_kw:,.0f} kW protected for {required.required_s:,.0f} s needs "
        f"{required.need_kwh:,.1f} kWh DC at {required.c_rate:.2f} C, where {required.usable_fraction:.1%} is usable; "
        f"what binds: {_ADVICE[required.binding.value]}"
    )
    if not required.feasible:
        yield (
            f"{required.ups_id}: ALARM: fully charged it is {required.deficit_kwh:,.1f} kWh and "
            f"{required.deficit_s:,.0f} s short with the worst tolerated failure; no trading"
        )


def certificate_view(certificate: Certificate) -> RenderableType:
    """What the replay of outages found."""
    return Group(Text(), Text.assemble("  Reserve  ", _safety(certificate)), Text())

"""Reserves as a table for a terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.terminal import FirstThatFits, indented, stacked, whole_seconds
from ridethrough.domain import Binding, ReserveRequirement

_ADVICE = {
    "ride_through": "the ride-through of the policy",
    "capacity": "battery capacity: even full, it falls short",
    "inverter_power": "inverter rating: the surviving units cannot carry the protected load",
    "battery_power": "battery discharge limit: the surviving batteries cannot carry the protected load",
    "discharge_rate": "discharge rate: above what the maker's table covers",
    "recharge": "recharge: it takes longer than the policy allows, or never ends",
}


def reserve_view(requirements: tuple[ReserveRequirement, ...]) -> RenderableType:
    """The reserve of each UPS system, and what decides it."""
    table = FirstThatFits(_reserve_table(requirements), _reserve_table(requirements, narrow=True))
    notes = [
        indented(Text(line, style="" if each.feasible else "bold red"))
        for each in requirements
        for line in _explain(each)
    ]
    return Group(Text(), table, Text(), *notes, Text())


def _reserve_table(requirements: tuple[ReserveRequirement, ...], *, narrow: bool = False) -> Table:
    """A line for each UPS system; the narrow table, for 80 columns, leaves out the share of the capacity."""
    table = Table(box=None, padding=(0, 1 if narrow else 2), header_style="dim")
    table.add_column("UPS system", style="bold")
    for name in ("reserve", "of capacity", "to trade", "rides through", "required", "recharge"):
        if not narrow or name != "of capacity":
            table.add_column(stacked(name) if narrow else name, justify="right")
    table.add_column("feasible")
    for each in requirements:
        table.add_row(
            Text(each.ups_id),
            f"{each.reserve_kwh:,.1f} kWh",
            *(() if narrow else (f"{each.reserve_fraction:.1%}",)),
            f"{each.tradable_kwh:,.1f} kWh",
            whole_seconds(each.ride_through_s),
            whole_seconds(each.required_s),
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

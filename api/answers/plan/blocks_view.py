"""What one UPS system does over a plan: a table of blocks, and a line of the stored energy."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import compress, groupby

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.terminal import FirstThatFits, stacked, whole_seconds
from ridethrough.domain import Horizon
from ridethrough.domain.conditions import ConditionKind, ConditionPhase
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.operation.actions import Phase, clock, phases_of

_RESTING_KW = 0.05
_SHORT_RUN_MIN = 60
_FEWEST_TRIMMED = 3
_MOST_MARKS = 100
_COLUMNS = ("from - to", "does", "kW", "price/kWh", "meter kW", "stored kWh", "reserve kWh", "rides through")
_WIDE_ONLY = ("price/kWh", "reserve kWh")
_BARS = "▁▂▃▄▅▆▇█"
_HELD_FOR = {
    ConditionKind.STORM: "storm",
    ConditionKind.GRID_ALERT: "alert",
    ConditionKind.MAINTENANCE: "service",
    ConditionKind.GENERATOR_TEST: "test",
    ConditionKind.GENERATOR_UNAVAILABLE: "hold",
}
"""What a battery rests for while a condition holds."""
_STYLES = {"charge": "cyan", "discharge": "yellow", "trim": "magenta", "rest": "dim"}


@dataclass(slots=True)
class _Block:
    """A run of intervals in which one system does the same, in one phase of a condition."""

    action: str
    first: int
    last: int
    phase: Phase | None


def blocks_views(plan: DispatchPlan, ups: UpsTrajectory) -> Iterator[RenderableType]:
    """A system's blocks and, below them, its stored energy."""
    yield FirstThatFits(_blocks_table(plan, ups), _blocks_table(plan, ups, narrow=True))
    lines = (Padding(_stored_line(ups, most), (0, 0, 1, 2)) for most in (_MOST_MARKS, _MOST_MARKS // 2))
    yield FirstThatFits(*lines)


def days_of_plan(horizon: Horizon) -> str:
    """The local day of a plan in words, or its days where it covers more than one."""
    first, *later = _local_days(horizon)
    if not later:
        return f"{first:%A %d %B %Y}"
    year = "" if later[-1].year == first.year else " %Y"
    return f"{first:{f'%A %d %B{year}'}} and {later[-1]:%A %d %B %Y}"


def _local_days(horizon: Horizon) -> list[date]:
    """The first local day of a plan, and the last one if it is another."""
    return list(dict.fromkeys(horizon.start_of(index).date() for index in (0, horizon.intervals - 1)))


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
    kept = [name not in left_out for name in _COLUMNS]
    for name in compress(_COLUMNS, kept):
        table.add_column(stacked(name) if narrow else name, justify="left" if name in _COLUMNS[:2] else "right")
    for block in _blocks(plan, ups):
        table.add_row(*compress(_block_row(plan, ups, block), kept), style=_STYLES[block.action])
    return table


def _blocks(plan: DispatchPlan, ups: UpsTrajectory) -> list[_Block]:
    """The day as runs of one action; successive short runs are combined and shown as following the meter."""
    runs = list(_runs(plan, ups))
    shortest = _SHORT_RUN_MIN / plan.horizon.interval_minutes
    blocks: list[_Block] = []
    for brief, group in groupby(runs, key=lambda run: run.last - run.first + 1 < shortest):
        members = list(group)
        alike = len({id(each.phase and each.phase[0]) for each in members}) == 1
        if brief and alike and len(members) >= _FEWEST_TRIMMED:
            phase = members[0].phase
            blocks.append(_Block(action="trim", first=members[0].first, last=members[-1].last, phase=phase))
        else:
            blocks += members
    return blocks


def _runs(plan: DispatchPlan, ups: UpsTrajectory) -> Iterator[_Block]:
    phases = phases_of(plan, ups.ups_id)
    actions = [_action(*powers) for powers in zip(ups.charge_kw, ups.discharge_kw, strict=True)]
    for (action, phase), group in groupby(range(len(actions)), key=lambda index: (actions[index], phases[index])):
        indices = list(group)
        yield _Block(action=action, first=indices[0], last=indices[-1], phase=phase)


def _action(charge_kw: float, discharge_kw: float) -> str:
    if max(charge_kw, discharge_kw) <= _RESTING_KW:
        return "rest"
    return "charge" if charge_kw > discharge_kw else "discharge"


def _block_row(plan: DispatchPlan, ups: UpsTrajectory, block: _Block) -> tuple[str, ...]:
    span = slice(block.first, block.last + 1)
    seconds = plan.certificate.ride_through_s[ups.ups_id][block.first : block.last + 2]
    start, end = plan.horizon.start_of(block.first), plan.horizon.start_of(block.last + 1)
    clock = "%H:%M" if len(_local_days(plan.horizon)) == 1 else "%a %H:%M"
    return (
        f"{start:{clock}} - {end:{clock}}",
        _does(block),
        _power(block.action, ups.charge_kw[span], ups.discharge_kw[span]),
        _range(plan.price_per_kwh[span], 4),
        _range(plan.grid_kw[span], 0),
        f"{ups.stored_kwh[block.last + 1]:,.1f}",
        f"{ups.reserve_kwh[block.last + 1]:,.1f}",
        whole_seconds(min(seconds)),
    )


def _does(block: _Block) -> str:
    """What a system does: at rest before, in or after a condition, why it rests."""
    if block.phase is None or block.action != "rest":
        return block.action
    condition, phase = block.phase
    if phase is ConditionPhase.HOLD_OFF:
        return "hold off"
    kind = condition.kind
    return _HELD_FOR[kind] if phase is ConditionPhase.HOLDS else "ramp"


def conditions_lines(plan: DispatchPlan) -> Iterator[str]:
    """Each condition in a sentence: when batteries are held off, when it holds, when they are back."""
    for each in plan.conditions:
        start, end = clock(plan, each.start), clock(plan, each.end)
        line = f"{each.name} from {start} to {end}: "
        if each.hold_off_from < each.start:
            line += f"nothing is discharged from {clock(plan, each.hold_off_from)} on, "
        line += "batteries are full and locked" if each.full_charge else "nothing is discharged while it holds"
        if each.ramp_until > each.end:
            line += f", then ramp back until {clock(plan, each.ramp_until)}"
        yield line[0].upper() + line[1:]


def _power(action: str, charge_kw: tuple[float, ...], discharge_kw: tuple[float, ...]) -> str:
    if action == "rest":
        return ""
    if action == "trim":
        return f"{-round(max(discharge_kw)):+,} .. {round(max(charge_kw)):+,}"
    return _range(charge_kw if action == "charge" else discharge_kw, 0)


def _range(values: tuple[float, ...] | list[float], digits: int) -> str:
    low, high = f"{min(values):,.{digits}f}", f"{max(values):,.{digits}f}"
    return low if low == high else f"{low} .. {high}"


def _stored_line(ups: UpsTrajectory, most_marks: int) -> Text:
    """Stored energy over the day, from the reserve (low) to the most it held (high), a mark for the lowest."""
    low, high = min(*ups.reserve_kwh, *ups.stored_kwh), max(ups.stored_kwh)
    width = max(high - low, 1e-9)
    each = math.ceil((len(ups.stored_kwh) - 1) / most_marks)
    lowest = [min(ups.stored_kwh[first : first + each]) for first in range(1, len(ups.stored_kwh), each)]
    marks = "".join(_BARS[round((stored - low) / width * (len(_BARS) - 1))] for stored in lowest)
    return Text.assemble(("stored  ", "dim"), (marks, "green"), (f"  {low:,.0f} to {high:,.0f} kWh", "dim"))

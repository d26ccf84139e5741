"""A plan as a picture: one self-contained page that fits a screen and prints on one sheet."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from markupsafe import Markup

from ridethrough.api.answers.plan.blocks_view import conditions_lines, days_of_plan
from ridethrough.api.answers.plan.plan_charts import plan_chart
from ridethrough.api.answers.plan.plan_json import alarms, plan_document
from ridethrough.api.answers.terminal import ride_through_text, whole_seconds
from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.charts import chart_figure, picture_page
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.operation.actions import Action, actions_of


def plan_page(planned: PlannedDay) -> str:
    """Draw price, meter, battery power and stored energy, with conditions, warnings and the blocks of the plan."""
    plan = planned.plan
    name = planned.inputs.site.name or plan.site_id
    chart = plan_chart(plan_document(planned), plan.horizon.timezone)
    head = Markup('<h1>{}</h1><p class="quiet">{}, times in {} · issued {}</p><p>{}</p>').format(
        name, days_of_plan(plan.horizon), plan.horizon.timezone, f"{plan.issued_at:%Y-%m-%d %H:%M %Z}", _summary(plan)
    )
    beside = Markup('<div class="beside"><div>{}</div><div>{}{}</div></div>').format(
        chart_figure(chart), _blocks(plan), _systems(plan)
    )
    return picture_page(
        f"{name}, {plan.horizon.start_of(0):%Y-%m-%d}", head + _conditions(plan) + _notes(planned) + beside
    )


def _summary(plan: DispatchPlan) -> Markup:
    """Is the plan safe, and how much does it save."""
    certificate, worst = plan.certificate, plan.certificate.worst
    refused = "RESERVE NOT PROVEN" if certificate.failures else "PLAN NOT CERTIFIED"
    proof = ("good", "reserve kept") if certificate.certified else ("bad", refused)
    status = Markup("") if plan.status is PlanStatus.OPTIMAL else Markup('<b class="bad">{}</b> · ').format(plan.status)
    return Markup('{}<b class="{}">{}</b> through {} outages, {} · saves {} {} of {}').format(
        status,
        *proof,
        f"{certificate.outages_replayed:,}",
        ride_through_text(worst.ride_through_s, worst.required_s),
        f"{plan.savings:,.2f}",
        plan.currency,
        f"{plan.baseline_cost.total:,.2f}",
    )


def _conditions(plan: DispatchPlan) -> Markup:
    """Each storm, alert or test: when batteries are held off, locked and back."""
    return _listed("Conditions", conditions_lines(plan))


def _notes(planned: PlannedDay) -> Markup:
    """Alarms and warnings, each once."""
    serious = alarms(planned.plan)
    lines = dict.fromkeys([*serious, *planned.plan.warnings, *planned.notes])
    return _listed("Warnings", lines, alarm=bool(serious))


def _listed(name: str, lines: Iterable[str], *, alarm: bool = False) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    if not items:
        return Markup("")
    section = Markup('<section class="notes{}" aria-label="{}"><ul>{}</ul></section>')
    return section.format(" alarm" if alarm else "", name, items)


def _blocks(plan: DispatchPlan) -> Markup:
    """The plan in blocks that a person would read out."""
    rows = Markup("").join(
        Markup('<tr><td class="t">{}</td><td>{}</td><td class="n">{}</td><td>{}</td></tr>').format(
            _times(plan, action), action.does, f"{action.kw:,.0f}" if action.kw else "", action.why
        )
        for action in actions_of(plan)
    )
    return Markup(
        '<table class="blocks"><caption>What the batteries do</caption><thead><tr><th>from - to</th><th>does</th>'
        '<th class="n">kW</th><th>why</th></tr></thead><tbody>{}</tbody></table>'
    ).format(rows)


def _systems(plan: DispatchPlan) -> Markup:
    """The lowest stored energy and ride-through of each system."""
    cell = Markup('<td class="n">{}</td>')
    rows = Markup("").join(
        Markup("<tr><td>{}</td>{}</tr>").format(name, Markup("").join(cell.format(figure) for figure in figures))
        for name, *figures in _system_rows(plan)
    )
    return Markup(
        '<table class="blocks"><caption>Each system at its lowest</caption><thead><tr><th>UPS system</th>'
        '<th class="n">stored, kWh</th><th class="n">reserve then, kWh</th><th class="n">rides through</th>'
        '<th class="n">required</th></tr>'
        "</thead><tbody>{}</tbody></table>"
    ).format(rows)


def _system_rows(plan: DispatchPlan) -> Iterator[tuple[str, ...]]:
    for ups in plan.ups:
        margins = [stored - reserve for stored, reserve in zip(ups.stored_kwh, ups.reserve_kwh, strict=True)]
        index = margins.index(min(margins))
        held = min(plan.certificate.ride_through_s[ups.ups_id])
        required = plan.certificate.required_s[ups.ups_id]
        yield (
            ups.ups_id,
            f"{ups.stored_kwh[index]:,.1f}",
            f"{ups.reserve_kwh[index]:,.1f}",
            whole_seconds(held),
            whole_seconds(required),
        )


def _times(plan: DispatchPlan, action: Action) -> str:
    days = plan.horizon.start_of(0).date() != plan.horizon.start_of(plan.horizon.intervals - 1).date()
    return f"{_clock(plan, action.start, days=days)} - {_clock(plan, action.end, days=days)}"


def _clock(plan: DispatchPlan, moment: datetime, *, days: bool) -> str:
    """A local time, with its day where the plan has several, with its offset where the clock changes in it."""
    first, last = plan.horizon.start_of(0), plan.horizon.start_of(plan.horizon.intervals)
    offset = f" {moment:%z}" if first.utcoffset() != last.utcoffset() else ""
    return f"{moment:%a %H:%M}{offset}" if days else f"{moment:%H:%M}{offset}"

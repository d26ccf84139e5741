"""What the page of what-if questions shows: the form, two outcomes side by side, and the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ridethrough.api.answers.plan.plan_charts import plan_chart
from ridethrough.api.answers.plan.plan_json import alarms, plan_document
from ridethrough.api.answers.terminal import whole_seconds
from ridethrough.api.cases.what_if import Changes, Outcome, WhatIf
from ridethrough.api.pages.quantities import kwh, money
from ridethrough.charts import chart_figure
from ridethrough.domain import Fault, UnableToAccept

RIDE_THROUGH, FAILURES, HEALTH, PRICES = (
    "ride_through_s",
    "tolerated_failures",
    "state_of_health",
    "market_prices_percent",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An input of the form: what was written, what holds now, its limits, and what is wrong with it."""

    name: str
    label: str
    value: str
    now: str
    least: str
    most: str
    step: str
    help: str
    fault: str = ""


def changes_of(written: Mapping[str, str]) -> Changes:
    """The changes that a form asks for; an empty input changes nothing.

    Raises `UnableToAccept` with every fault.
    """
    faults: list[Fault] = []

    def number(name: str) -> float | None:
        text = written.get(name, "").strip()
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            faults.append(Fault(field=name, value=text, allowed="a number"))
            return None

    failures = number(FAILURES)
    if failures is not None and not failures.is_integer():
        faults.append(Fault(field=FAILURES, value=failures, allowed="a whole number"))
        failures = None
    seconds_kept, health, percent = number(RIDE_THROUGH), number(HEALTH), number(PRICES)
    if faults:
        raise UnableToAccept(faults)
    return Changes(
        ride_through_s=seconds_kept,
        tolerated_failures=None if failures is None else int(failures),
        state_of_health=health,
        market_prices_percent=percent or 0.0,
    )


def fields_of(document: Mapping[str, Any], written: Mapping[str, str], faults: tuple[Fault, ...]) -> list[Field]:
    """The inputs of the form, with what the site has now as their hints."""
    (first, *_) = document["ups"]
    now = {
        RIDE_THROUGH: first.get("reserve", {}).get("ride_through_s", "by its policy"),
        FAILURES: first.get("tolerated_failures", 0),
        HEALTH: first.get("battery", {}).get("state_of_health", 1.0),
        PRICES: 0,
    }
    asked = (
        (RIDE_THROUGH, "Ride-through, s", "1", "86400", "1", "How long the protected load is carried."),
        (FAILURES, "Failures tolerated, units", "0", "20", "1", "How many units of a system may have failed."),
        (HEALTH, "State of health, 0 to 1", "0.01", "1", "0.01", "What is left of the batteries' capacity."),
        (PRICES, "Market prices, % more", "-90", "400", "1", "Every market price, by a percentage; below 0 is less."),
    )
    return [
        Field(
            name=name, label=label, value=written.get(name, ""), now=str(now[name]), least=least, most=most, step=step,
            help=text, fault=next((str(each.allowed) for each in faults if each.field.split(".")[-1] == name), ""),
        )
        for name, label, least, most, step, text in asked
    ]  # fmt: skip


def answer_parts(asked: WhatIf, timezone: str) -> dict[str, Any]:
    """Both outcomes as rows, and the changed plan as a chart."""
    document = plan_document(asked.changed.planned)
    currency = asked.changed.planned.plan.currency
    return {
        "day": f"{asked.day:%A %d %B %Y}",
        "is_changed": asked.changed is not asked.as_it_is,
        "rows": list(_rows(asked, currency)),
        "alarms": alarms(asked.changed.planned.plan)[:1],
        "chart": chart_figure(plan_chart(document, timezone)),
    }


def _rows(asked: WhatIf, currency: str) -> Iterator[Mapping[str, Any]]:
    def row(name: str, shown: tuple[str, str], *, bad: bool = False) -> Mapping[str, Any]:
        return {"name": name, "as_it_is": shown[0], "changed": shown[1], "bad": bad}

    both = (asked.as_it_is, asked.changed)
    proven = tuple("proven" if each.planned.plan.certificate.certified else "NOT PROVEN" for each in both)
    yield row("Reserve", (proven[0], proven[1]), bad=proven[1] != "proven")
    held = [each.planned.plan.certificate.worst for each in both]
    yield row("Rides through at worst", _pair([whole_seconds(each.ride_through_s) for each in held]))
    yield row("Required", _pair([whole_seconds(each.required_s) for each in held]))
    yield row("To trade above the reserve", _pair([kwh(each.tradable_kwh) for each in both]))
    yield row("Energy saved that day", _pair([money(each.worth.energy, currency) for each in both]))
    yield row("Wear that day", _pair([money(each.worth.wear, currency) for each in both]))
    yield row("Month's peaks lower by, if held all month", _pair([money(each.worth.peaks, currency) for each in both]))
    yield row("A year of such days", _pair([_year(each, currency) for each in both]))


def _year(outcome: Outcome, currency: str) -> str:
    return money(outcome.worth.of_such_a_year, currency)


def _pair(shown: list[str]) -> tuple[str, str]:
    return shown[0], shown[1]

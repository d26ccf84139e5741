"""What the page of battery life shows of the document that `GET /v1/sites/{id}/life` answers."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ridethrough.api.pages.quantities import kwh, money, percent
from ridethrough.charts import Categories, Chart, Panel, Series, Shape, Tone, chart_drawing

_SHOWN_YEARS = (0, 1, 2, 3, 5, 7, 10, 15, 20)
_Document = Mapping[str, Any]


def life_parts(document: _Document) -> dict[str, Any]:
    """The answer in words, figures, rows and a drawing."""
    chosen, currency = document["recommended"], document["currency"]
    ends, start = _day(chosen["reserve_fits_until"]), date.fromisoformat(document["from"])
    return {
        "sentence": _sentence(chosen, currency),
        "follow": _follow(chosen),
        "tiles": list(_tiles(chosen, currency, start)),
        "trades": chosen["life_price_per_kwh"] is not None,
        "ends": ends,
        "from": start,
        "chart": chart_drawing(_chart(document)),
        "points": [_point(each, currency) for each in document["points"]],
        "lasts_from": _lasts_from(document["lasts_from"], currency),
        "years": list(_years(document)),
        "rests": [_rest(each) for each in document["rest_below_full"]],
        "curve_doubts": document["curve_doubts"],
        "doubts": document["doubts"],
        "assumes": document["assumes"],
    }


def _sentence(chosen: _Document, currency: str) -> str:
    return f"{_taken(chosen, currency)}: {chosen['why']}."


def _taken(point: _Document, currency: str) -> str:
    price = point["life_price_per_kwh"]
    return "No trading" if price is None else f"Trade at a life of {price:,.0f} {currency}/kWh"


def _follow(chosen: _Document) -> str:
    scarcity = chosen["scarcity_cost_per_kwh"]
    return f"scarcity_cost_per_kwh: {scarcity:.0f}" if scarcity else ""


def _tiles(chosen: _Document, currency: str, start: date) -> Iterator[tuple[str, str, str, bool]]:
    """Label, figure, note, and whether it asks for a person."""
    ends, order = _day(chosen["reserve_fits_until"]), _day(chosen["order_by"])
    first = min(chosen["ups"], key=lambda each: each["reserve_fits_until"] or "9999")
    why = f"{first['id']} is the first: its full batteries then hold its reserve no longer" if ends else ""
    yield "The reserve fits until", _written(ends) or _beyond(chosen), why, False
    late = order is not None and order <= start
    due = f"it was due on {_written(order)}" if late else "so that new batteries are there on that day"
    ordered = "now" if late else _written(order) or "no date yet"
    yield "Order new batteries by", ordered, due if order else "", late
    yield "Saved a year", money(chosen["saved_per_year"], currency), "on the bill", False
    yield (
        "New batteries, a year",
        money(chosen["worn_per_year"], currency),
        "their cost over these batteries' life",
        False,
    )
    yield "Left a year", money(chosen["net_per_year"], currency), "the saving less new batteries", False


def _chart(document: _Document) -> Chart:
    """Trade above, life below, by the price of a life: the recommended point has a colour of its own."""
    points, currency = document["points"], document["currency"]
    names = tuple("none" if each["life_price_per_kwh"] is None else _price(each) for each in points)

    def bars(name: str, key: str, tone: Tone) -> Series:
        values = tuple(float(each[key]) for each in points)
        tones = tuple(Tone.GOOD if each["recommended"] else tone for each in points)
        return Series(name=name, values=values, shape=Shape.BARS, tone=tone, tones=tones)

    return Chart(
        title="Trade against life",
        description="What trading saves a year and how long batteries last, by the price that plans put on a life. "
        "The table below has the same figures.",
        axis=Categories(labels=names, head=f"price of a life, {currency}/kWh"),
        panels=(
            Panel(
                title="Saved a year",
                unit=currency,
                series=(bars("saved a year", "saved_per_year", Tone.WITH),),
                from_zero=True,
            ),
            Panel(
                title="Years until the reserve no longer fits",
                unit="years",
                series=(bars("life", "life_years", Tone.STORED),),
                from_zero=True,
            ),
        ),
    )


def _price(point: _Document) -> str:
    price = point["life_price_per_kwh"]
    return "no trading" if price is None else f"{price:,.0f}"


def _point(point: _Document, currency: str) -> dict[str, Any]:
    return {
        "price": _price(point),
        "recommended": point["recommended"],
        "saved": money(point["saved_per_year"], currency),
        "cycles": f"{point['full_cycles_per_year']:,.1f}",
        "years": f"{point['life_years']:,.1f}",
        "ends": _written(_day(point["reserve_fits_until"])) or _beyond(point),
        "worn": money(point["worn_per_year"], currency),
        "net": money(point["net_per_year"], currency),
    }


def _lasts_from(point: _Document | None, currency: str) -> str:
    if point is None:
        return ""
    ends = _day(point["reserve_fits_until"])
    until = f"until {_written(ends)}" if ends else _beyond(point)
    return (
        f"Batteries last long enough from a life of {_price(point)} {currency}/kWh on ({until}): a new battery, "
        f"{point['lost_window_per_kwh']:,.0f} for lost trading and {point['waiting_per_kwh']:,.0f} for waiting."
    )


def _years(document: _Document) -> Iterator[dict[str, Any]]:
    """The years of each system, to the first that is shown in which its reserve does not fit."""
    proven = {each["after_years"]: each["certified"] for each in document["certificates"]}
    for system in document["recommended"]["ups"]:
        fits = True
        for year in system["years"]:
            after = year["after_years"]
            if after in _SHOWN_YEARS and fits:
                fits = year["feasible"]
                yield {
                    "id": system["id"],
                    "after": f"{after} {'year' if after == 1 else 'years'}" if after else "today",
                    "health": percent(year["state_of_health"]),
                    "tradable": kwh(year["tradable_kwh"]),
                    "reserve": percent(year["reserve_fraction"]),
                    "fits": year["feasible"],
                    "proven": {True: "yes", False: "no", None: "not checked"}[proven.get(after)],
                }


def _rest(rest: _Document) -> str:
    return (
        f"{rest['id']}: resting at max_fraction {rest['max_fraction']:g} leaves "
        f"{percent(rest['state_of_health_after_10_years'])} of capacity after 10 years instead of "
        f"{percent(rest['at_full'])}."
    )


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def _written(day: date | None) -> str:
    return "" if day is None else f"{day.day} {day:%B %Y}"


def _beyond(point: _Document) -> str:
    return f"over {point['life_years']:,.0f} years"

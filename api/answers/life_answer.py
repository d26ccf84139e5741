"""The answer of `ridethrough life`: as a document, as rows, and as a table."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.terminal import indented
from ridethrough.api.cases.life import CertifiedYear
from ridethrough.domain import Site
from ridethrough.domain.wear.chemistries.known import CHEMISTRIES
from ridethrough.finance.life.future import LONGEST_YEARS, Future
from ridethrough.finance.life.trade_off import Point, TradeOff

_SHOWN_YEARS = (0, 1, 2, 3, 5, 7, 10, 15, 20)
_ASSUMES = (
    "trading is planned with perfect foresight over the days of the series: real trading earns less",
    "these days repeat all year, and their peaks are the peaks of every month",
    "capacity that is lost already was lost by time",
    "no test behind a fade law lasted ten years: later years are extrapolated",
)


def life_answer(site: Site, found: TradeOff, certified: tuple[CertifiedYear, ...]) -> Answer:
    """A trade-off: its rows are the points of the curve."""
    return Answer(
        document=lambda: {**_document(site, found), "certificates": [_certificate(each) for each in certified]},
        rows=lambda: [_point(point, found) for point in found.points],
        view=lambda: Group(_view(site, found, certified), _certified(certified), Text()),
    )


def _certificate(year: CertifiedYear) -> dict[str, Any]:
    proven = year.certificate
    return {
        "after_years": year.after_years,
        "state_of_health": {ups_id: round(health, 6) for ups_id, health in year.state_of_health.items()},
        "certified": proven.certified,
        "outages_replayed": proven.outages_replayed,
        "worst_ride_through_s": round(proven.worst_ride_through_s, 3),
        "required_s": max(proven.required_s.values(), default=0.0),
    }


def _certified(certified: tuple[CertifiedYear, ...]) -> Text:
    proven = [each.after_years for each in certified if each.certificate.certified]
    if len(proven) == len(certified):
        return Text(f"  a day's plan is certified at the capacity of each of the first {len(certified) - 1} years")
    refused = ", ".join(str(each.after_years) for each in certified if not each.certificate.certified)
    return Text(f"  a day's plan is not certified at the capacity after {refused} years", style="yellow")


def _document(site: Site, found: TradeOff) -> dict[str, Any]:
    return {
        "site_id": site.id,
        "currency": site.currency,
        "from": found.start.isoformat(),
        "points": [_point(point, found) for point in found.points],
        "recommended": {
            **_point(found.recommended, found),
            "why": found.why,
            "scarcity_cost_per_kwh": found.scarcity_cost_per_kwh and round(found.scarcity_cost_per_kwh, 6),
            "order_by": found.order_by and found.order_by.isoformat(),
            "ups": [_future(future) for future in found.recommended.futures],
        },
        "lasts_from": found.lasts_from
        and {
            **_point(found.lasts_from, found),
            "lost_window_per_kwh": round(found.lost_window_per_kwh, 6),
            "waiting_per_kwh": round(found.waiting_per_kwh, 6),
        },
        "rest_below_full": [
            {
                "id": rest.ups_id,
                "max_fraction": rest.fraction,
                "state_of_health_after_10_years": round(rest.health_below, 6),
                "at_full": round(rest.health_at_full, 6),
            }
            for rest in found.rests
        ],
        "assumes": [*_ASSUMES, *_caveats(site)],
        "curve_doubts": list(found.doubts),
        "doubts": list(_doubts(found)),
    }


def _point(point: Point, found: TradeOff) -> dict[str, Any]:
    price = point.life_price_per_kwh
    return {
        "life_price_per_kwh": None if price is None else round(price, 6),
        "saved_per_year": round(point.saved_per_year, 2),
        "full_cycles_per_year": round(point.full_cycles_per_year, 3),
        "life_years": round(point.life_years, 3),
        "reserve_fits_until": point.ends and point.ends.isoformat(),
        "worn_per_year": round(point.worn_per_year, 2),
        "net_per_year": round(point.net_per_year, 2),
        "recommended": point is found.recommended,
    }


def _future(future: Future) -> dict[str, Any]:
    return {
        "id": future.ups_id,
        "reserve_fits_until": future.reserve_fits_until and future.reserve_fits_until.isoformat(),
        "end_of_life": future.end_of_life and future.end_of_life.isoformat(),
        "years": [
            {
                "after_years": year.after_years,
                "state_of_health": round(year.state_of_health, 6),
                "tradable_kwh": round(year.tradable_kwh, 3),
                "reserve_fraction": round(year.reserve_fraction, 6),
                "feasible": year.feasible,
            }
            for year in future.years
        ],
    }


def _caveats(site: Site) -> Iterator[str]:
    """What limits the fade law of each chemistry, with the systems that have it."""
    systems: dict[str, list[str]] = {}
    for ups in site.ups:
        if ups.battery.wear is not None and ups.battery.wear.chemistry:
            systems.setdefault(ups.battery.wear.chemistry, []).append(ups.id)
    for name, ids in systems.items():
        chemistry = CHEMISTRIES[name]
        yield f"{', '.join(ids)}: fade as tested on {chemistry.cell} ({chemistry.source})"
        yield from (f"{name}: {caveat}" for caveat in chemistry.caveats)


def _doubts(found: TradeOff) -> Iterator[str]:
    yield from found.doubts
    for future in found.recommended.futures:
        yield from (f"{future.ups_id}: {doubt}" for doubt in future.doubts)


def _view(site: Site, found: TradeOff, certified: tuple[CertifiedYear, ...]) -> RenderableType:
    title = Text(f"  {site.name or site.id}: trade against life, from {found.start:%d %B %Y}", style="bold")
    notes = [indented(Text(note, style="dim")) for note in (*_ASSUMES, *_caveats(site))]
    warnings = [indented(Text(f"warning: {doubt}", style="yellow")) for doubt in _doubts(found)]
    advice = [indented(line) for line in _advice(site, found)]
    return Group(
        Text(), title, Text(), _curve(site, found), Text(), *advice, Text(), _years(found, certified), *warnings, *notes
    )


def _curve(site: Site, found: TradeOff) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    heads = (f"life, {site.currency}/kWh", "saved a year", "full cycles", "reserve fits until", "worn a year", "net")
    for name in heads:
        table.add_column(name, justify="right")
    for point in found.points:
        chosen = point is found.recommended
        price = point.life_price_per_kwh
        table.add_row(
            "no trading" if price is None else f"{price:,.0f}",
            f"{point.saved_per_year:,.0f}",
            f"{point.full_cycles_per_year:,.1f}",
            f"{point.ends}" if point.ends else f"over {LONGEST_YEARS} years",
            f"{point.worn_per_year:,.0f}",
            f"{point.net_per_year:,.0f}" + (" <" if chosen else "  "),
            style="bold" if chosen else "",
        )
    return table


def _advice(site: Site, found: TradeOff) -> Iterator[Text]:
    yield Text(f"recommended: {_taken(site, found.recommended)}; {found.why}")
    if found.scarcity_cost_per_kwh:
        yield Text(f"plans follow it by scarcity_cost_per_kwh: {found.scarcity_cost_per_kwh:,.0f}", style="dim")
    if found.lasts_from is not None:
        parts = f"{found.lost_window_per_kwh:,.0f} for lost trading and {found.waiting_per_kwh:,.0f} for waiting"
        lasts = f"until {found.lasts_from.ends}" if found.lasts_from.ends else f"over {LONGEST_YEARS} years"
        line = f"batteries last long enough from {_taken(site, found.lasts_from)} on ({lasts})"
        yield Text(f"{line}: a new battery, {parts}", style="dim")
    if found.order_by is not None:
        late = found.order_by < found.start
        yield Text(f"order a replacement {'now: it was due' if late else 'by'} {found.order_by}")
    for rest in found.rests:
        gained = f"{rest.health_below:.1%} of capacity after 10 years instead of {rest.health_at_full:.1%}"
        yield Text(f"{rest.ups_id}: resting at max_fraction {rest.fraction:g} leaves {gained}")
    if not found.rests:
        yield Text("resting below full gains nothing, or the reserve does not allow it")


def _taken(site: Site, point: Point) -> str:
    price = point.life_price_per_kwh
    return "no trading" if price is None else f"a life at {price:,.0f} {site.currency}/kWh"


def _years(found: TradeOff, certified: tuple[CertifiedYear, ...]) -> Table:
    proven = {each.after_years: "yes" if each.certificate.certified else "no" for each in certified}
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("after", "system", "state of health", "to trade", "reserve", "plan certified"):
        table.add_column(name, justify="right")
    for future in found.recommended.futures:
        for year in future.years:
            if year.after_years in _SHOWN_YEARS:
                table.add_row(
                    f"{year.after_years} y",
                    future.ups_id,
                    f"{year.state_of_health:.1%}",
                    f"{year.tradable_kwh:,.1f} kWh",
                    f"{year.reserve_fraction:.1%}" + ("" if year.feasible else ": does not fit"),
                    proven.get(year.after_years, ""),
                    style="" if year.feasible else "red",
                )
    return table

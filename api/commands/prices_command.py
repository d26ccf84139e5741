"""`ridethrough prices`: market prices of a zone as a series file, from where they are published."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from ridethrough.api.answers.printing import say
from ridethrough.api.reading.price_sources.named import PublishedPrices, SourceName
from ridethrough.api.reading.price_sources.price_source import FetchedPrices
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import zone as clock_of

EXIT_NOT_FETCHED = 69
"""A server that is needed gives no answer (EX_UNAVAILABLE of sysexits.h)."""
EXIT_NOT_ALL_THERE = 75
"""Try again later (EX_TEMPFAIL): some of the time has no prices yet."""


def prices(  # noqa: PLR0917 - one parameter an option
    source: Annotated[SourceName, typer.Argument(metavar="SOURCE", show_default=False, help="Who publishes them.")],
    zone: Annotated[str, typer.Option(help="The zone: DE_LU, FR, NO_2 ...; of openadr the id of a program.")],
    timezone: Annotated[str, typer.Option(help="The clock of the market's days.")],
    currency: Annotated[str, typer.Option(help="The currency of the site: no other one is taken.")],
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The local day; without it, tomorrow.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The address: required for openadr and csv.")] = None,
) -> None:
    """Print the prices of a local day as CSV; say on standard error what is missing, doubted or repaired."""
    from ridethrough.api.reading.price_sources.price_source import (  # noqa: PLC0415 - each command imports what it needs
        PriceQuestion,
        UnableToFetchPrices,
    )

    there, now = clock_of(timezone), datetime.now(UTC)
    first = now.astimezone(there).date() + timedelta(days=1) if day is None else _day(day)
    start, end = (datetime.combine(each, time(), there) for each in (first, first + timedelta(days=1)))
    question = PriceQuestion(zone=zone, start=start, end=end, now=now, currency=currency, timezone=timezone)
    try:
        found = _published(source, zone, url).at_source().fetch(question)
    except UnableToFetchPrices as error:
        say("error", [str(error)])
        raise typer.Exit(EXIT_NOT_FETCHED) from error
    say("note", found.notes)
    say("doubted", (each.reason for each in found.doubted))
    say("missing", (each.reason for each in found.missing))
    typer.echo(_csv(found, timezone), nl=False)
    if not found.is_complete:
        raise typer.Exit(EXIT_NOT_ALL_THERE)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        fault = Fault(field="--date", source="prices", value=written, allowed="a day such as 2026-07-01")
        raise UnableToAccept([fault]) from error


def _published(source: SourceName, zone: str, url: str | None) -> PublishedPrices:
    try:
        return PublishedPrices(source=source, zone=zone, url=url)
    except UnableToAccept as error:
        raise UnableToAccept(
            replace(fault, field=f"--{fault.field}", source="prices") for fault in error.faults
        ) from error


def _csv(found: FetchedPrices, timezone: str) -> str:
    there = clock_of(timezone)
    rows = [
        f"{(each.start + index * each.step).astimezone(there).isoformat(timespec='minutes')},{price:.10g}\n"
        for each in found.stretches
        for index, price in enumerate(each.price_per_kwh)
    ]
    return "start,price_per_kwh\n" + "".join(rows)

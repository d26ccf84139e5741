"""`ridethrough life`: trade against life, and when to order new batteries."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit


def life(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)],
    days: Annotated[int, typer.Option(help="How many days of the series stand for the year.")] = 7,
    today: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM-DD", help="The day from which lives count; without it today."),
    ] = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Show what trading costs in battery life, recommend a price of a life, and say when to order new batteries."""
    from ridethrough.api.answers.life_answer import life_answer  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.life import life_of  # noqa: PLC0415
    from ridethrough.api.reading.series.written_time import local_day  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415

    inputs, start = together(lambda: read_site_file(site), lambda: local_day(today, "--from"))
    found, certified = life_of(inputs, now=datetime.now(UTC), today=start, days=days)
    emit(life_answer(inputs.site, found, certified), form, out)

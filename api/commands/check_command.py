"""`ridethrough check`: everything that is wrong, doubtful or assumed about a site."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit

EXIT_DOUBTFUL = 1
EXIT_WRONG = 2


def check(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)],
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Say what is wrong, doubtful or assumed about a site; exit 0 where it is ready, 1 doubtful, 2 wrong."""
    from ridethrough.api.answers.check_view import check_answer  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.checking import Readiness, check_site_file  # noqa: PLC0415

    found = check_site_file(site, datetime.now(UTC))
    emit(check_answer(found), form, out)
    if found.verdict is not Readiness.READY:
        raise typer.Exit(EXIT_WRONG if found.verdict is Readiness.WRONG else EXIT_DOUBTFUL)

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
    equipment: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--equipment", help="Read every point of its equipment, and write none.")
    ] = False,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Say what is wrong, doubtful or assumed about a site; exit 0 where it is ready, 1 doubtful, 2 wrong."""
    if equipment:
        _check_equipment(site, form, out)
        return
    from ridethrough.api.answers.check_view import check_answer  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.checking import Readiness, check_site_file  # noqa: PLC0415

    found = check_site_file(site, datetime.now(UTC))
    emit(check_answer(found), form, out)
    if found.verdict is not Readiness.READY:
        raise typer.Exit(EXIT_WRONG if found.verdict is Readiness.WRONG else EXIT_DOUBTFUL)


def _check_equipment(site: Path, form: Format, out: Path | None) -> None:
    """The pre-flight check of the devices of a site."""
    from ridethrough.api.answers.equipment_view import equipment_answer  # noqa: PLC0415
    from ridethrough.api.cases.equipment import check_equipment, equipment_of, read_driven_site  # noqa: PLC0415
    from ridethrough.api.cases.site_checks import Severity  # noqa: PLC0415

    inputs = read_driven_site(site)
    devices = check_equipment(inputs.site, equipment_of(inputs))
    emit(equipment_answer(devices), form, out)
    found = {finding.severity for device in devices for finding in device.findings}
    if found:
        raise typer.Exit(EXIT_WRONG if Severity.WRONG in found else EXIT_DOUBTFUL)

"""`ridethrough study`: what trading would have saved in days past, in a closed loop."""

from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import EXIT_NO_SAFE_PLAN, Format, FormatOption, OutOption, emit, say


class InformationOption(StrEnum):
    """What plans are made from (`finance.study.study.Information`, which commands do not import to show their help)."""

    PERFECT = "perfect"
    DAY_AHEAD = "day-ahead"
    PERSISTENCE = "persistence"


class Replan(StrEnum):
    """How often plans are made."""

    DAILY = "daily"
    HOURLY = "hourly"


_HOURS = {Replan.DAILY: 24.0, Replan.HOURLY: 1.0}


FirstOption = Annotated[
    str,
    typer.Option("--from", metavar="YYYY-MM-DD", help="The first local day.", show_default=False),
]
LastOption = Annotated[
    str,
    typer.Option("--to", metavar="YYYY-MM-DD", help="The last local day.", show_default=False),
]
ReplanOption = Annotated[
    Replan | None,
    typer.Option(help="How often plans are made; hourly for day-ahead, else daily.", show_default=False),
]
CheckpointOption = Annotated[
    Path | None, typer.Option(help="Keep what is done in this file, and go on from it.", show_default=False)
]
ProjectOption = Annotated[
    Path | None, typer.Option(metavar="PROJECT.yaml", help="Costs and life, for a cash flow.", show_default=False)
]
WorkbookOption = Annotated[
    Path | None, typer.Option(metavar="FILE.xlsx", help="Write a workbook with live formulas.", show_default=False)
]
ReportOption = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Write a page to read and print.", show_default=False)
]


def study(  # noqa: PLR0917 - one parameter an option
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)],
    first: FirstOption,
    last: LastOption,
    information: Annotated[InformationOption, typer.Option(help="What plans are made from.", show_default=False)],
    replan: ReplanOption = None,
    checkpoint: CheckpointOption = None,
    project: ProjectOption = None,
    workbook: WorkbookOption = None,
    report: ReportOption = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Study what trading would have saved: plans from what was known, met by what happened, on the exact bill."""
    from ridethrough.api.answers.study.study_answer import study_answer  # noqa: PLC0415
    from ridethrough.api.answers.study.study_files import check_files, write_files  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.study_inputs import StudyRequest  # noqa: PLC0415
    from ridethrough.api.commands.study_run import run_study  # noqa: PLC0415
    from ridethrough.api.reading.series.written_time import local_day  # noqa: PLC0415
    from ridethrough.finance.reports.issue import Issue  # noqa: PLC0415
    from ridethrough.operation.planner import Information  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415

    check_files({"--out": out, "--checkpoint": checkpoint, "--workbook": workbook, "--report": report})
    first_day, last_day = together(lambda: local_day(first, "--from"), lambda: local_day(last, "--to"))
    asked = StudyRequest(
        first=first_day,
        last=last_day,
        information=Information(information.value),
        replanned_every_h=None if replan is None else _HOURS[replan],
    )
    studied = run_study(site, asked, project, checkpoint)
    issue = Issue(on=datetime.now().astimezone().date(), version=version("ridethrough"))
    write_files(studied, issue, workbook=workbook, report=report)
    emit(study_answer(studied), form, out)
    if studied.safety.outages_lost or studied.safety.violations:
        say("error", [studied.verdict.reason])
        raise typer.Exit(EXIT_NO_SAFE_PLAN)

"""`ridethrough study`: what trading would have saved in days past, in a closed loop."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ridethrough.api.answers.printing import EXIT_NO_SAFE_PLAN, Format, FormatOption, OutOption, emit, say

if TYPE_CHECKING:
    from ridethrough.api.cases.study_inputs import StudyRequest
    from ridethrough.finance.study.case import StudyCase
    from ridethrough.finance.study.study import Study

EXIT_INTERRUPTED = 130


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
    datetime,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The first local day.", show_default=False),
]
LastOption = Annotated[
    datetime,
    typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last local day.", show_default=False),
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
    from ridethrough.finance.reports.issue import Issue  # noqa: PLC0415
    from ridethrough.operation.planner import Information  # noqa: PLC0415

    check_files({"--out": out, "--checkpoint": checkpoint, "--workbook": workbook, "--report": report})
    asked = StudyRequest(
        first=first.date(),
        last=last.date(),
        information=Information(information.value),
        replanned_every_h=None if replan is None else _HOURS[replan],
    )
    studied = _studied(site, asked, project, checkpoint)
    issue = Issue(on=datetime.now().astimezone().date(), version=version("ridethrough"))
    write_files(studied, issue, workbook=workbook, report=report)
    emit(study_answer(studied), form, out)
    if studied.safety.outages_lost or studied.safety.violations:
        say("error", [studied.verdict.reason])
        raise typer.Exit(EXIT_NO_SAFE_PLAN)


def _studied(site: Path, asked: "StudyRequest", project: Path | None, checkpoint: Path | None) -> "Study":
    """Read the files, run the study, and value its saving; ends the command where a reserve is infeasible."""
    from ridethrough.api.cases.study_inputs import infeasible, planner_of, study_case, study_of  # noqa: PLC0415
    from ridethrough.api.cases.study_value import valued  # noqa: PLC0415
    from ridethrough.api.reading.project_file import read_project_file  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415

    inputs, venture = together(
        lambda: read_site_file(site), lambda: read_project_file(project) if project is not None else None
    )
    case = study_case(inputs, asked)
    lacking = infeasible(case)
    if lacking:
        say("error", lacking)
        raise typer.Exit(EXIT_NO_SAFE_PLAN)
    try:
        with _progress_bar() as progress:
            studied = study_of(case, planner_of(asked.information, case), checkpoint, progress)
    except KeyboardInterrupt:
        say("stopped", [_what_is_kept(checkpoint, case)])
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return valued(studied, inputs, venture, project.name if project is not None else "")


def _what_is_kept(checkpoint: Path | None, case: "StudyCase") -> str:
    from ridethrough.finance.study.checkpoints.checkpoint import kept_until  # noqa: PLC0415

    if checkpoint is None:
        return (
            "nothing is kept; with --checkpoint FILE every finished billing period is, and the command goes on from it"
        )
    kept = kept_until(checkpoint, case)
    if kept is None:
        return f"nothing is kept yet: {checkpoint} gets the first billing period when it is finished"
    return f"{checkpoint} keeps what is studied until {kept:%Y-%m-%d}; give the same command again to go on from there"


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("studying", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress

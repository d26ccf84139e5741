"""Running the study of a command: its files, its progress on the screen, and what is kept where it is stopped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from ridethrough.api.answers.printing import EXIT_NO_SAFE_PLAN, say
from ridethrough.api.cases.study_inputs import StudyRequest, infeasible, planner_of, study_case, study_of
from ridethrough.api.cases.study_value import valued
from ridethrough.api.reading.project_file import read_project_file
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint import kept_until
from ridethrough.finance.study.study import Study
from ridethrough.tariffs.documents.acceptance import together

EXIT_INTERRUPTED = 130


def run_study(site: Path, asked: StudyRequest, project: Path | None, checkpoint: Path | None) -> Study:
    """Read the files, run the study, and value its saving; ends the command where a reserve is infeasible."""
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


def _what_is_kept(checkpoint: Path | None, case: StudyCase) -> str:
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

"""The files of a study beside its answer: a workbook and a page. They are checked before the study begins."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from ridethrough.api.answers.printing import write
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.finance.reports.extra import UnableToWriteReport, xlsx_library
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.study.study import Study

_LIBRARIES: Mapping[str, Callable[[], ModuleType]] = {"--workbook": xlsx_library}


def check_files(files: Mapping[str, Path | None]) -> None:
    """Check before a study begins that its files can be written, by option.

    Raises `UnableToAccept` for a missing folder, the same file given twice, and a missing library.
    """
    faults = list(_faults({option: file for option, file in files.items() if file is not None}))
    if faults:
        raise UnableToAccept(faults)


def _faults(files: Mapping[str, Path]) -> Iterator[Fault]:
    seen: dict[Path, str] = {}
    for option, file in files.items():
        if not file.absolute().parent.is_dir() or file.is_dir():
            yield Fault(field=option, value=str(file), allowed="a file in an existing folder")
        first = seen.setdefault(file.absolute(), option)
        if first != option:
            yield Fault(field=option, value=str(file), allowed=f"another file than {first}")
        try:
            _LIBRARIES.get(option, lambda: None)()
        except UnableToWriteReport as error:
            yield Fault(field=option, value=str(file), allowed=f"left out: {error}")


def write_files(study: Study, issue: Issue, *, workbook: Path | None, report: Path | None) -> None:
    """Write the workbook and the page, if they are requested, each with its issue.

    Raises `UnableToAccept` for a file that cannot be written.
    """
    if workbook is not None:
        from ridethrough.finance.reports.workbook.workbook import write_study_workbook  # noqa: PLC0415 - a library that may not be there

        try:
            write_study_workbook(study, issue, workbook)
        except OSError as error:
            allowed = f"a file that can be written ({error.strerror})"
            raise UnableToAccept([Fault(field="--workbook", value=str(workbook), allowed=allowed)]) from error
    if report is not None:
        from ridethrough.finance.reports.page.page import study_page  # noqa: PLC0415 - Jinja2 is loaded where a page is asked for

        write(study_page(study, issue), report)

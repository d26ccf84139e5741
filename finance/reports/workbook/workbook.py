"""A savings study as a workbook: one sheet for each topic; every total is a live formula with its value.

The same study gives the same bytes: the date in the file's properties is the end of the studied time.
"""

import io
from pathlib import Path

from ridethrough.finance.reports.extra import xlsx_library
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.reports.workbook.bills import write_bills, write_lines
from ridethrough.finance.reports.workbook.project_inputs import write_project
from ridethrough.finance.reports.workbook.record import write_safety, write_series, write_wear
from ridethrough.finance.reports.workbook.savings import write_savings
from ridethrough.finance.reports.workbook.sheet import Book
from ridethrough.finance.reports.workbook.value import write_cash_flow, write_sensitivity
from ridethrough.finance.reports.workbook.words import write_assumptions, write_summary
from ridethrough.finance.study.study import Study

SHEETS = (
    "Summary",
    "Savings",
    "Bills",
    "Lines",
    "Safety",
    "Wear",
    "Project",
    "Cash flow",
    "Taxes",
    "Sensitivity",
    "Series",
    "Assumptions",
)


def study_workbook(study: Study, issue: Issue) -> bytes:
    """Write the study as an XLSX file; the saving is the difference of the two printed bills.

    These cells have names: `bill_without_trading`, `bill_with_trading`, `saving_on_the_bill`, `stored_energy`,
    `wear_cost` and `saving_after_wear`; `saving_of_a_year` if that is known; with a ceiling also
    `saving_with_perfect_foresight`; with a cash flow also `discount_rate`, `first_year_after`, `net_present_value`,
    `internal_rate_of_return`, and every input of the sheet Project. Raises `UnableToWriteReport` if XlsxWriter is not
    installed.
    """
    with io.BytesIO() as file:
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        workbook = xlsx_library().Workbook(file, options)
        end = study.horizon.end.replace(tzinfo=None)
        workbook.set_properties({"title": f"Savings study: {study.site_id}", "created": end})
        _write(Book(workbook, SHEETS, study.currency), study, issue)
        workbook.close()
        return file.getvalue()


def write_study_workbook(study: Study, issue: Issue, file: Path) -> None:
    """Write the study as an XLSX file; OSError if the file cannot be written."""
    file.write_bytes(study_workbook(study, issue))


def _write(book: Book, study: Study, issue: Issue) -> None:
    columns = write_bills(book, study, write_lines(book, study))
    write_savings(book, study, columns)
    write_safety(book, study)
    write_wear(book, study)
    write_project(book, study)
    write_cash_flow(book, study)
    write_sensitivity(book, study)
    write_series(book, study)
    write_assumptions(book, study)
    write_summary(book, study, issue)

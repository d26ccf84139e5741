import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import finance_studies as studies
import pytest
from finance_spreadsheet import Spreadsheet
from openpyxl import load_workbook
from programs_needed import needs

from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.project.project import Project, YearlyAmount
from ridethrough.finance.project.returns import Discounting
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.reports.extra import UnableToWriteReport
from ridethrough.finance.reports.wear_by_month import throughput_by_month
from ridethrough.finance.reports.workbook import record as record_module
from ridethrough.finance.reports.workbook import sheet as sheet_module
from ridethrough.finance.reports.workbook.workbook import SHEETS, study_workbook, write_study_workbook
from ridethrough.finance.study.study import Savings, Study
from ridethrough.tariffs.billing.bill import LineItem
from ridethrough.tariffs.tariff import Tariff

CASES = (studies.year, studies.month, studies.yen, studies.hostile)


def free() -> Study:
    """A tariff that charges nothing has bills without lines."""
    horizon = studies.horizon_of(studies.EASTERN, months=1, interval_minutes=60)
    tariff = Tariff(name="free of charge")
    return studies.study_of(tariff, horizon, [studies.trade(horizon, studies.load_of(horizon, mean_kw=400.0))])


def of(study: Study) -> Spreadsheet:
    return Spreadsheet(study_workbook(study, studies.ISSUE))


@cache
def book_of(case: Callable[[], Study]) -> Spreadsheet:
    """Read once, as reading takes long."""
    return of(case())


@pytest.mark.parametrize("case", [*CASES, free], ids=lambda case: case.__name__)
def test_every_formula_comes_to_the_value_that_stands_beside_it(case: Callable[[], Study]) -> None:
    book = book_of(case)
    formulas = list(book.formulas())
    assert len(formulas) > 30
    for sheet, cell, cached in formulas:
        worked_out = book.value(sheet, cell)
        assert worked_out == pytest.approx(cached, rel=1e-9, abs=1e-6), f"{sheet}!{cell}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_named_cells_hold_what_the_study_says(case: Callable[[], Study]) -> None:
    study, book = case(), book_of(case)
    assert book.named("bill_without_trading") == pytest.approx(float(study.baseline.total))
    assert book.named("bill_with_trading") == pytest.approx(float(study.bill.total))
    assert book.named("saving_on_the_bill") == pytest.approx(study.savings.on_the_bill, abs=1e-6)
    assert book.named("wear_cost") == pytest.approx(study.savings.wear)
    assert book.named("saving_after_wear") == pytest.approx(study.savings.total, abs=1e-6)
    assert book.named("stored_energy") == pytest.approx(study.savings.stored)
    if study.annual.value is None:
        assert study.annual.reason in book.texts("Summary")
    else:
        assert book.named("saving_of_a_year") == pytest.approx(study.annual.value, abs=1e-6)


def test_the_ceiling_and_the_cash_flow_are_those_of_the_study() -> None:
    study = studies.year()
    assert study.ceiling is not None
    assert study.cash_flow is not None
    book = book_of(studies.year)
    assert book.named("saving_with_perfect_foresight") == pytest.approx(study.ceiling.total)
    assert book.named("net_present_value") == pytest.approx(study.cash_flow.net_present_value)
    assert book.named("internal_rate_of_return") == pytest.approx(study.cash_flow.internal_rate_of_return.value)


def test_each_month_is_that_of_the_study() -> None:
    study = studies.year()
    book = book_of(studies.year)
    rows = {row[0].value: [cell.coordinate for cell in row] for row in book.book["Savings"].iter_rows()}
    for period in study.periods:
        figures = [book.value("Savings", cell) for cell in rows[period.label][1:8]]
        saved = period.savings
        expected = [
            saved.of("energy"),
            saved.of("demand"),
            saved.of("coincident"),
            saved.of("fixed", "minimum"),
            saved.stored,
            saved.wear,
            saved.total,
        ]
        assert figures == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("discounting", Discounting)
def test_the_present_value_follows_the_convention_of_the_project(discounting: Discounting) -> None:
    project = replace(studies.project_of(1000.0), discounting=discounting)
    flow = cash_flow(project)
    book = of(replace(studies.yen(), cash_flow=flow))
    assert book.named("net_present_value") == pytest.approx(flow.net_present_value)


def test_the_present_value_follows_the_discount_rate_that_is_put_in() -> None:
    project = studies.project_of(1000.0)
    book = of(replace(studies.yen(), cash_flow=cash_flow(project)))
    book.book["Cash flow"]["C3"] = 0.12
    dearer = cash_flow(replace(project, discount_rate=0.12))
    assert book.named("net_present_value") == pytest.approx(dearer.net_present_value)


def test_what_is_not_known_stands_with_its_reason() -> None:
    project = Project(life_years=3, discount_rate=0.05, savings=(YearlyAmount(name="bill", amount=10.0),))
    book = of(replace(studies.yen(), cash_flow=cash_flow(project)))
    texts = book.texts("Cash flow")
    assert "no line of the project has a cost" in texts
    assert any("never change their sign" in text for text in texts)
    assert "internal rate of return" not in book.texts("Summary")
    month = book_of(studies.month)
    assert "perfect foresight was not asked for" in month.texts("Summary")
    assert "no table says how many cycles the battery lasts" in month.texts("Wear")


def test_a_study_without_worth_or_ranges_says_so() -> None:
    book = book_of(studies.month)
    assert any("no cash flow" in text for text in book.texts("Cash flow"))
    assert any("no range" in text for text in book.texts("Sensitivity"))
    assert any("No input was varied" in text for text in book.texts("Sensitivity"))


def test_a_ceiling_that_loses_has_no_share() -> None:
    lost = Savings(by_kind={"energy": -1.0, "demand": 0.0}, wear=2.0)
    book = of(replace(studies.yen(), ceiling=lost))
    assert book.named("saving_with_perfect_foresight") == -3.0
    assert not [cell for cell in book.book["Savings"]["F"] if cell.data_type == "f" and "%" in cell.number_format]


def test_text_from_outside_is_never_a_formula() -> None:
    book, plain = book_of(studies.hostile), book_of(studies.month)
    assert len(list(book.formulas())) == len(list(plain.formulas()))
    assert f"=1+1 {studies.HOSTILE}" in book.texts("Assumptions")
    assert not [cell for sheet in book.book for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_a_product_at_half_a_cent_stands_as_the_bill_rounds_it() -> None:
    study = studies.yen()
    line = LineItem(charge="fixed", name="half", quantity=Decimal(1), unit="bill", rate=Decimal("0.125"))
    first = study.bill.periods[0]
    billed = replace(study.bill, periods=(replace(first, lines=(*first.lines, line)),))
    book = of(replace(study, bill=billed))
    (row,) = [row for row in book.book["Lines"].iter_rows() if row[4].value == "half"]
    assert (row[8].data_type, row[8].value) == ("n", 0.13)


@pytest.mark.parametrize(("case", "look"), [(studies.month, "#,##0.00"), (studies.yen, "#,##0")])
def test_amounts_have_the_decimals_of_their_currency(case: Callable[[], Study], look: str) -> None:
    book = book_of(case).book
    ((sheet, cell),) = book.defined_names["bill_with_trading"].destinations
    assert book[sheet][cell.replace("$", "")].number_format.split(";")[0] == look


def test_sheets_are_set_up_to_be_read_and_printed() -> None:
    book = book_of(studies.year).book
    assert tuple(book.sheetnames) == SHEETS
    assert book.active is not None
    assert book.active.title == "Summary"
    assert book["Lines"].freeze_panes == "A5"
    assert book["Bills"].freeze_panes == "C5"
    assert book["Lines"].print_title_rows == "$4:$4"
    assert book["Lines"].column_dimensions["E"].width > 40
    assert {sheet.page_setup.orientation for sheet in book} == {"landscape"}


def test_the_same_study_gives_the_same_bytes_dated_by_its_end() -> None:
    study = studies.yen()
    content = study_workbook(study, studies.ISSUE)
    assert content == study_workbook(study, studies.ISSUE)
    assert load_workbook(io.BytesIO(content)).properties.created == datetime(2025, 6, 30, 15, 0, 0)  # noqa: DTZ001 - UTC


@pytest.mark.parametrize(
    ("most", "minutes", "rows"), [(10_000, 30, 1440), (1000, 60, 720), (100, 1440, 30), (7, 6180, 7)]
)
def test_a_series_that_is_too_long_is_told_in_longer_rows(
    monkeypatch: pytest.MonkeyPatch, most: int, minutes: int, rows: int
) -> None:
    monkeypatch.setattr(record_module, "_MOST_ROWS", most)
    study = studies.yen()
    book = of(study)
    sheet = book.book["Series"]
    assert sheet.max_row == 7 + rows
    assert f"{minutes} minutes" in sheet["A2"].value
    kwh, highest = (book.value("Series", cell) for cell in ("D4", "D5"))
    assert kwh == pytest.approx(sum(study.grid_kw) / 2)
    assert highest == pytest.approx(max(study.grid_kw))


def test_one_range_stands_alone() -> None:
    drawn = Range(p10=1.0, p50=2.0, p90=3.0, mean=2.0, samples=5)
    assert "saving of a year" in of(replace(studies.yen(), range_of_year=drawn)).texts("Sensitivity")


def test_a_workbook_is_written_to_a_file(tmp_path: Path) -> None:
    write_study_workbook(studies.yen(), studies.ISSUE, tmp_path / "study.xlsx")
    assert (tmp_path / "study.xlsx").read_bytes() == study_workbook(studies.yen(), studies.ISSUE)


def test_a_library_that_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(UnableToWriteReport, match=r"XlsxWriter is not installed.*ridethrough\[reports\]"):
        study_workbook(studies.yen(), studies.ISSUE)


OFFICE, NEEDS_OFFICE = needs("soffice")
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""


@pytest.mark.long
@NEEDS_OFFICE
def test_a_real_spreadsheet_comes_to_the_same_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is given a file without any value of a formula, and works them out itself."""
    expected = book_of(studies.year)
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    (tmp_path / "study.xlsx").write_bytes(_with_zeros(monkeypatch))
    command = [str(OFFICE), f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out"), str(tmp_path / "study.xlsx")],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    calculated = load_workbook(tmp_path / "out" / "study.xlsx", data_only=True)
    for sheet, cell, cached in expected.formulas():
        assert calculated[sheet][cell].value == pytest.approx(cached, rel=1e-9, abs=1e-6), f"{sheet}!{cell}"


def _with_zeros(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The workbook of the year, with 0 beside every formula."""
    write = sheet_module.Book.__init__

    def begin(book: sheet_module.Book, workbook: object, sheets: tuple[str, ...], currency: str) -> None:
        write(book, workbook, sheets, currency)
        for sheet in book.workbook.worksheets():
            real = sheet.write_formula
            monkeypatch.setattr(
                sheet,
                "write_formula",
                lambda row, column, formula, look, _, real=real: real(row, column, formula, look),
            )

    monkeypatch.setattr(sheet_module.Book, "__init__", begin)
    return study_workbook(studies.year(), studies.ISSUE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_wear_is_shown_by_month_and_adds_up(case: Callable[[], Study]) -> None:
    study = case()
    months = throughput_by_month(study)
    assert len(months) == len(study.periods)
    for column, ups in enumerate(study.ups):
        assert sum(each[column] for each in months) == pytest.approx(ups.wear.throughput_kwh)
    first = next(each for each in study.bill.periods)
    hours = (first.end - first.start).total_seconds() / 3600
    given = sum(study.ups[0].discharge_kw[: round(hours / study.horizon.interval_h)]) * study.horizon.interval_h
    assert months[0][0] >= given - 1e-6, "what reaches the terminals left storage, with losses"
    assert "By month: out of storage, kWh" in book_of(case).texts("Wear")

"""`ridethrough study --project --workbook --report`: what a finance team gets from one command, and what is refused."""

import io
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import CommandResult, run, write_site
from openpyxl import load_workbook

from ridethrough.api.cases.study_inputs import StudyRequest, planner_of, study_case
from ridethrough.api.cases.study_value import valued
from ridethrough.api.reading.project_file import read_project
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.operation.planner import Information

EXAMPLES = Path(__file__).parents[3] / "examples"
COLO = EXAMPLES / "colo-hall" / "site.yaml"
PROJECT = EXAMPLES / "colo-hall" / "project.yaml"
AUGUST = ("--from", "2023-08-01", "--to", "2023-08-31", "--information", "perfect")
"""A whole billing period: a part of one says nothing of a year."""
DAY = ("--from", "2026-07-16", "--to", "2026-07-16", "--information", "perfect")


def refused(ran: CommandResult) -> list[str]:
    assert (ran.code, ran.out) == (2, ""), ran
    return [line.removeprefix("error: ") for line in ran.err.splitlines()]


def project_file(folder: Path, **fields: Any) -> Path:  # noqa: ANN401
    path = folder / "project.yaml"
    path.write_text(yaml.safe_dump({"life_years": 10, "discount_rate": 0.08, **fields}), encoding="utf-8")
    return path


def short_site(folder: Path) -> Path:
    """A site on whose tariff one day is a whole billing period."""
    read = {
        "name": "market prices, read every day",
        "cycle": {"read_dates": ["2026-07-15", "2026-07-16", "2026-07-17"]},
    }
    day = [0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4
    return write_site(folder, {"prices.values": day * 3, "tariff": read})


@pytest.fixture(scope="module")
def colo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("colo")
    files = ("--workbook", folder / "study.xlsx", "--report", folder / "study.html")
    return run("study", COLO, *AUGUST, "--project", PROJECT, *files, "--format", "json").document, folder


def test_the_json_holds_the_cash_flow(colo: tuple[dict[str, Any], Path]) -> None:
    document, _ = colo
    flow = document["cash_flow"]
    assert (flow["life_years"], flow["discount_rate"], flow["years"]) == (10, 0.08, list(range(2026, 2037)))
    assert flow["saving_of_first_year"] == document["annual_savings"]
    assert flow["net_present_value"] == pytest.approx(sum(flow["discounted_net"]), abs=1e-4)
    assert flow["net"][0] == -25000
    by_year = zip(*(line["amounts"] for line in flow["lines"]), strict=True)
    assert flow["net"] == pytest.approx([sum(year) for year in by_year])
    assert sum(line["present_value"] for line in flow["lines"]) == pytest.approx(flow["net_present_value"], abs=1e-4)
    assert flow["internal_rate_of_return"]["value"] > 1
    assert 0 < flow["discounted_payback_years"]["value"] < 1
    assert {line["kind"] for line in flow["lines"]} == {"savings", "cost", "capital", "federal_tax"}
    bars = document["tornado"]
    assert [set(bar) for bar in bars] == [{"name", "low", "high", "outcome_at_low", "outcome_at_high"}] * 3
    assert document["sources"]["project"] == "project.yaml"
    assert (document["range_of_year"], document["net_present_value_range"]) == (None, None)
    assert any(each.startswith("no range: 1 whole billing period") for each in document["warnings"])


def test_the_workbook_and_the_page_hold_what_the_json_does(colo: tuple[dict[str, Any], Path]) -> None:
    document, folder = colo
    book = load_workbook(io.BytesIO((folder / "study.xlsx").read_bytes()), data_only=True)
    ((sheet, cell),) = book.defined_names["net_present_value"].destinations
    assert book[sheet][cell].value == pytest.approx(document["cash_flow"]["net_present_value"])
    page = (folder / "study.html").read_text(encoding="utf-8")
    assert "Net present value" in page
    assert "project.yaml" in page


def test_the_table_says_what_it_is_worth(tmp_path: Path) -> None:
    ran = run(
        "study", short_site(tmp_path), *DAY, "--project", project_file(tmp_path, costs=[{"name": "x", "amount": 1}])
    )
    assert ran.code == 0
    for words in ("A year  saves", "Worth   net present value", "over 10 years at 8.0%", "discount rate, nominal"):
        assert words in ran.out
    assert "internal rate of return unknown: the amounts never change their sign" in ran.out
    assert "1 studied month represents the twelve of every year" in ran.out


def test_a_quarter_of_a_year_has_a_range(tmp_path: Path) -> None:
    values = ([0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4) * 93
    for hour in range(31 * 24, 62 * 24):
        values[hour] *= 1.5
    site = write_site(tmp_path, {"prices.values": values})
    asked = ("--from", "2026-07-15", "--to", "2026-10-14", "--information", "persistence")
    ran = run("study", site, *asked, "--format", "json")
    drawn = ran.document["range_of_year"]
    assert drawn["p10"] < drawn["p50"] < drawn["p90"]
    assert ran.document["warnings"] == ["no day before is on record: batteries float"]
    worth = run("study", site, *asked, "--project", project_file(tmp_path), "--format", "json").document
    assert worth["range_of_year"] == drawn
    assert worth["net_present_value_range"]["p10"] < worth["cash_flow"]["net_present_value"]
    assert "A year  saves" in run("study", site, *asked).out
    table = run("study", site, *asked, "--project", project_file(tmp_path)).out
    assert f"(its months redrawn: P10 {drawn['p10']:,.0f}, P50 {drawn['p50']:,.0f}, P90 {drawn['p90']:,.0f})" in table


def test_faults_of_both_files_are_listed_together(tmp_path: Path) -> None:
    project = project_file(tmp_path, life_years=0, discount_rate=-2)
    site = write_site(tmp_path, {"interval_minutes": 0})
    faults = refused(run("study", site, *DAY, "--project", project))
    assert [fault.split(" ")[1] for fault in faults] == ["interval_minutes", "life_years", "discount_rate"]


def test_files_that_cannot_be_written_are_refused_before_the_study(tmp_path: Path) -> None:
    site, same = short_site(tmp_path), tmp_path / "study.html"
    gone = tmp_path / "nowhere" / "study.xlsx"
    faults = refused(run("study", site, *DAY, "--out", same, "--workbook", gone, "--report", same))
    assert "--workbook" in faults[0]
    assert "another file than --out" in faults[1]
    assert "a file in an existing folder" in refused(run("study", site, *DAY, "--report", tmp_path))[0]


def test_a_workbook_that_cannot_be_written_after_all_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ridethrough.finance.reports.workbook.workbook.write_study_workbook", full)
    (fault,) = refused(run("study", short_site(tmp_path), *DAY, "--workbook", tmp_path / "a.xlsx"))
    assert "No space left on device" in fault


def test_a_missing_extra_is_named_before_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    (fault,) = refused(run("study", short_site(tmp_path), *DAY, "--workbook", tmp_path / "file"))
    assert "--workbook" in fault
    assert "pip install 'ridethrough[reports]'" in fault


def test_sources_name_what_there_is(tmp_path: Path) -> None:
    inputs = read_site_file(short_site(tmp_path))
    asked = StudyRequest(first=_DAY, last=_DAY, information=Information.PERFECT)
    case = study_case(inputs, asked)
    done = study(case, planner_of(Information.PERFECT, case), options=StudyOptions(ceiling=False))
    assert set(valued(done, inputs, None, "").sources) == {"site", "tariff"}
    worth = valued(done, inputs, read_project({"life_years": 1, "discount_rate": 0}, source="p.yaml"), "p.yaml")
    assert worth.sources["project"] == "p.yaml"


_DAY = date(2026, 7, 16)

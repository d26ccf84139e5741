"""The three customers of the examples, from their files as they were exported."""

import runpy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from documents import run

EXAMPLES = Path(__file__).parents[2] / "examples"
NEW_YORK_METER = "{time_column: [DATE, START TIME]}"


def cells(path: Path) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path, data_only=True).active.iter_rows(values_only=True))  # type: ignore[union-attr]


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "generate.py"))["main"](tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert len(written) == 5
    for name in written:
        if name.suffix == ".xlsx":
            assert cells(tmp_path / name) == cells(EXAMPLES / name)
        else:
            assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "day", "intervals"),
    [("frankfurt", "2025-10-26", 100), ("new-york", "2026-06-17", 96), ("tokyo", "2025-07-16", 48)],
)
def test_a_day_of_each_is_planned_and_certified(name: str, day: str, intervals: int) -> None:
    ran = run("plan", EXAMPLES / name / "site.yaml", "--date", day, "--format", "json")
    assert ran.code == 0, ran.err
    plan = ran.document
    assert plan["certificate"]["certified"]
    assert len(plan["intervals"]) == intervals
    said = "; ".join(plan["inputs"]["imputed"].values())
    assert "times are read by the clock of" in said


def test_the_prices_of_frankfurt_change_their_step_on_the_way() -> None:
    ran = run("plan", EXAMPLES / "frankfurt" / "site.yaml", "--date", "2025-10-01", "--format", "json")
    assert "the step changes from 60 to 15 minutes at 2025-10-01T00:00:00+02:00" in str(ran.document["inputs"])


def test_the_meter_of_new_york_is_billed_by_the_format_that_the_refusal_names() -> None:
    bill = ("bill", "coned-sc-9", "--meter", EXAMPLES / "new-york" / "meter.csv", "--timezone", "America/New_York")
    refused = run(*bill)
    assert refused.code == 2
    written = refused.err.partition("--csv-format '")[2].partition("'")[0]
    bills = [run(*bill, "--csv-format", each, "--format", "json") for each in (written, NEW_YORK_METER)]
    assert bills[0].document == bills[1].document
    kwh = sum(float(line.split(",")[4]) for line in _meter_lines())
    assert bills[0].document["periods"][0]["lines"][0]["quantity"] == pytest.approx(kwh)


def _meter_lines() -> list[str]:
    text = (EXAMPLES / "new-york" / "meter.csv").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("Electric usage")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "first", "last", "gains"),
    [
        ("frankfurt", "2025-10-01", "2025-10-31", True),
        ("new-york", "2026-06-01", "2026-06-30", True),
        ("tokyo", "2025-07-01", "2025-07-31", False),
    ],
)
def test_a_month_of_each_is_studied(name: str, first: str, last: str, *, gains: bool) -> None:
    ran = run(
        *("study", EXAMPLES / name / "site.yaml", "--from", first, "--to", last),
        *("--information", "persistence", "--format", "json"),
    )
    assert ran.code == 0, ran.err
    assert (ran.document["savings"]["total"] > 0) == gains

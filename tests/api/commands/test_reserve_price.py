"""`ridethrough reserve --price`: the curve of what a longer ride-through costs."""

import csv
import io
import json
from pathlib import Path

import documents
import pytest

from ridethrough.api.commands.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "ai-pod" / "site.yaml"


def run(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["reserve", str(EXAMPLE), "--price", "--date", "2026-07-01", *options])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_curve_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys)

    assert "what a longer ride-through costs" in text
    assert "3 min" in text
    assert "infeasible, no trading" in text


def test_the_curve_as_json_and_csv_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(run(capsys, "--format", "csv"))))

    assert document["date"] == "2026-07-01"
    assert document["prices"][0]["saving_lost"] == 0
    assert document["prices"][-1]["feasible"] is False
    assert [float(row["saving"]) for row in rows] == [price["saving"] for price in document["prices"]]


def test_a_reserve_that_is_infeasible_today_ends_with_3(tmp_path: Path) -> None:
    ran = documents.run("reserve", documents.write_site(tmp_path, {"ups.0.battery.nominal_kwh": 90}), "--price")

    assert ran.code == 3
    assert "infeasible" in ran.err


def test_a_date_without_a_price_is_refused() -> None:
    ran = documents.run("reserve", EXAMPLE, "--date", "2026-07-01")

    assert ran.code == 2
    assert "--date is '2026-07-01', must be left out without --price" in ran.err

import csv
import io
from dataclasses import replace
from decimal import Decimal

import finance_studies as studies
import pytest

from ridethrough.api.answers.printing import csv_text
from ridethrough.finance.reports.study_rows import COLUMNS, study_rows
from ridethrough.finance.study.study import Study


def rows_of(study: Study) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(list(study_rows(study)), COLUMNS))))


@pytest.mark.parametrize("study", [studies.year(), studies.month(), studies.yen()], ids=["year", "month", "yen"])
def test_the_sum_of_the_rows_is_what_the_study_saved(study: Study) -> None:
    rows = rows_of(study)
    assert tuple(rows[0]) == COLUMNS
    assert sum(Decimal(row["saving"]) for row in rows) == pytest.approx(
        Decimal(study.savings.total), abs=Decimal("0.01")
    )
    for column, bill in (("without_trading", study.baseline), ("with_trading", study.bill)):
        assert sum(Decimal(row[column] or 0) for row in rows) == bill.total


def test_there_is_one_row_a_period_and_kind_and_one_each_for_stored_energy_and_wear() -> None:
    rows = rows_of(studies.year())
    assert [row["kind"] for row in rows[:6]] == ["energy", "demand", "coincident", "fixed", "stored", "wear"]
    assert len(rows) == 6 * 12
    assert (rows[0]["period"], rows[0]["start"], rows[0]["end"]) == (
        "2025-01",
        "2025-01-01T00:00:00-05:00",
        "2025-02-01T00:00:00-05:00",
    )


def test_yen_have_no_cents() -> None:
    energy = rows_of(studies.yen())[0]
    assert energy["currency"] == "JPY"
    assert energy["without_trading"].isdigit()


def test_no_wear_is_not_minus_zero() -> None:
    study = studies.yen()
    period = study.periods[0]
    rested = replace(study, periods=(replace(period, savings=replace(period.savings, wear=0.0)),))
    assert rows_of(rested)[-1]["saving"] == "0"

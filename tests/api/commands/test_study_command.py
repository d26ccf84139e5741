"""`ridethrough study`: the examples end to end, the contract of its JSON, and every fault of its input."""

import csv
import io
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from documents import CommandResult, run, series_rows, site_document, write_site
from rich.console import Console

from ridethrough.api.answers.study.study_json import study_document
from ridethrough.api.answers.study.study_view import study_view
from ridethrough.api.cases.study_inputs import StudyRequest, planner_of, study_case
from ridethrough.api.commands import study_run
from ridethrough.api.reading.site_file import read_site, read_site_file
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.study import SafetyRecord
from ridethrough.operation.planner import Information

EXAMPLES = Path(__file__).parents[3] / "examples"
AI_POD = EXAMPLES / "ai-pod" / "site.yaml"
COLO = EXAMPLES / "colo-hall" / "site.yaml"
WEEK = ("--from", "2026-07-06", "--to", "2026-07-12")
COLO_WEEK = ("--from", "2023-08-14", "--to", "2023-08-20")


def studied(site: Path, *options: object, form: str = "json", information: str = "perfect") -> CommandResult:
    return run("study", site, *options, "--information", information, "--format", form)


def refused(ran: CommandResult) -> list[str]:
    assert (ran.code, ran.out) == (2, ""), ran
    return [line.removeprefix("error: ") for line in ran.err.splitlines()]


@pytest.fixture(scope="module")
def colo() -> dict[str, Any]:
    return studied(COLO, *COLO_WEEK).document


def test_json_holds_the_contract(colo: dict[str, Any]) -> None:
    assert (colo["site_id"], colo["information"], colo["currency"]) == ("dallas-colo-1", "perfect", "USD")
    assert (colo["from"], colo["to"], colo["replanned_every_h"]) == ("2023-08-14", "2023-08-20", 24)
    savings = colo["savings"]
    assert set(savings) == {
        "total",
        "on_the_bill",
        "energy",
        "demand",
        "coincident",
        "export",
        "other",
        "stored",
        "wear",
    }
    parts = sum(savings[kind] for kind in ("energy", "demand", "coincident", "export", "other"))
    assert parts == pytest.approx(savings["on_the_bill"], abs=1e-5)
    assert savings["total"] == pytest.approx(savings["on_the_bill"] + savings["stored"] - savings["wear"], abs=1e-5)
    difference = colo["baseline_bill"]["total"] - colo["bill"]["total"]
    assert savings["on_the_bill"] == pytest.approx(difference, abs=0.05)
    assert 0 < colo["capture_ratio"] <= 1
    assert colo["ceiling"]["total"] >= savings["total"]
    assert colo["certificate"]["certified"]
    assert colo["certificate"]["failures"] == 0
    assert colo["certificate"]["plans"] == 7
    assert colo["certificate"]["outages_replayed"] == (7 * 96 + 1) * 2 * 2
    assert not colo["verdict"]["worthwhile"]
    assert "there is no verdict; in these days trading saves" in colo["verdict"]["reason"]
    assert [period["period"] for period in colo["periods"]] == ["2023-08"]
    assert (colo["annual_savings"], colo["periods"][0]["whole"]) == (None, False)
    assert "no billing period was studied from its first day to its last" in colo["annual_unknown"]
    assert [each["id"] for each in colo["ups"]] == ["hall-a", "hall-b"]
    assert colo["marginal"]["of_a_tradable_kwh"]["value"] > 0
    assert any("peaks before the studied days" in each for each in colo["assumptions"])
    assert (colo["cash_flow"], colo["tornado"], colo["range_of_year"], colo["net_present_value_range"]) == (
        None,
        [],
        None,
        None,
    )
    assert colo["sources"]["loads and prices"] == "load-hall-a.csv, load-hall-b.csv, prices.csv"
    assert colo["sources"]["tariff"].startswith("Oncor (Texas) medium non-residential")
    assert "https://" in colo["sources"]["tariff"]
    assert colo["sources"]["site"].startswith("site.yaml")


def test_plans_from_scenarios_are_made_every_hour() -> None:
    day = studied(COLO, "--from", "2023-08-17", "--to", "2023-08-17", information="day-ahead").document
    assert (day["information"], day["replanned_every_h"], day["certificate"]["plans"]) == ("day-ahead", 1, 24)
    assert day["certificate"]["certified"]


def test_what_others_know_saves_less(colo: dict[str, Any]) -> None:
    past = studied(COLO, *COLO_WEEK, information="persistence").document
    assert past["savings"]["total"] < colo["savings"]["total"]
    assert past["ceiling"] == colo["ceiling"]
    assert past["certificate"]["certified"]


def test_the_table_says_what_it_saves_and_whether_it_is_safe() -> None:
    ran = studied(AI_POD, *WEEK, form="table")
    assert ran.code == 0
    for words in ("Ashburn pod 1", "Verdict", "kept: 1,346 outages", "perfect foresight", "energy", "demand", "wear"):
        assert words in ran.out
    assert "made once a day" in ran.out


def test_the_table_shows_each_billing_period_and_what_is_not_known(tmp_path: Path) -> None:
    changes = {"prices.values": [0.05] * 24 * 30, "ups.0.reserve.ride_through_s": 30}
    ran = studied(
        write_site(tmp_path, changes),
        "--from",
        "2026-07-25",
        "--to",
        "2026-08-03",
        form="table",
        information="persistence",
    )
    assert "and the loads of the day before" in ran.out
    assert "2026-07" in ran.out
    assert "2026-08" in ran.out
    assert "unknown: perfect foresight over whole billing periods would save" in ran.out
    assert "which is not more than a minute" in ran.out


def test_csv_has_a_row_a_period_and_kind() -> None:
    rows = list(csv.DictReader(io.StringIO(studied(COLO, *COLO_WEEK, form="csv").out)))
    assert {row["kind"] for row in rows} >= {"energy", "demand", "wear"}


def test_hourly_plans_and_an_out_file(tmp_path: Path) -> None:
    out = tmp_path / "study.json"
    ran = studied(
        AI_POD,
        "--from",
        "2026-07-08",
        "--to",
        "2026-07-08",
        "--replan",
        "hourly",
        "--out",
        out,
        information="persistence",
    )
    assert (ran.code, ran.out) == (0, "")
    assert json.loads(out.read_text())["certificate"]["plans"] == 24


def test_a_checkpoint_is_kept_and_refused_for_another_study(tmp_path: Path) -> None:
    checkpoint = tmp_path / "c.json"
    first = studied(AI_POD, *WEEK, "--checkpoint", checkpoint)
    assert checkpoint.exists()
    assert studied(AI_POD, *WEEK, "--checkpoint", checkpoint).document == first.document
    (fault,) = refused(studied(COLO, *COLO_WEEK, "--checkpoint", checkpoint))
    assert "name another file" in fault


def test_constant_loads_and_market_prices_alone_are_studied(tmp_path: Path) -> None:
    values = ([0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4) * 3
    site = write_site(tmp_path, {"prices.values": values})
    day = studied(site, "--from", "2026-07-16", "--to", "2026-07-16").document
    assert day["savings"]["energy"] > 0
    assert day["tariff"] == "market prices"
    assert day["capture_ratio"] <= 1


def test_the_series_bound_what_can_be_studied() -> None:
    faults = refused(studied(COLO, "--from", "2023-07-31", "--to", "2023-09-02"))
    assert len(faults) == 3
    for file, fault in zip(("load-hall-a.csv", "load-hall-b.csv", "prices.csv"), faults, strict=True):
        assert file in fault
        assert "at least 2023-07-31T00:00:00-05:00 to 2023-09-03T00:00:00-05:00" in fault


def test_every_fault_of_what_is_asked_is_listed() -> None:
    faults = refused(studied(AI_POD, "--from", "2300-07-06", "--to", "1960-07-05", information="day-ahead"))
    assert [fault.split()[0].rstrip(":") for fault in faults] == ["--from", "--to", "--to"]
    long = refused(studied(AI_POD, "--from", "1980-01-01", "--to", "2190-01-01"))
    assert "at most 1,100,000" in long[0]


def test_series_of_another_step_are_refused(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text(
        "\n".join(["start,load_kw", *series_rows("2026-07-15T00:00-04:00", [4000] * 96, 15)])
    )
    changes = {"ups.0.load": {"csv": "load.csv"}, "prices.interval_minutes": 45}
    faults = refused(studied(write_site(tmp_path, changes), "--from", "2026-07-15", "--to", "2026-07-15"))
    assert ["load.csv" in faults[0], "prices" in faults[1]] == [True, True]


def test_an_indexed_tariff_without_prices_is_refused(tmp_path: Path) -> None:
    changes = {"tariff": _INDEXED, "prices": None}
    (fault,) = refused(studied(write_site(tmp_path, changes), "--from", "2026-07-15", "--to", "2026-07-15"))
    assert "tariff indexed" in fault


_INDEXED = {
    "name": "indexed",
    "currency": "USD",
    "energy": {"periods": [{"name": "energy", "tiers": [{"rate_per_kwh": 0}]}], "market": {}},
}


def test_a_reserve_that_cannot_be_kept_is_not_studied(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.reserve.ride_through_s": 900})
    ran = studied(site, "--from", "2026-07-15", "--to", "2026-07-15")
    assert (ran.code, ran.out) == (3, "")
    assert "the reserve is infeasible (capacity)" in ran.err


def test_an_imputed_protected_load_is_of_what_was_on_record_before_the_study(tmp_path: Path) -> None:
    load_kw = [3000.0 + hour % 24 for hour in range(96)]
    load_kw[80] = 4100.0
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *series_rows("2026-07-15T00:00-04:00", load_kw)]))
    changes = {"ups.0.load": {"csv": "load.csv"}, "interval_minutes": 60, "tariff": "dominion-gs-4"}
    document = site_document(changes)
    del document["ups"][0]["protected_load_kw"], document["prices"]
    inputs = read_site(document, source="site.yaml", folder=tmp_path)
    assert inputs.site.ups[0].protected_load_kw == 4100

    def studied_from(first: date) -> StudyCase:
        asked = StudyRequest(first=first, last=date(2026, 7, 18), information=Information.DAY_AHEAD)
        return study_case(inputs, asked)

    first_day = studied_from(date(2026, 7, 15))
    assert first_day.site.ups[0].protected_load_kw == 3002, "without a day before: the first hours, which rest"
    later = studied_from(date(2026, 7, 17))
    assert later.site.ups[0].protected_load_kw == 3023
    assert [later.site_known(index).ups[0].protected_load_kw for index in (32, 33)] == [3023, 4100]


def test_a_loop_that_is_not_safe_ends_with_3_and_shows_why(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = SafetyRecord(
        plans=1,
        certified=1,
        by_status={},
        outages_replayed=10,
        outages_lost=2,
        worst_ride_through_s=10,
        required_s=300,
        violations=("pod-1: over its limit",),
    )
    monkeypatch.setattr("ridethrough.finance.study.backtest.safety_of", lambda *_: lost)
    ran = studied(AI_POD, "--from", "2026-07-08", "--to", "2026-07-08", form="table")
    assert ran.code == 3
    assert "NOT PROVEN: 2 of 10 outages lose the load too early" in ran.out
    assert "do nothing" in ran.out
    assert "pod-1: over its limit" in ran.err
    assert "2 of 10 replayed outages are not ridden through" in ran.err


def test_what_was_not_worked_out_is_not_shown() -> None:
    asked = StudyRequest(first=date(2026, 7, 8), last=date(2026, 7, 8), information=Information.PERFECT)
    case = study_case(read_site_file(AI_POD), asked)
    short = study(case, planner_of(Information.PERFECT, case), options=StudyOptions(ceiling=False))
    document = study_document(short)
    assert (document["ceiling"], document["marginal"], document["capture_ratio"]) == (None, None, None)
    assert document["capture_unknown"] == "the ceiling was not worked out"
    console = Console(width=132)
    with console.capture() as shown:
        console.print(study_view(short))
    assert "Worth" not in shown.get()


def test_a_bar_shows_progress_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with study_run._progress_bar() as silent:  # noqa: SLF001 - what a terminal sees no test of output can
        assert silent is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with study_run._progress_bar() as progress:  # noqa: SLF001
        assert progress is not None
        progress(1, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing is kept; with --checkpoint FILE every finished billing period is"),
        (("--checkpoint", "new.json"), "nothing is kept yet: "),
        (("--checkpoint", "old.json"), "keeps what is studied until 2026-07-13; give the same command again"),
    ],
)
def test_an_interrupted_study_says_what_is_kept_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    named = [str(tmp_path / each) if each.endswith(".json") else each for each in options]
    if "old.json" in options:
        studied(AI_POD, *WEEK, *named)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ridethrough.api.commands.study_run.study_of", interrupted)
    done = studied(AI_POD, *WEEK, *named)
    assert done.code == 130
    assert done.err.startswith("stopped: ")
    assert said in done.err

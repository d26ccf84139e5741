"""`ridethrough check`: every finding has its severity, its place and what to do, and the exit code says the worst."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, REMOVED, run, site_document, write_site
from rich.console import Console

from ridethrough.api.answers.check_view import check_answer
from ridethrough.api.cases.checking import check_site_file

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
USUAL = [0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4
SOUND: dict[str, Any] = {
    "ups.0.battery.usable_fraction_by_c_rate": {"1": 1.0, "8": 0.9},
    "ups.0.battery.wear_cost_per_kwh": 0.04,
}


def series(values: list[float], start: str = f"{DAY}T00:00-04:00") -> dict[str, Any]:
    return {"start": start, "values": values}


def month(*special: float) -> list[float]:
    """Ten days of a load with a little life in it, and then what is special."""
    return [4000.0 + hour % 24 for hour in range(240)] + list(special)


def tariff(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a tariff
    return {"name": "mine", "effective_from": "2026-01-01", "fixed": [{"name": "meter", "amount": 10}], **more}


def findings(tmp_path: Path, changes: dict[str, Any], now: datetime = NOW) -> list[tuple[str, str, str, str]]:
    check = check_site_file(write_site(tmp_path, SOUND | changes), now)
    return [(each.severity.value, each.field, each.says, each.do) for each in check.findings]


def test_a_sound_site_is_ready_and_says_what_is_assumed(tmp_path: Path) -> None:
    found = findings(tmp_path, {})
    assert {severity for severity, *_ in found} == {"assumed"}
    assert ("ups.pod-1.rectifier_efficiency", "0.97, the default") in {(field, says) for _, field, says, _ in found}
    assert any("1.25 times unit_output_limit_kw" in says for _, _, says, _ in found)


IMPORT = "interconnection.import_limit_kw"
LOAD, OTHER, PROTECTED = "ups.pod-1.load", "unprotected_load", "ups.pod-1.protected_load_kw"
RESERVE, WEAR = "ups.pod-1.reserve", "ups.pod-1.battery.wear_cost_per_kwh"
CASES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"interconnection.import_limit_kw": 5000}, "wrong", IMPORT, "the loads alone draw up to"),
    ({"interconnection.import_limit_kw": 6500e3}, "doubtful", IMPORT, "times what the loads"),
    ({"interconnection.export_limit_kw": 100}, "doubtful", "interconnection.export_limit_kw", "no UPS system is"),
    ({"ups.0.load": {"constant_kw": 4.3}}, "doubtful", LOAD, "at most 4.3 kW where the units put out 6,000"),
    ({"ups.0.load": {"constant_kw": 6100}}, "doubtful", LOAD, "above the 6,000 kW that its 5 units put out"),
    ({"ups.0.load": {"constant_kw": 4900}}, "doubtful", PROTECTED, "reaches 4,900 kW, 4,800 kW are"),
    ({"ups.0.load": series(month(0, 0, 0, 4000))}, "doubtful", LOAD, "00:00 to 03:00: reads 0 kW"),
    ({"ups.0.load": series([2000.0] * 240 + [4700.0, 2000.0])}, "doubtful", LOAD, "4,700 kW is 2.4 times"),
    ({"ups.0.load": series(month()[:24])}, "doubtful", LOAD, "1.0 days of readings: a forecast of tomorrow"),
    ({"unprotected_load": series(month(), "2026-06-01T00:00Z")}, "doubtful", OTHER, "its last value is of"),
    ({"unprotected_load": series(month(), f"{DAY}T00:00+02:00")}, "doubtful", OTHER, "+02:00, America/New_York is"),
    ({"unprotected_load": series(month(), f"{DAY}T00:00-05:00")}, "doubtful", OTHER, "-05:00, America/New_York is"),
    ({"timezone": "Europe/Berlin"}, "doubtful", "prices", "-04:00, Europe/Berlin is then at +02:00"),
    ({"prices": series([*USUAL[:12], 1e6, *USUAL[13:]])}, "wrong", "prices", "1,000,000 USD per kWh is outside"),
    ({"prices": series([0.0] * 30)}, "doubtful", "prices", "0 USD per kWh stands still for 30 h"),
    ({"prices": series([each * 1000 for each in USUAL])}, "wrong", "prices", "look like prices per MWh"),
    ({"currency": "XAU"}, "doubtful", "prices", "no plausible range of prices is known in XAU"),
    ({"prices": REMOVED, "tariff": tariff()}, "wrong", "prices", "has no energy charge, and there are no prices"),
    ({"tariff": tariff(effective_until="2026-06-01")}, "doubtful", "tariff", "its figures held until 2026-06-01"),
    ({"tariff": tariff(effective_from="2020-01-01")}, "doubtful", "tariff", "are of 2020-01-01, 6.5 years old"),
    ({"tariff": tariff(effective_from="2027-01-01")}, "doubtful", "tariff", "hold from 2027-01-01 on only"),
    (
        {"tariff": tariff(schedules={"s": [{"period": "all"}]}, energy={"schedule": "s", "periods": {"all": 43.0}})},
        "doubtful",
        "tariff.energy.periods.all",
        "43 USD per kWh is outside what energy costs",
    ),
    ({"tariff": {"name": "mine"}}, "doubtful", "tariff", "it does not say from when its figures hold"),
    ({"ups.0.battery.nominal_kwh": 100}, "wrong", RESERVE, "short with the worst tolerated failure"),
    ({"ups.0.reserve.ride_through_s": 420}, "doubtful", RESERVE, "kWh are above the reserve"),
    ({"ups.0.unit_input_limit_kw": 900}, "wrong", RESERVE, "after an outage the reserve is never restored"),
    ({"ups.0.battery.wear_cost_per_kwh": 0}, "doubtful", WEAR, "costs no battery life"),
    (
        {"ups.0.battery.usable_fraction_by_c_rate": {}},
        "doubtful",
        "ups.pod-1.battery.usable_fraction_by_c_rate",
        "all of its energy counts as usable at 6.9 C",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "severity", "field", "says"), CASES, ids=[case[3][:30] for case in CASES])
def test_each_thing_is_found_with_its_severity_and_what_to_do(
    tmp_path: Path, changes: dict[str, Any], severity: str, field: str, says: str
) -> None:
    found = [each for each in findings(tmp_path, changes) if each[0] != "assumed"]
    matching = [each for each in found if each[:2] == (severity, field) and says in each[2]]
    assert matching, found
    assert all(do for *_, do in matching)


def test_what_a_rate_table_is_taken_for_is_assumed_where_it_rises_and_where_its_rows_are_far_apart(
    tmp_path: Path,
) -> None:
    table = {1: 0.9, 4: 0.95, 30: 0.5}
    found = findings(tmp_path, {"ups.0.battery.usable_fraction_by_c_rate": table})

    said = [says for kind, field, says, _ in found if (kind, field[-25:]) == ("assumed", "usable_fraction_by_c_rate")]
    assert any("gives 0.95 at 4 C" in says and "read as 0.9" in says for says in said)
    assert any("no row between 4 C" in says for says in said)


def test_of_many_doubtful_readings_the_first_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    spiky = [2000.0, 2000.0, 4700.0] * 80 + [2000.0]
    found = [each for each in findings(tmp_path, {"ups.0.load": series(spiky)}) if each[1] == "ups.pod-1.load"]
    assert len(found) == 6
    assert found[-1][2] == "75 more stretches like these"


def test_the_exit_code_is_the_worst_that_was_found(tmp_path: Path) -> None:
    fresh = {"prices": series(USUAL * 3, f"{date.today().isoformat()}T00:00Z")}  # noqa: DTZ011 - a date is enough
    assert run("check", write_site(tmp_path, SOUND | fresh)).code == 0
    assert run("check", write_site(tmp_path, SOUND | fresh | {"interconnection.export_limit_kw": 9})).code == 1
    assert run("check", write_site(tmp_path, SOUND | fresh | {"interconnection.import_limit_kw": 9})).code == 2


def test_a_site_that_cannot_be_read_is_wrong_with_every_fault(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.units": 0, "timezone": "Mars", "prices": {"csv": "absent.csv"}})
    done = run("check", site, "--format", "json")
    assert done.code == 2
    document = json.loads(done.out)
    assert document["verdict"] == "wrong"
    assert document["site"] is None
    assert document["counts"] == {"wrong": 4, "doubtful": 0, "assumed": 0}
    said = {each["field"]: (each["says"], each["do"]) for each in document["findings"]}
    assert said["site.yaml: ups.pod-1.units"] == ("is 0", "must be a whole number from 1 to 10000")
    assert "site.yaml: timezone" in said
    assert run("check", tmp_path / "absent.yaml").code == 2


def test_the_forms_say_the_same(tmp_path: Path) -> None:
    site = write_site(tmp_path, SOUND | {"interconnection.import_limit_kw": 5000})
    document = json.loads(run("check", site, "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(run("check", site, "--format", "csv").out)))
    assert rows == document["findings"]
    table = run("check", site).out
    assert "wrong: do not switch it on" in table
    assert all(each["field"] in table for each in document["findings"])


def test_the_table_fits_80_columns_and_loses_nothing(tmp_path: Path) -> None:
    document = site_document(
        SOUND | {"interconnection.import_limit_kw": 5000, "tariff": tariff(effective_from="2020-01-01")}
    )
    (tmp_path / "site.json").write_text(json.dumps(document))
    answer = check_answer(check_site_file(tmp_path / "site.json", NOW))
    with io.StringIO() as text:
        Console(file=text, width=80, highlight=False).print(answer.view())
        lines = text.getvalue().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    words = " ".join(" ".join(lines).split())
    for finding in answer.rows():
        assert " ".join(str(finding["says"]).split())[:30] in words

"""Series files of a site: described once for the site, and on one series for what differs."""

from pathlib import Path
from typing import Any

import pytest
from documents import DAY, REMOVED, run, series_rows, site_document, write_site
from file_shapes import BERLIN, german, run_of, workbook

from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import read_site, read_site_file
from ridethrough.domain import UnableToAccept

HOURS = run_of(DAY, 24, 60, BERLIN)
GERMAN = {"delimiter": ";", "decimal": ",", "thousands": "."}
BASE: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "csv_format": GERMAN,
    "ups.0.load": {"csv": "lasten.csv", "column": "USV 1 [kW]"},
    "unprotected_load": {"csv": "lasten.csv", "column": "Kälte [kW]"},
    "prices": {"csv": "preise.csv", "csv_format": {"thousands": ""}},
}


def write_files(folder: Path) -> None:
    rows = [
        f"{at:%d.%m.%Y %H:%M};{german(kw)};{german(kw / 4)}" for at, kw in zip(HOURS.starts(), HOURS.kw, strict=True)
    ]
    (folder / "lasten.csv").write_text("\n".join(["Zeit;USV 1 [kW];Kälte [kW]", *rows]), encoding="utf-8")
    prices = [f"{at:%d.%m.%Y %H:%M};{index},5" for index, at in enumerate(HOURS.starts())]
    (folder / "preise.csv").write_text("\n".join(["Zeit;EUR/MWh", *prices]), encoding="utf-8")


def test_one_file_holds_many_series_and_the_site_describes_it_once(tmp_path: Path) -> None:
    write_files(tmp_path)
    inputs = read_site_file(write_site(tmp_path, BASE))
    load, others, prices = inputs.loads["pod-1"], inputs.unprotected_load, inputs.prices
    assert isinstance(load, TimeSeries)
    assert isinstance(others, TimeSeries)
    assert prices is not None
    assert load.values == pytest.approx(HOURS.kw)
    assert others.values == pytest.approx([kw / 4 for kw in HOURS.kw], abs=0.01)
    assert prices.values == pytest.approx([(index + 0.5) / 1000 for index in range(24)])
    assert load.start == HOURS.start
    assert inputs.provenance.given == ("site.yaml", "lasten.csv", "preise.csv")
    assert inputs.provenance.imputed["lasten.csv"] == "times are read by the clock of Europe/Berlin"


def test_the_refusal_of_an_undescribed_file_names_the_format_once_for_all_its_series(tmp_path: Path) -> None:
    write_files(tmp_path)
    changes = {name: value for name, value in BASE.items() if name != "csv_format"}
    ran = run(
        "plan", write_site(tmp_path, {**changes, "prices": {"values": [0.1] * 24, "start": f"{DAY}T00:00+02:00"}})
    )
    (line,) = ran.err.splitlines()
    assert "lasten.csv: header is 'Zeit;USV 1 [kW];Kälte [kW]" in line
    written = 'csv_format: {delimiter: ";", decimal: ",", thousands: ".", time_column: Zeit, '
    assert written in line
    assert "timezone: Europe/Berlin" in line


def test_a_filled_gap_is_counted_in_the_answer(tmp_path: Path) -> None:
    rows = series_rows(f"{DAY}T00:00-04:00", [4300] * 24)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows[:7], *rows[9:]]))
    changes: dict[str, Any] = {"ups.0.load": {"csv": "load.csv"}}
    refused = run("plan", write_site(tmp_path, changes), "--date", DAY)
    assert "to fill it, write gaps: {fill: hold, at_most_minutes: 120}" in refused.err
    changes["gaps"] = {"fill": "interpolate", "at_most_minutes": 120}
    ran = run("plan", write_site(tmp_path, changes), "--date", DAY, "--format", "json")
    assert ran.document["inputs"]["imputed"]["load.csv"] == (
        "2 of 24 values filled (gaps: interpolate); the longest gap is 120 minutes"
    )


def test_a_workbook_is_read_as_the_same_table(tmp_path: Path) -> None:
    rows = [(at.replace(tzinfo=None), kw) for at, kw in zip(HOURS.starts(), HOURS.kw, strict=True)]
    (tmp_path / "load.xlsx").write_bytes(workbook([("Zeit", "Leistung (kW)"), *rows]))
    changes = {**BASE, "csv_format": {}, "ups.0.load": {"csv": "load.xlsx"}, "unprotected_load": {"constant_kw": 1}}
    inputs = read_site_file(write_site(tmp_path, {**changes, "prices": REMOVED, "tariff": "dominion-gs-4"}))
    load = inputs.loads["pod-1"]
    assert isinstance(load, TimeSeries)
    assert load.values == pytest.approx(HOURS.kw)


def test_the_text_of_a_file_may_be_sent_along(tmp_path: Path) -> None:
    write_files(tmp_path)
    text = (tmp_path / "lasten.csv").read_text(encoding="utf-8")
    load = {"csv_text": text, "column": "USV 1 [kW]", "csv_format": GERMAN}
    document = site_document({"timezone": "Europe/Berlin", "ups.0.load": load, "interval_minutes": 60})
    inputs = read_site(document, source="site", folder=None)
    series = inputs.loads["pod-1"]
    assert isinstance(series, TimeSeries)
    assert series.values == pytest.approx(HOURS.kw)
    assert reserves_of(inputs)[0].feasible


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"csv_format": {"delimiter": "x"}}, "csv_format.delimiter is 'x', must be one of"),
        ({"csv_format": 5}, "csv_format is 5, must be a mapping of fields"),
        ({"gaps": {"fill": "hold"}}, "gaps.at_most_minutes is None, must be given"),
        (
            {"ups.0.load": {"constant_kw": 1, "column": "x"}},
            "load.column is 'x', must be left out: it describes",
        ),
        ({"ups.0.load": {"csv": "absent.csv", "csv_text": "x"}}, "must be exactly one of csv, constant_kw or values"),
        ({"ups.0.load": {"csv_text": "x", "gaps": {"fill": "x", "at_most_minutes": 1}}}, "gaps.fill is 'x'"),
    ],
)
def test_a_faulty_description_is_refused_where_it_stands(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnableToAccept) as refused:
        read_site(site_document(changes), source="site", folder=None)
    lines = [str(fault) for fault in refused.value.faults]
    assert any(message in line for line in lines), lines
    assert len(lines) == 1

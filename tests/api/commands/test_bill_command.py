"""`ridethrough bill` and `POST /v1/bills`: to the cent, in every format, and every fault with its place."""

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from documents import CommandResult, run, series_rows
from tariff_documents import TARIFF, write_meter, write_tariff

from ridethrough.api.answers.bill_view import factors
from ridethrough.tariffs.billing.bill import LineItem

ZONE = "America/New_York"
START = "2026-07-01T00:00-04:00"
JULY = [1000.0] * (31 * 24)
COMMAND = Path(sys.executable).with_name("ridethrough")
COINCIDENT = {"coincident": [{"name": "system peak", "rate_per_kw": 5}]}


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    return write_tariff(tmp_path)


def billed(tariff: object, meter: Path, *options: object, form: str = "json", timezone: str = ZONE) -> CommandResult:
    return run("bill", tariff, "--meter", meter, "--timezone", timezone, "--format", form, *options)


def refused(ran: CommandResult) -> list[str]:
    assert (ran.code, ran.out) == (2, ""), ran
    lines = ran.err.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return [line.removeprefix("error: ") for line in lines]


def test_json_holds_the_contract_to_the_cent(tmp_path: Path, tariff: Path) -> None:
    bill = billed(tariff, write_meter(tmp_path, START, JULY)).document
    assert (bill["currency"], bill["not_priced"], bill["warnings"]) == ("USD", [], [])
    (period,) = bill["periods"]
    assert (period["start"], period["end"]) == ("2026-07-01T00:00:00-04:00", "2026-08-01T00:00:00-04:00")
    assert period["lines"] == [
        {"charge": "energy", "name": "on-peak", "quantity": 138000, "unit": "kWh", "rate": 0.2, "amount": 27600},
        {"charge": "energy", "name": "off-peak", "quantity": 606000, "unit": "kWh", "rate": 0.1, "amount": 60600},
        {"charge": "demand", "name": "facility", "quantity": 1000, "unit": "kW", "rate": 10, "amount": 10000},
        {"charge": "fixed", "name": "customer charge", "quantity": 1, "unit": "month", "rate": 31, "amount": 31},
    ]
    assert period["total"] == bill["total"] == 98231.00


def test_the_installed_command_bills_a_catalog_tariff(tmp_path: Path) -> None:
    meter = write_meter(tmp_path, "2022-07-01T00:00-04:00", [4000.0, 4100.0] * 372)
    ran = subprocess.run(
        [COMMAND, "bill", "dominion-gs-4", "--meter", meter, "--timezone", ZONE, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["total"] == pytest.approx(187_000, rel=0.05)


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_any_step_gives_the_same_bill(tmp_path: Path, tariff: Path, minutes: int) -> None:
    meter = write_meter(tmp_path, START, [1000.0] * (31 * 24 * 60 // minutes), minutes)
    assert billed(tariff, meter).document["total"] == 98231.00


def test_csv_has_a_row_for_every_line(tmp_path: Path, tariff: Path) -> None:
    meter = write_meter(tmp_path, START, JULY)
    rows = list(csv.DictReader(io.StringIO(billed(tariff, meter, form="csv").out)))
    lines = billed(tariff, meter).document["periods"][0]["lines"]
    assert [row["amount"] for row in rows] == ["27600.00", "60600.00", "10000.00", "31.00"]
    for row, line in zip(rows, lines, strict=True):
        assert (row["charge"], row["name"], row["unit"]) == (line["charge"], line["name"], line["unit"])
        assert (float(row["quantity"]), float(row["rate"])) == (line["quantity"], line["rate"])


def test_an_empty_bill_is_a_header(tmp_path: Path) -> None:
    free = tmp_path / "free.yaml"
    free.write_text("name: nothing\n")
    ran = billed(free, write_meter(tmp_path, START, JULY), form="csv")
    assert ran.out == "period_start,period_end,charge,name,quantity,unit,rate,amount\n"
    assert "Total   USD 0.00" in billed(free, write_meter(tmp_path, START, JULY), form="table").out


def test_the_table_says_quantity_times_rate_and_what_is_not_priced(tmp_path: Path) -> None:
    tariff = write_tariff(tmp_path, {"not_priced": [{"field": "reactive", "reason": "no kVAR"}]})
    ran = billed(tariff, write_meter(tmp_path, START, JULY), form="table")
    words = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "energy on-peak 138,000 kWh x 0.20 = 27,600.00" in words
    assert "energy subtotal 88,200.00" in words
    assert "demand facility 1,000 kW x 10.00 = 10,000.00" in words
    assert "total 98,231.00" in words
    assert words[-2:] == ["Not priced", "- reactive: no kVAR"]
    assert "All billing periods" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_a_bill_that_leaves_nothing_out_says_so(tmp_path: Path, tariff: Path) -> None:
    ran = billed(tariff, write_meter(tmp_path, START, JULY), form="table")
    assert "Not priced: nothing" in ran.out


def test_more_than_three_months_end_with_a_summary_that_adds_up(tmp_path: Path, tariff: Path) -> None:
    meter = write_meter(tmp_path, "2026-01-01T00:00-05:00", [1000.0] * (365 * 24))
    out = billed(tariff, meter, form="table").out
    summary = out[out.index("All billing periods") :].splitlines()
    months = [row.split() for row in summary if row.strip().startswith("2026-")]
    assert [row[0] for row in months] == [f"2026-{month:02d}" for month in range(1, 13)]
    total = next(row.split() for row in summary if row.strip().startswith("total"))
    assert total[-1] == f"{sum(Decimal(row[-1].replace(',', '')) for row in months):,}"
    assert total[-1] == f"{Decimal(str(billed(tariff, meter).document['total'])):,.2f}"


def test_a_summary_without_demand_has_no_peaks(tmp_path: Path) -> None:
    tariff = write_tariff(tmp_path, {"demand": []})
    out = billed(tariff, write_meter(tmp_path, "2026-01-01T00:00-05:00", [1000.0] * (130 * 24)), form="table").out
    assert "2026-01    744,000            87,600.00" in out


def test_a_part_of_a_month_says_which(tmp_path: Path, tariff: Path) -> None:
    out = billed(tariff, write_meter(tmp_path, START, [1000.0] * 36), form="table").out
    assert "July 2026   only 01 July 00:00 to 02 July 12:00 of its 31 days" in out


def test_billing_periods_that_are_not_months_are_named_by_their_days(tmp_path: Path) -> None:
    tariff = write_tariff(tmp_path, {"cycle": {"day_of_month": 17}})
    out = billed(tariff, write_meter(tmp_path, START, [1000.0] * 48), form="table").out
    assert "17 June 2026 to 17 July 2026" in out


def test_a_currency_without_cents_shows_none(tmp_path: Path) -> None:
    tariff = write_tariff(tmp_path, {"currency": "JPY", "effective_until": "2026-12-31"})
    ran = billed(tariff, write_meter(tmp_path, START, JULY), form="table")
    assert "Total   JPY 98,231\n" in ran.out
    assert "figures from 2026-01-01 until 2026-12-31" in ran.out


def test_printed_factors_multiply_to_the_printed_amount() -> None:
    line = LineItem(
        charge="energy", name="market", quantity=Decimal("3202149.719666"), unit="kWh", rate=Decimal(1) / Decimal(27)
    )
    quantity, rate = (Decimal(text.replace(",", "")) for text in factors(line))
    assert (quantity * rate).quantize(Decimal("0.01")) == line.amount
    never = LineItem(charge="energy", name="x", quantity=Decimal("1e13"), unit="kWh", rate=Decimal(1) / Decimal(3))
    assert factors(never)[0] == "10,000,000,000,000"


def test_the_state_brings_earlier_peaks(tmp_path: Path) -> None:
    tariff = write_tariff(
        tmp_path, {"demand": [{"name": "facility", "rate_per_kw": 10, "ratchet": {"fractions": 0.8}}]}
    )
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"past_peaks_kw": {"facility": {"2026-06": 2000}}}))
    meter = write_meter(tmp_path, START, JULY)
    assert billed(tariff, meter, "--state", state).document["total"] == 98231.00 + 6000
    assert "! facility: no peaks of earlier months were given" in billed(tariff, meter, form="table").out


def test_prices_of_a_market_hold_for_the_intervals_inside_them(tmp_path: Path) -> None:
    energy = {"periods": {"all": 0}, "market": {"adder_per_kwh": 0.01}}
    tariff = write_tariff(tmp_path, {"schedules": {}, "energy": energy})
    prices = tmp_path / "prices.csv"
    prices.write_text("\n".join(["start,price_per_mwh", *series_rows(START, [40] * 31 * 24)]))
    meter = write_meter(tmp_path, START, [1000.0] * (31 * 96), 15)
    assert billed(tariff, meter, "--prices", prices).document["total"] == 744_000 * 0.05 + 10_031
    assert "energy.market" in billed(tariff, meter).document["not_priced"][0]["field"]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_events_are_billed(tmp_path: Path, kind: str) -> None:
    tariff = write_tariff(tmp_path, COINCIDENT)
    values = [1000.0] * 744
    values[40] = 1500.0
    event = {"charge": "system peak", "start": "2026-07-02T17:00-04:00", "end": "2026-07-02T18:00-04:00"}
    path = tmp_path / f"events.{kind}"
    if kind == "json":
        path.write_text(json.dumps([event]))
    else:
        path.write_text(f"charge,start,end,probability\n{event['charge']},{event['start']},{event['end']},1\n")
    lines = billed(tariff, write_meter(tmp_path, START, values), "--events", path).document["periods"][0]["lines"]
    assert [line["amount"] for line in lines if line["charge"] == "coincident"] == [5000.0]


def test_a_power_factor_turns_kw_into_kva(tmp_path: Path) -> None:
    tariff = write_tariff(tmp_path, {"demand": [{"name": "facility", "rate_per_kw": 9, "unit": "kVA"}]})
    lines = billed(tariff, write_meter(tmp_path, START, JULY), "--power-factor", 0.9).document["periods"][0]["lines"]
    assert next(line["amount"] for line in lines if line["charge"] == "demand") == 10_000.0


@pytest.mark.parametrize(
    ("options", "files", "message"),
    [
        (["--timezone", "Mars/Olympus"], {}, "timezone is 'Mars/Olympus', must be an IANA time zone"),
        (
            ["--timezone", "Asia/Kolkata"],
            {},
            "load.csv: start is '2026-07-01T09:30:00+05:30', must be on the 60 minutes",
        ),
        (["--power-factor", 1.5], {}, "power_factor is 1.5, must be a fraction above 0 and up to 1"),
        ([], {"load.csv": "start,load_mw\n"}, "load.csv: header is 'start,load_mw', must be a header with one value"),
        (
            [],
            {"load.csv": "start,load_kw\n2026-07-01T00:00-04:00,1\n2026-07-01T00:07-04:00,1\n"},
            "step is '7 min",
        ),
        ([], {"load.csv": "start,load_kw\n2026-07-01T00:00-04:00,1\n2026-07-01T02:00-04:00,1\n"}, "step is '120 min"),
        ([], {"load.csv": "start,load_kw\n2026-07-01T00:00-04:00,1\n2026-07-01T01:00-04:00,-1e300\n"}, "below 100 GW"),
        ([], {"tariff.yaml": "name: x\noops: 1\n"}, "tariff.yaml: oops is 1, must be left out"),
        (
            [],
            {"tariff.yaml": yaml.safe_dump({**TARIFF, "demand": [{"name": "x", "rate_per_kw": 1e300}]})},
            "demand.x.seasons.0.tiers.0.rate_per_kw is 1e+300, must be from -1e+15 to 1e+15",
        ),
        (
            [],
            {"tariff.yaml": yaml.safe_dump({**TARIFF, "cycle": {"read_dates": ["2020-01-01", "2020-02-01"]}})},
            "A tariff of round figures: cycle.read_dates.1 is",
        ),
        (
            ["--prices", "prices.csv"],
            {"prices.csv": "start,price_per_kwh\n"},
            "prices.csv: rows is 0, must be at least",
        ),
        (
            ["--prices", "prices.csv"],
            {"prices.csv": "\n".join(["start,price_per_kwh", *series_rows(START, [1] * 9)])},
            "prices.csv: time covered is",
        ),
        (
            ["--prices", "prices.csv"],
            {"prices.csv": "\n".join(["start,price_per_kwh", *series_rows(START, [1] * 9, 90)])},
            "prices.csv: step is '90 minutes', must be a multiple of the meter's 60 minutes",
        ),
        (["--state", "state.json"], {"state.json": '{"peaks_kw": {"x": 1}}'}, "state.json: peaks_kw.x is 'x', must be"),
        (["--state", "state.json"], {"state.json": '{"past_peaks_kw": {"x": {}}}'}, "state.json: past_peaks_kw.x is"),
        (["--events", "events.json"], {"events.json": "{}"}, "events.json is 'a mapping of nothing', must be a list"),
        (["--events", "events.json"], {"events.json": "[5]"}, "events.json: event 1 is 5, must be a mapping of fields"),
        (["--events", "e.csv"], {"e.csv": "charge,start,end\nx,1,2\n"}, "e.csv: row 2, start is '1', must be"),
        (
            ["--events", "e.csv"],
            {"e.csv": "charge,start,end,probability\nx,2026-07-01T01:00Z,2026-07-01T02:00Z,often\n"},
            "e.csv: row 2, probability is 'often', must be a number",
        ),
        (
            ["--events", "e.csv"],
            {"e.csv": "charge,start,end,probability\nx,2026-07-01T01:00Z,2026-07-01T02:00Z,2\n"},
            "e.csv: row 2, probability is 2.0, must be a fraction from 0 to 1",
        ),
        (["--events", "e.csv"], {"e.csv": "charge,start,end\nx,2026-07-01T00:00,now\n"}, "e.csv: row 2, end is 'now'"),
        (
            ["--events", "e.csv"],
            {"e.csv": "charge,start,end\nx,2026-07-01T02:00Z,2026-07-01T01:00Z\n"},
            "row 2, end is",
        ),
        (
            ["--events", "e.csv"],
            {"e.csv": "charge,start,end\nx,2026-07-01T01:00Z,2026-07-01T02:00Z\n"},
            "e.csv: row 2, charge is 'x', must be left out: the tariff has no such charge",
        ),
        (["--events", "e.csv"], {"e.csv": 'charge,start,end\n"x"y,1,2\n'}, "e.csv is "),
        (["--events", "absent.csv"], {}, "absent.csv is 'No such file or directory', must be a readable UTF-8 file"),
        (["--out", "no/such/folder.json"], {}, "must be a file that can be written"),
    ],
    ids=str,
)
def test_a_fault_is_named_with_its_file_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[object], files: dict[str, str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tariff(tmp_path)
    write_meter(tmp_path, START, JULY)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    fixed = [] if "--timezone" in options else ["--timezone", ZONE]
    lines = refused(run("bill", "tariff.yaml", "--meter", "load.csv", *fixed, *options))
    assert any(message in line for line in lines), lines


def test_faults_in_every_file_are_listed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = refused(
        run(
            *("bill", "nowhere", "--meter", "a.xml", "--timezone", "Mars", "--prices", "b.csv"),
            *("--state", "c.json", "--events", "d.csv"),
        )
    )
    text = "\n".join(lines)
    for part in ("nowhere", "a.xml", "b.csv", "c.json", "d.csv", "Mars"):
        assert part in text
    assert len(lines) == 6


def test_too_many_readings_are_refused(tmp_path: Path, tariff: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridethrough.api.cases.billing.MOST_READINGS", 10)
    (line,) = refused(billed(tariff, write_meter(tmp_path, START, JULY)))
    assert line == "load.csv: readings is 744, must be at most 10"

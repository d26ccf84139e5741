"""Whatever is wrong with the input: exit 2, nothing on standard output, and a line that says where, what and why."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import DAY, REMOVED, run, series_rows, site_document, write_site

START = f"{DAY}T00:00-04:00"
HOURS = series_rows(START, [4300] * 24)


def refused(*arguments: object) -> list[str]:
    """Run a command that must refuse its input; return its lines."""
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, ""), ran
    lines = ran.err.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return [line.removeprefix("error: ") for line in lines]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ups.0.battery.nominal_kwh": -200}, "ups.pod-1.battery.nominal_kwh is -200.0, must be a number above 0"),
        ({"ups.0.battery.nominal_kwh": "200"}, "ups.pod-1.battery.nominal_kwh is '200', must be a number"),
        ({"ups.0.battery.nominal_kwh": True}, "ups.pod-1.battery.nominal_kwh is True, must be a number"),
        ({"ups.0.battery.nominal_kwh": float("nan")}, "ups.pod-1.battery.nominal_kwh is nan, must be a finite number"),
        ({"ups.0.battery.nominal_kwh": float("inf")}, "ups.pod-1.battery.nominal_kwh is inf, must be a finite number"),
        ({"ups.0.battery.nominal_kwh": REMOVED}, "ups.pod-1.battery.nominal_kwh is None, must be given"),
        ({"ups.0.battery.oops": 1}, "ups.pod-1.battery.oops is 1, must be left out: the field is unknown"),
        ({"ups.0.battery": 5}, "ups.pod-1.battery is 5, must be a mapping of fields"),
        ({"ups.0.battery.max_fraction": 80}, "ups.pod-1.battery.max_fraction is 80.0, must be a fraction from 0 to 1"),
        ({"ups.0.battery.usable_fraction_by_c_rate": {1: 2.0}}, "usable_fraction_by_c_rate.1 is 2.0, must be"),
        ({"ups.0.battery.usable_fraction_by_c_rate": [1, 2]}, "usable_fraction_by_c_rate is 'a list of 2', must be"),
        ({"ups.0.tolerated_failures": False}, "ups.pod-1.tolerated_failures is False, must be a whole number"),
        ({"ups.0.tolerated_failures": 5}, "ups.pod-1.tolerated_failures is 5, must be from 0 to 4"),
        ({"ups.0.units": 5.5}, "ups.pod-1.units is 5.5, must be a whole number"),
        ({"ups.0.unit_output_limit_kw": REMOVED}, "ups.pod-1.unit_output_limit_kw is None, must be given"),
        ({"ups.0.reserve": {"ride_through_s": 0}}, "ups.pod-1.reserve.ride_through_s is 0.0, must be a number above 0"),
        ({"ups.0.bidirectional": "maybe"}, "ups.pod-1.bidirectional is 'maybe', must be true or false"),
        ({"ups.0.id": 7}, "ups.0.id is 7, must be text"),
        ({"ups.0.id": " "}, "ups. .id is ' ', must be a name"),
        ({"ups.0.load": {"constant_kw": -4300}}, "ups.pod-1.load is -4300.0, must be from 0 to 9,000 kW"),
        (
            {"ups.0.load": {"constant_kw": 1e308}},
            "ups.pod-1.load.constant_kw is 1e+308, must be from -1e+15 to 1e+15",
        ),
        (
            {"ups.0.load": {"constant_kw": 9001}},
            "load is 9001.0, must be from 0 to 9,000 kW, 1.5 times what its 5 units",
        ),
        ({"unprotected_load": {"constant_kw": -1e9}}, "unprotected_load is -1000000000.0, must be at most 100,000,000"),
        ({"prices.adder_per_kwh": -1e308}, "prices.adder_per_kwh is -1e+308, must be from -1e+15 to 1e+15"),
        ({"tariff": {"name": "t", "demand": [{"name": "d", "rate_per_kw": 1e308}]}}, "rate_per_kw is 1e+308, must be"),
        (
            {"interconnection.import_limit_kw": 1e308},
            "interconnection.import_limit_kw is 1e+308, must be at most 1e+15",
        ),
        ({"ups.0.battery.nominal_kwh": 1e300}, "ups.pod-1.battery.nominal_kwh is 1e+300, must be at most 1e+15"),
        ({"ups.0.load": {"values": [1, 9001], "start": START}}, "load is '9001 kW at 2026-07-15T01:00:00-04:00', must"),
        (
            {"ups.0.load": {"values": [1, -2], "start": START}},
            "load is '-2 kW at 2026-07-15T01:00:00-04:00', must be from 0",
        ),
        ({"ups.0.load": {"values": [], "start": START}}, "load.values is 'an empty list', must be at least one value"),
        ({"ups.0.load": {"values": 5, "start": START}}, "ups.pod-1.load.values is 5, must be a list"),
        ({"ups.0.load": {"values": [1, "2"], "start": START}}, "ups.pod-1.load.values.1 is '2', must be a number"),
        ({"ups.0.load": {"values": [1, 2]}}, "ups.pod-1.load.start is None, must be the first value's time"),
        ({"ups.0.load": {"values": [1], "start": f"{DAY}T00:00"}}, "must be the first value's time with a UTC offset"),
        (
            {"ups.0.load": {"constant_kw": 1, "values": [1], "start": START}},
            "must be exactly one of csv, constant_kw or values",
        ),
        ({"ups.0.load": {"csv": ["x"]}}, "ups.pod-1.load.csv is 'a list of 1', must be text"),
        ({"ups.0.load": {}}, "ups.pod-1.load is [], must be exactly one of csv, constant_kw or values"),
        ({"ups": {"pod-1": {}}}, "ups is 'a mapping of pod-1', must be a list"),
        ({"ups": []}, "ups is [], must be at least one UPS system"),
        ({"ups.0": 5}, "ups.0 is 5, must be a mapping of fields"),
        ({"oops": {"a": 1}}, "oops is 'a mapping of a', must be left out: the field is unknown"),
        ({"timezone": "Mars/Olympus"}, "timezone is 'Mars/Olympus', must be an IANA time zone"),
        ({"interval_minutes": 7}, "interval_minutes is 7, must be a whole number of minutes that divides the day"),
        ({"interval_minutes": 0}, "interval_minutes is 0, must be"),
        ({"interconnection": {"import_limit_kw": -1}}, "interconnection.import_limit_kw is -1.0, must be"),
        ({"tariff": "dominion-gs-5"}, "tariff is 'dominion-gs-5', must be in the catalog, such as dominion-gs-4"),
        ({"tariff": "missing.yaml"}, "missing.yaml is 'No such file or directory', must be a readable UTF-8 file"),
        ({"tariff": 5}, "tariff is 5, must be a name, a path or a tariff"),
        ({"tariff": {"items": []}}, "tariff: document is 'holds no rate', must be something that can be priced"),
        ({"tariff": {"name": 5}}, "tariff: name is"),
        ({"currency": "EUR", "tariff": "dominion-gs-4"}, "currency is 'EUR', must be USD, the currency of the tariff"),
        ({"prices": REMOVED}, "tariff is None, must be given, or prices, so that energy has a price"),
        ({"prices.interval_minutes": 0}, "prices.interval_minutes is 0, must be from 1 to 1440 minutes"),
        ({"prices.interval_minutes": 10**9}, "prices.interval_minutes is 1000000000, must be from 1 to 1440 minutes"),
        (
            {"prices.start": "0001-01-01T00:00Z"},
            "prices.start is '0001-01-01 00:00:00+00:00', must be the first value's",
        ),
        ({"ups.0.units": 10**400}, "units is"),
        ({"ups.0.units": 10_001}, "ups.pod-1.units is 10001, must be a whole number from 1 to 10000"),
        ({"prices.interval_minutes": 90}, "prices: step is '90 minutes', must be a multiple of the site's 60 minutes"),
        ({"prices.start": 5}, "prices.start is 5, must be an ISO 8601 time"),
        ({"prices": {"csv": "absent.csv"}}, "prices.csv is 'absent.csv', must be a file beside the site file; it was"),
        ({"prices": {"csv": ""}}, "prices.csv is '', must be a file beside the site file"),
        ({"prices": {"csv": "nul\0.csv"}}, "must be text without control characters"),
        ({"unprotected_load": {"csv": "absent.csv"}}, "unprotected_load.csv is 'absent.csv', must be a file beside"),
    ],
    ids=lambda case: str(case)[:60] if isinstance(case, dict) else "",
)
def test_a_fault_in_the_site_file_is_named_with_its_field_and_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    lines = refused("plan", write_site(tmp_path, changes), "--date", DAY)
    assert any(message in line for line in lines), lines
    assert len(lines) == 1, lines
    assert lines[0].startswith(("site.yaml: ", "missing.yaml", "prices: "))


def test_faults_in_every_part_of_the_site_file_are_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("start,load_mw\n")
    changes = {
        "timezone": "Mars/Olympus",
        "oops": 1,
        "interconnection": {"import_limit_kw": -1},
        "ups.0.units": 0,
        "ups.0.battery.nominal_kwh": -1,
        "ups.0.reserve": {"ride_through_s": -1},
        "ups.0.load": {"csv": "load.csv"},
        "tariff": "nowhere",
        "prices": {"csv": "absent.csv"},
    }
    site = write_site(tmp_path, changes)
    (tmp_path / "state.json").write_text('{"peaks_kw": {"x": -1}}')
    lines = "\n".join(refused("plan", site, "--date", DAY, "--state", tmp_path / "state.json"))
    for field in (
        "timezone", "oops", "import_limit_kw", "pod-1.units", "nominal_kwh", "ride_through_s", "load.csv: header",
        "tariff", "prices.csv", "peaks_kw.x",
    ):  # fmt: skip
        assert field in lines
    assert len(lines.splitlines()) == 11  # no whole unit can fail of none: that is said too


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: a\nid: b\n", "site.yaml: line 2 is \"the key 'id' is given twice\", must be a YAML document"),
        ("id: [a\n", "site.yaml: line 2 is"),
        ("", "site.yaml is 'an empty document', must be a mapping of fields"),
        ("- a\n", "site.yaml is 'a list of 1', must be a mapping of fields"),
        ("? {a: b}\n: c\n", "must be a YAML document"),
        ("a: !!int x\n", "must be a YAML document of plain values"),
        ("a: !!python/object:os.system x\n", "must be a YAML document"),
        ("a: &a [*a]\n", "line 1 is 'an alias refers to a value that contains it', must be a YAML document"),
        ("[" * 5000, "must be a YAML document"),
        ("a: \x00\x01\x02\n", "must be a YAML document"),
    ],
    ids=["twice", "syntax", "empty", "list", "mapping-key", "tag", "object", "circle", "deep", "binary"],
)
def test_a_file_that_is_no_site_document_is_refused(tmp_path: Path, text: str, message: str) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(text)
    lines = refused("reserve", site)
    assert message in lines[0]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(b"\xff\xfe\x00\x80")
    assert "must be a readable UTF-8 file" in refused("reserve", tmp_path / "site.yaml")[0]


def test_a_missing_site_file_is_refused(tmp_path: Path) -> None:
    line = "absent.yaml is 'No such file or directory', must be a readable UTF-8 file"
    assert refused("plan", tmp_path / "absent.yaml") == [line]


@pytest.mark.parametrize(
    ("written", "meaning"), [("no", "'no'"), ("010", "'010'"), ("1:00", "'1:00'"), ("1_0", "'1_0'")]
)
def test_what_older_yaml_reads_as_a_number_is_refused(tmp_path: Path, written: str, meaning: str) -> None:
    site = write_site(tmp_path, {"ups.0.tolerated_failures": "HERE"})
    site.write_text(site.read_text().replace("HERE", written))
    assert refused("reserve", site) == [f"site.yaml: ups.pod-1.tolerated_failures is {meaning}, must be a whole number"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["start,load_mw", *HOURS], "load.csv: header is 'start,load_mw', must be a header with one value column"),
        (["time,load_kw", *HOURS], "load.csv: header is 'time,load_kw', must be a header with a `start` column"),
        (["start,load_kw,load_kw", *HOURS], "must be a header with one value column: load_kw"),
        (["start,load_kw", *HOURS[:5], *HOURS[6:]], "row 7, start is '2026-07-15T06:00:00-04:00 (after a gap)'"),
        (["start,load_kw", *HOURS[:6], *HOURS[5:]], "row 8, start is '2026-07-15T05:00:00-04:00 (a duplicate)'"),
        (["start,load_kw", *HOURS[:3], HOURS[1], *HOURS[3:]], "row 5, start is '2026-07-15T01:00:00-04:00 (out of"),
        (["start,load_kw", *HOURS[::-1]], "must be after"),
        (["start,load_kw", "2026-07-15T00:00,1", *HOURS[1:]], "row 2, start is '2026-07-15T00:00', must be an"),
        (["start,load_kw", "0001-01-01T00:00Z,1", *HOURS[1:]], "row 2, start is '0001-01-01T00:00Z', must be"),
        (["start,load_kw", "yesterday,1", *HOURS[1:]], "row 2, start is 'yesterday', must be"),
        (["start,load_kw", f"{START},many", *HOURS[1:]], "row 2, load_kw is 'many', must be a finite number"),
        (["start,load_kw", f"{START},nan", *HOURS[1:]], "row 2, load_kw is 'nan', must be a finite number"),
        (["start,load_kw", f"{START},inf", *HOURS[1:]], "row 2, load_kw is 'inf', must be a finite number"),
        (["start,load_kw", f"{START},", *HOURS[1:]], "row 2, load_kw is '', must be a finite number"),
        (["start,load_kw", f"{START}", *HOURS[1:]], "row 2, load_kw is None, must be a finite number"),
        (["start,load_kw", f"{START},4,5", *HOURS[1:]], "row 2 is 'more cells', must be as long as the header"),
        (["start,load_kw", f"{START},-5", *HOURS[1:]], "load is '-5 kW at 2026-07-15T00:00:00-04:00', must be"),
        (["start,load_kw", HOURS[0]], "rows is 1, must be at least 2 rows"),
        (["start,load_kw"], "rows is 0, must be at least 2 rows"),
        ([], "load.csv: header is '', must be a header with a `start` column"),
        (["start,load_kw", *series_rows(START, [1] * 96, 15)], "load.csv: step is '15 minutes', must be 60 minutes"),
        (["start,load_kw", *series_rows(f"{DAY}T00:10-04:00", [1] * 48)], "must be on the 60-minute grid"),
        (["start,load_kw", *series_rows("2026-07-14T00:00-04:00", [1] * 30)], "load.csv: time covered is"),
    ],
    ids=lambda case: case[:50] if isinstance(case, str) else "",
)  # fmt: skip
def test_a_series_with_anything_wrong_in_it_is_refused_with_its_row(
    tmp_path: Path, rows: list[str], message: str
) -> None:
    (tmp_path / "load.csv").write_text("\n".join(rows))
    lines = refused("plan", write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}}), "--date", DAY)
    assert any(message in line for line in lines), lines
    assert all(line.startswith("load.csv: ") for line in lines)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"start,load_kw\n\x80\x81", b'start,load_kw\n"' + b"x" * 200_000])
def test_binary_garbage_is_no_series(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "load.csv").write_bytes(content)
    lines = refused("plan", write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}}), "--date", DAY)
    assert "load.csv" in lines[0]
    assert "must be a UTF-8 CSV file" in lines[0]


def test_a_series_with_many_faults_lists_the_first_and_counts_the_rest(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *["x,y"] * 100]))
    lines = refused("plan", write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}}), "--date", DAY)
    assert len(lines) == 21
    assert "200 faults" in lines[-1]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *HOURS]), encoding="utf-8-sig")
    site = write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}})
    site.write_text(site.read_text(), encoding="utf-8-sig")
    (tmp_path / "state.json").write_text('{"ups": {"pod-1": {"stored_kwh": 800}}}', encoding="utf-8-sig")
    assert run("plan", site, "--date", DAY, "--state", tmp_path / "state.json").code == 0


def test_a_day_that_the_series_do_not_cover_is_refused_for_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *HOURS]))
    site = write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}})
    lines = refused("plan", site, "--date", "2026-07-14")
    assert [line.split(":")[0] for line in lines] == ["load.csv", "prices"]
    assert all("time covered is '2026-07-15T00:00:00-04:00 to 2026-07-16T00:00:00-04:00'" in line for line in lines)


def test_a_look_ahead_past_the_series_is_refused(tmp_path: Path) -> None:
    lines = refused("plan", write_site(tmp_path), "--date", DAY, "--look-ahead-h", 1)
    assert "prices: time covered" in lines[0]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"ups": {"pod-1": {"stored_kwh": 921}}}, "ups.pod-1.stored_kwh is 921.0, must be at most the 920.000 kWh"),
        ({"ups": {"pod-1": {"stored_kwh": -1}}}, "ups.pod-1.stored_kwh is -1.0, must be a number of at least 0"),
        ({"ups": {"pod-1": {"stored_kwh": "800"}}}, "ups.pod-1.stored_kwh is '800', must be a number"),
        ({"ups": {"pod-1": {"soc": 1}}}, "ups.pod-1.soc is 1, must be left out: the field is unknown"),
        (
            {"ups": {"pod-1": {"stored_kwh": 800}, "pod-9": {"stored_kwh": 1}}},
            "ups.pod-9 is 'pod-9', must be one of the site's systems: pod-1",
        ),
        ({"ups": {}}, "ups.pod-1 is None, must be given, with stored_kwh"),
        ({"measured_at": "2026-07-15T00:00", "ups": {"pod-1": {"stored_kwh": 800}}}, "measured_at is"),
        (
            {"peaks_kw": {"facility": 1}, "ups": {"pod-1": {"stored_kwh": 800}}},
            "peaks_kw.facility is 'facility', must be left out: the site has no tariff",
        ),
        ({"peaks_kw": [1]}, "peaks_kw is 'a list of 1', must be a mapping"),
        ({"stored": 1}, "stored is 1, must be left out: the field is unknown"),
        ([], "is 'a list of 0', must be a mapping of fields"),
    ],
)  # fmt: skip
def test_a_state_that_the_site_cannot_be_in_is_refused(tmp_path: Path, state: object, message: str) -> None:
    (tmp_path / "state.json").write_text(json.dumps(state))
    (line,) = refused("plan", write_site(tmp_path), "--date", DAY, "--state", tmp_path / "state.json")
    assert line.startswith("state.json")
    assert message in line


def test_peaks_of_charges_that_the_tariff_does_not_have_are_refused_with_their_file(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"tariff": "dominion-gs-4", "prices": REMOVED})
    state = {"peaks_kw": {"facility": 1}, "past_peaks_kw": {"facility": {"May": 2}}, "ups": {"x": {"stored_kwh": 1}}}
    (tmp_path / "state.json").write_text(json.dumps(state))
    lines = refused("plan", site, "--date", DAY, "--state", tmp_path / "state.json")
    assert len(lines) == 5
    assert all(line.startswith("state.json: ") for line in lines)
    assert any("must be one of the tariff's charges: on-peak demand, off-peak demand" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"ups": {"pod-1": {"stored_kwh": NaN}}}', "NaN is not a number"),
        ('{"energy_kwh": 1e999}', "energy_kwh is inf, must be a finite number"),
        ('{"ups": {"pod-1": {"stored_kwh": 700, "stored_kwh": 920}}}', "the key 'stored_kwh' is given twice"),
        ("{", "state.json: line 1 is"),
        ("[" * 100_000, "must be a JSON document"),
        ('{"energy_kwh": ' + "9" * 5000 + "}", "must be a JSON document"),
    ],
    ids=["nan", "infinite", "twice", "syntax", "deep", "digits"],
)
def test_a_state_file_that_is_no_strict_json_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "state.json").write_text(text)
    (line,) = refused("plan", write_site(tmp_path), "--date", DAY, "--state", tmp_path / "state.json")
    assert message in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "9999-12-31"], "date is '9999-12-31', must be in the years 1970 to 2200"),
        (["--date", "0001-01-01"], "date is '0001-01-01', must be in the years 1970 to 2200"),
        (["--date", DAY, "--look-ahead-h", "inf"], "look_ahead_h is inf, must be from 0 to 744 hours"),
        (["--date", DAY, "--look-ahead-h", "1e9"], "look_ahead_h is 1000000000.0, must be from 0 to 744 hours"),
    ],
)
def test_a_day_or_look_ahead_beyond_reason_is_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    assert refused("plan", write_site(tmp_path), *arguments) == [message]


def test_a_horizon_of_too_many_intervals_is_refused(tmp_path: Path) -> None:
    changes = {"interval_minutes": 1, "prices": REMOVED, "tariff": "dominion-gs-4"}
    lines = refused("plan", write_site(tmp_path, changes), "--date", DAY, "--look-ahead-h", 700)
    assert lines == ["look_ahead_h is '43440 intervals of 1 minutes', must be at most 10000 intervals"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--date", "tomorrow"],
        ["--date", "2026-02-30"],
        ["--look-ahead-h", "-1"],
        ["--look-ahead-h", "nan"],
        ["--format", "xml"],
        ["--oops"],
    ],
)  # fmt: skip
def test_a_wrong_option_ends_with_exit_2(tmp_path: Path, arguments: list[str]) -> None:
    ran = run("plan", write_site(tmp_path), *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Invalid value" in ran.err or "No such option" in ran.err


def test_an_indexed_tariff_without_prices_is_refused(tmp_path: Path) -> None:
    tariff = {
        "name": "indexed",
        "schedules": {"flat": [{"period": "all"}]},
        "energy": {"schedule": "flat", "periods": {"all": 0.01}, "market": {"adder_per_kwh": 0.001}},
    }
    lines = refused("plan", write_site(tmp_path, {"tariff": tariff, "prices": REMOVED}), "--date", DAY)
    assert "energy.market is 'energy follows a market price; give prices for the horizon'" in lines[0]


def test_a_tariff_file_with_faults_is_named(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"tariff": "mine.yaml", "prices": REMOVED})
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"name": "mine", "oops": 1}))
    assert "mine.yaml: oops" in refused("plan", site, "--date", DAY)[0]
    (tmp_path / "mine.yaml").write_text("a: [")
    assert "mine.yaml" in refused("plan", site, "--date", DAY)[0]


def test_a_directory_is_no_series(tmp_path: Path) -> None:
    (tmp_path / "load.csv").mkdir()
    (line,) = refused("plan", write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}}), "--date", DAY)
    assert "must be a file beside the site file" in line


def test_a_tariff_may_stand_in_a_file_or_in_the_site_itself(tmp_path: Path) -> None:
    tariff = {
        "name": "mine",
        "effective_from": "2026-01-01",
        "schedules": {"flat": [{"period": "all"}]},
        "energy": {"schedule": "flat", "periods": {"all": 0.11}},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(tariff))
    (tmp_path / "mine.json").write_text(json.dumps(tariff))
    for named in ("mine.yaml", "mine.json", tariff):
        site = write_site(tmp_path, {"tariff": named, "prices": REMOVED})
        plan = run("plan", site, "--date", DAY, "--format", "json").document
        assert plan["intervals"][0]["price_per_kwh"] == pytest.approx(0.11)


def test_what_a_message_quotes_is_never_taken_for_markup(tmp_path: Path) -> None:
    assert "is '[/red][bold]', must be" in refused("plan", write_site(tmp_path, {"timezone": "[/red][bold]"}))[0]


def test_the_name_of_a_site_is_never_taken_for_markup(tmp_path: Path) -> None:
    ran = run("plan", write_site(tmp_path, {"name": "[/red] hall [bold]", "ups.0.id": "[/x]"}), "--date", DAY)
    assert ran.code == 0
    assert "[/red] hall [bold]" in ran.out
    assert "[/x]" in ran.out


def test_a_long_value_is_cut_short_in_its_message(tmp_path: Path) -> None:
    (line,) = refused("reserve", write_site(tmp_path, {"oops": "x" * 5000}))
    assert len(line) < 300


def test_a_document_that_names_the_fault_by_number_where_there_is_no_id(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups": [site_document()["ups"][0], {"units": 1}]})
    lines = refused("reserve", site)
    assert any("ups.1.id is None, must be given" in line for line in lines)
    assert all("ups.1." in line for line in lines)

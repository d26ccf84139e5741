"""Whatever is wrong with a site file: exit 2, nothing on standard output, and a line that says where, what and why."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import DAY, REMOVED, refused, run, series_rows, site_document, write_site

START = f"{DAY}T00:00-04:00"


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
        (
            {"ups.0.battery.max_fraction": 80},
            "ups.pod-1.battery.max_fraction is 80.0, must be a fraction from 0 to 1 (did",
        ),
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
        ("id: [a\n", "site.yaml: line 1 is 'id: [a', must be YAML: a closing } or ]"),
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


@pytest.mark.parametrize(
    ("path", "written", "meant"),
    [
        ("ups.0", "unit", "units"),
        ("ups.0.battery", "nominal_kWh", "nominal_kwh"),
        ("ups.0.battery", "state-of-health", "state_of_health"),
        ("ups.0.reserve", "ridethrough_s", "ride_through_s"),
        ("ups.0.load", "constant_kW", "constant_kw"),
        ("interconnection", "import_limit_kwh", "import_limit_kw"),
        ("prices", "value", "values"),
        ("", "time_zone", "timezone"),
        ("", "intervall_minutes", "interval_minutes"),
    ],
)
def test_a_misspelt_key_is_one_fault_with_the_field_that_is_meant(
    tmp_path: Path, path: str, written: str, meant: str
) -> None:
    document = site_document()
    place: Any = document
    for step in path.split(".") if path else ():
        place = place[int(step) if step.isdigit() else step]
    place[written] = place.pop(meant)
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(document))
    (line,) = refused("reserve", tmp_path / "site.yaml")
    shown = ".".join(part for part in (path.replace("ups.0", "ups.pod-1"), written) if part)
    assert line.startswith(f"site.yaml: {shown} is ")
    assert line.endswith(f"must be left out: the field is unknown; did you mean `{meant}`?")


def test_a_misspelt_key_hides_no_other_fault(tmp_path: Path) -> None:
    changes = {"ups.0.units": REMOVED, "ups.0.unit": 5, "ups.0.tolerated_failures": 5, "ups.0.battery.max_fraction": 0}
    lines = refused("reserve", write_site(tmp_path, changes))
    assert [line.split(" is ")[0].removeprefix("site.yaml: ups.pod-1.") for line in lines] == [
        "unit",
        "battery.max_fraction",
        "tolerated_failures",
    ]


def test_a_key_that_means_no_field_that_is_lacking_is_not_guessed(tmp_path: Path) -> None:
    (line,) = refused("reserve", write_site(tmp_path, {"ups.0.unit": 5}))
    assert line == "site.yaml: ups.pod-1.unit is 5, must be left out: the field is unknown"
    (line,) = refused("reserve", write_site(tmp_path, {"gaps": {"fill": "hold", "at_most_minutes": 9, "x:y": None}}))
    assert line.endswith("must be left out: the field is unknown; is it `x: y`, with a space?")


@pytest.mark.parametrize("name", ["max_fraction", "discharge_efficiency", "state_of_health", "charge_efficiency"])
def test_a_percentage_is_asked_for_as_a_fraction(tmp_path: Path, name: str) -> None:
    (line,) = refused("reserve", write_site(tmp_path, {f"ups.0.battery.{name}": 95}))
    assert line.endswith("(did you mean 0.95?)")
    (line,) = refused("reserve", write_site(tmp_path, {f"ups.0.battery.{name}": 101}))
    assert "did you mean" not in line


def test_a_load_that_cannot_be_is_told_beside_other_faults_of_the_site(tmp_path: Path) -> None:
    changes = {"ups.0.battery.state_of_health": 95, "ups.0.load": {"constant_kw": -250}}
    health = "site.yaml: ups.pod-1.battery.state_of_health is 95.0, must be a fraction above 0 and up to 1 (did you"
    limits = "must be from 0 to 9,000 kW, 1.5 times what its 5 units put out"
    load, battery = refused("reserve", write_site(tmp_path, changes))
    assert load == f"site.yaml: ups.pod-1.load is -250.0, {limits}"
    assert battery.startswith(health)

    rows = series_rows(START, [4000] * 30 + [-5] + [4000] * 41)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows, ""]))
    load, battery = refused("reserve", write_site(tmp_path, changes | {"ups.0.load": {"csv": "load.csv"}}))
    assert load == f"load.csv: ups.pod-1.load is '-5 kW at 2026-07-16T06:00:00-04:00', {limits}"
    assert battery.startswith(health)

    changes |= {"ups.0.units": 0, "unprotected_load": {"values": [1, 2e8], "start": START}}
    lines = refused("reserve", write_site(tmp_path, changes))
    assert "site.yaml: ups.pod-1.load is -250.0, must be at least 0 kW" in lines
    assert any("unprotected_load is '2e+08 kW at 2026-07-15T01:00:00-04:00'" in line for line in lines)

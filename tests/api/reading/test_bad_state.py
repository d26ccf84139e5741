"""A state or an option that cannot be ends with exit 2, nothing on standard output, and what is allowed."""

import json
from pathlib import Path

import pytest
from documents import DAY, REMOVED, refused, run, write_site


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


@pytest.mark.parametrize("written", ["15.07.2026", "07/15/2026", "2026-7-15", "20260715", "tomorrow", "2026-02-30", ""])
def test_a_day_in_other_words_is_refused_with_what_to_write(tmp_path: Path, written: str) -> None:
    site, allowed = write_site(tmp_path), "must be a day of the calendar: write YYYY-MM-DD, e.g. 2026-07-15"
    assert refused("plan", site, "--date", written) == [f"--date is {written!r}, {allowed}"]
    assert refused("reserve", site, "--price", "--date", written) == [f"--date is {written!r}, {allowed}"]
    studied = refused("study", site, "--from", written, "--to", written, "--information", "perfect")
    assert studied == [f"--from is {written!r}, {allowed}", f"--to is {written!r}, {allowed}"]


def test_faults_of_options_and_of_files_are_listed_at_once(tmp_path: Path) -> None:
    lines = refused("plan", write_site(tmp_path, {"ups.0.units": 5.5}), "--date", "15.07.2026")
    assert [line.split(" is ")[0] for line in lines] == ["site.yaml: ups.pod-1.units", "--date"]

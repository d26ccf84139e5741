"""`ridethrough series`: what is understood of a file, and what to write for it."""

from pathlib import Path

import pytest
from documents import run
from file_shapes import AUTUMN, GERMAN, PLAIN_DAY, csv_of, german_rows

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_a_file_that_is_not_plain_is_shown_with_the_format_to_write(tmp_path: Path) -> None:
    path = tmp_path / "lastgang.csv"
    path.write_bytes(GERMAN.csv(AUTUMN))
    document = run("series", path, "--timezone", "Europe/Berlin", "--format", "json").document
    assert document["rows"] == document["values"] == 292
    assert (document["start"], document["end"]) == ("2026-10-24T00:00:00+02:00", "2026-10-27T00:00:00+01:00")
    assert (document["step_minutes"], document["clock"], document["unit"]) == (15, "Europe/Berlin", "kW")
    assert document["lowest"] == min(AUTUMN.kw)
    assert document["highest"] == max(AUTUMN.kw)
    assert document["mean"] == pytest.approx(sum(AUTUMN.kw) / len(AUTUMN.kw))
    again = run("series", path, "--csv-format", document["csv_format"], "--format", "json").document
    assert {**again, "remark": ""} == {**document, "remark": ""}


def test_without_a_clock_the_file_is_refused_with_the_option_to_write(tmp_path: Path) -> None:
    path = tmp_path / "lastgang.csv"
    path.write_bytes(GERMAN.csv(PLAIN_DAY))
    ran = run("series", path)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert '--csv-format \'{delimiter: ";", decimal: ","' in ran.err
    assert "put the clock of the file in place of UTC" in ran.err


def test_the_picture_and_the_gaps_are_shown_in_eighty_columns(tmp_path: Path) -> None:
    rows = german_rows(PLAIN_DAY)
    del rows[20:24]
    path = tmp_path / "lastgang.csv"
    path.write_bytes(csv_of(rows))
    ran = run("series", path, "--timezone", "Europe/Berlin", "--gaps", "{fill: hold, at_most_minutes: 60}")
    assert ran.code == 0, ran.err
    assert "188 in the file, 192 values at one step" in ran.out
    assert "4 values filled, the longest gap is 60 minutes" in ran.out
    (picture,) = (line for line in ran.out.splitlines() if "█" in line)
    assert len(picture) <= 80
    assert picture.strip()[0] < picture.strip()[-1]


def test_prices_are_shown_by_their_own_unit() -> None:
    path = EXAMPLES / "frankfurt" / "strompreise.csv"
    document = run("series", path, "--prices", "--timezone", "Europe/Berlin", "--format", "json").document
    assert (document["file_unit"], document["unit"], document["step_minutes"]) == ("per_MWh", "per kWh", 15)
    assert document["notes"][0] == "the step changes from 60 to 15 minutes at 2025-10-01T00:00:00+02:00"


@pytest.mark.parametrize(
    ("name", "clock", "encoding"),
    [("frankfurt/lastgang.csv", "Europe/Berlin", "cp1252"), ("tokyo/30min.csv", "Asia/Tokyo", "cp932")],
)
def test_the_encoding_is_told_by_the_words(name: str, clock: str, encoding: str) -> None:
    document = run("series", EXAMPLES / name, "--timezone", clock, "--format", "json").document
    assert f"encoding: {encoding}" in document["csv_format"]


def test_the_values_are_printed_as_a_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "lastgang.csv"
    path.write_bytes(GERMAN.csv(AUTUMN))
    plain = tmp_path / "plain.csv"
    assert run("series", path, "--timezone", "Europe/Berlin", "--format", "csv", "--out", plain).code == 0
    document = run("series", plain, "--format", "json").document
    assert document["csv_format"] is None
    assert document["values"] == 292


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--csv-format", "{delimiter: x}"), "--csv-format: delimiter is 'x', must be one of"),
        (("--csv-format", "{oops: 1}"), "oops is 1, must be left out: the field is unknown"),
        (("--csv-format", "{decimal: ',', thousands: ','}"), "thousands is ',', must be another sign than `decimal`"),
        (("--csv-format", "{timezone: Berlin}"), "timezone is 'Berlin', must be such as Europe/Berlin"),
        (("--csv-format", "{unit: kVA}"), "unit is 'kVA', must be one of kW, W, MW, kWh, Wh, MWh"),
        (("--csv-format", "{encoding: rot13}"), "encoding is 'rot13', must be such as utf-8"),
        (("--csv-format", "{time_column: []}"), "time_column is [], must be the name of a column"),
        (("--gaps", "{fill: guess, at_most_minutes: 5}"), "fill is 'guess'"),
        (("--gaps", "{fill: hold, at_most_minutes: 0}"), "at_most_minutes is 0.0, must be above 0"),
        (("--timezone", "Berlin"), "timezone is 'Berlin', must be an IANA time zone"),
    ],
)
def test_an_option_that_says_nothing_we_know_is_refused(tmp_path: Path, option: tuple[str, str], message: str) -> None:
    path = tmp_path / "lastgang.csv"
    path.write_bytes(GERMAN.csv(PLAIN_DAY))
    ran = run("series", path, *option)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err

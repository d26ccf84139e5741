"""Whatever a name holds, no output steers a terminal or a spreadsheet, or breaks off with a traceback."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import DAY, run, write_site
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.printing import Format, csv_text, emit

STEERING = ["\x1b]0;owned\x07", "\x1b[2J", "\x00", "\x9b2J", "\u202eevil", "\u2066x", "\x7f", "\u2028"]
COMMAND = [sys.executable, "-m", "ridethrough"]


def table_of(name: str) -> Table:
    table = Table("name", title=Text(name))
    table.add_row(Text(name))
    return table


def answer_of(name: str) -> Answer:
    return Answer(document=lambda: {"name": name}, rows=lambda: [{"name": name}], view=lambda: table_of(name))


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("steering", STEERING)
def test_what_is_printed_never_steers_a_terminal(
    capsys: pytest.CaptureFixture[str], form: Format, steering: str
) -> None:
    emit(answer_of(f"pod {steering}"), form)
    printed = capsys.readouterr().out
    assert printed
    assert not any(mark in printed for mark in steering if not mark.isascii() or not mark.isprintable())


def test_a_terminal_is_not_steered_either(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    emit(answer_of("pod \x1b]0;owned\x07"), Format.TABLE)
    assert "]0;owned" in terminal.getvalue()
    assert "\x1b]" not in terminal.getvalue()
    assert "\x07" not in terminal.getvalue()


@given(st.text("=+-@\tab1.,;\"'\n ", max_size=6))
def test_no_text_of_a_csv_file_is_a_formula(text: str) -> None:
    ((cell,),) = list(csv.reader(io.StringIO(csv_text([{"cell": text}]))))[1:] or [("",)]
    is_figure = cell.lstrip("+-").replace(".", "", 1).isdigit()
    assert is_figure or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.endswith(text) or is_figure


@pytest.mark.parametrize("figure", ["-12.34", "+3", "-7"])
def test_figures_stay_figures(figure: str) -> None:
    assert csv_text([{"cell": figure}]) == f"cell\n{figure}\n"


def test_an_id_that_is_a_formula_is_text_in_the_csv_of_a_plan(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.id": "=1+1"})
    rows = list(csv.DictReader(io.StringIO(run("plan", site, "--date", DAY, "--format", "csv").out)))
    assert {row["ups"] for row in rows} == {"'=1+1"}
    assert {ups["id"] for ups in json.loads(run("reserve", site, "--format", "json").out)["ups"]} == {"=1+1"}


@pytest.mark.parametrize("field", ["id", "name", "ups.0.id"])
@pytest.mark.parametrize("steering", ["\x1b[2J", "\u202e", "two\nlines", "\x00"])
def test_a_name_that_would_steer_a_terminal_is_refused(tmp_path: Path, field: str, steering: str) -> None:
    done = run("reserve", write_site(tmp_path, {field: f"pod {steering}"}))
    assert done.code == 2
    assert "must be text without control characters" in done.err
    assert "\x1b" not in done.err


def closed() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("standard_output", [closed, full])
@pytest.mark.parametrize(
    "form", [Format.TABLE, *(pytest.param(form, marks=pytest.mark.long) for form in (Format.JSON, Format.CSV))]
)
def test_an_output_that_is_closed_or_full_is_said_in_one_line(
    tmp_path: Path, standard_output: Callable[[], int], form: Format
) -> None:
    output = standard_output()
    command = [*COMMAND, "reserve", str(write_site(tmp_path)), "--format", form.value]
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(output)
    assert done.returncode == 74
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: standard output cannot be written: ")

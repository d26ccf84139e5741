"""A series with anything wrong in it ends with exit 2, nothing on standard output, and its file and row."""

from pathlib import Path

import pytest
from documents import DAY, refused, run, series_rows, write_site

START = f"{DAY}T00:00-04:00"
HOURS = series_rows(START, [4300] * 24)


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


def test_a_directory_is_no_series(tmp_path: Path) -> None:
    (tmp_path / "load.csv").mkdir()
    (line,) = refused("plan", write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}}), "--date", DAY)
    assert "must be a file beside the site file" in line

"""The journal keeps what was written, cuts a line that was not finished, and refuses one that was changed."""

from datetime import timedelta
from pathlib import Path

import live
import pytest
from control_benches import BEGIN, control_bench
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.bms.cycle_journal import CycleJournal, LastKnown, last_known
from ridethrough.bms.journal import Journal, UnableToReadJournal, records_of


@given(kept=st.integers(0, 5), cut=st.integers(1, 60))
def test_a_journal_that_ends_in_the_middle_of_a_line_goes_on(
    kept: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path)
    for number in range(kept + 1):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    path.write_bytes(whole[: len(whole) - min(cut, last)])
    again = Journal(path)
    again.write("note", BEGIN, text="after")
    again.close()
    records = records_of(path)
    assert [each["text"] for each in records] == [*(f"line {number}" for number in range(kept)), "after"]
    assert [each["number"] for each in records] == list(range(1, kept + 2))


@pytest.mark.parametrize(("old", "new"), [(b"line 0", b"lime 0"), (b'"number": 1', b'"number": 7')])
def test_a_changed_line_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(2):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(UnableToReadJournal, match="line 1"):
        Journal(path)


def test_a_line_that_is_missing_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(3):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(UnableToReadJournal, match="number 3"):
        records_of(path)


def test_cycles_are_written_when_they_say_something_new_and_each_minute(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    bench = control_bench(write=CycleJournal(journal=journal))
    bench.cycle(130)
    bench.held = "held"
    bench.cycle(5)
    journal.close()
    cycles = records_of(tmp_path / "journal.jsonl")
    assert [each["mode"] for each in cycles] == ["plan"] * 3 + ["hold"]


def test_what_a_controller_must_know_after_a_restart_is_in_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    bench = control_bench(write=CycleJournal(journal=journal))
    bench.cycle(2)
    bench.simulated.outage()
    began = bench.simulated.now
    bench.cycle(20)
    journal.close()
    known = known_in(tmp_path / "journal.jsonl")
    assert known.outage_at == began
    assert known.reading is not None
    again = control_bench(now=bench.simulated.now)
    again.ordering.last_outage_at = known.outage_at
    again.ordering.history.add(known.reading)
    again.plan = live.plan(again.site, made_at=began - timedelta(hours=1))
    assert "there was an outage" in again.cycle().why
    assert known_in(tmp_path / "empty.jsonl").reading is None


def known_in(path: Path) -> LastKnown:
    journal = Journal(path)
    try:
        return last_known(journal)
    finally:
        journal.close()

"""The journal of a controller: a file of JSON lines that only grows, and that survives the end of the process.

A record is on the disk before the call that writes it returns (`fsync`). Every line carries its number and a checksum.
If the machine stopped in the middle of a line, that line is cut off when the journal is opened again; a damaged line
anywhere else is an error, because nobody may change what was written. A record that the disk does not take (it is full)
leaves nothing behind: the next one has its number.
"""

import errno
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any


class UnableToReadJournal(Exception):
    """A line of the journal is damaged, and it is not the last one."""


class Journal:
    """An open journal; one process writes it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        records, whole = _read(path)
        self._path = path
        self._last: dict[str, Mapping[str, Any]] = {str(record["what"]): record for record in records}
        self._number = len(records)
        self._whole = whole
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._file.truncate(whole)
        _sync_folder(path.parent)

    def write(self, what: str, at: datetime, **detail: object) -> None:
        """Write a record; it is on the disk when this returns.

        Raises `OSError` where the disk does not take it.
        """
        record = {"number": self._number + 1, "at": at.isoformat(), "what": what, **detail}
        text = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
        line = text + b"\t%08x\n" % zlib.crc32(text)
        self._file.truncate(self._whole)
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        os.fsync(self._file.fileno())
        self._whole += len(line)
        self._number += 1
        self._last[what] = record

    def last(self, what: str) -> Mapping[str, Any] | None:
        """The latest record of a kind."""
        return self._last.get(what)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def records_of(path: Path) -> tuple[Mapping[str, Any], ...]:
    """Every record of a journal, in order; a last line that was not finished is left out.

    Raises `UnableToReadJournal` where another line is damaged.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[tuple[Mapping[str, Any], ...], int]:
    """The records, and the length in bytes of the lines that are whole."""
    if not path.exists():
        return (), 0
    data = path.read_bytes()
    lines = data.split(b"\n")
    unfinished = lines.pop()
    records = tuple(_records(path, lines))
    return records, len(data) - len(unfinished)


def _records(path: Path, lines: list[bytes]) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, start=1):
        text, _, checksum = line.rpartition(b"\t")
        if checksum != b"%08x" % zlib.crc32(text):
            raise UnableToReadJournal(f"{path}: line {number} is damaged")
        record = json.loads(text)
        if record["number"] != number:
            raise UnableToReadJournal(f"{path}: line {number} carries the number {record['number']}")
        yield record


def _sync_folder(folder: Path) -> None:
    """Let the folder's entry of a new file survive too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

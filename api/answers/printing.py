"""Printing of answers to the terminal, a pipe or a file, in any format, and of errors to standard error.

A new format is a member of `Format` and an entry of `_WRITERS`; every command then has it.
"""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.printable import printable

EXIT_NO_SAFE_PLAN = 3
_PIPE_WIDTH = 132
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""The first characters of text that a spreadsheet would evaluate as a formula."""
_FIGURE = re.compile(r"[-+]?\d+(\.\d+)?")


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write the answer to a file, not to the terminal.")]


class UnableToPrint(OSError):
    """Standard output is closed or full."""


def emit(answer: Answer, form: Format = Format.TABLE, out: Path | None = None, picture: Path | None = None) -> None:
    """Print an answer in a format, to `out` or to standard output, and its picture to a file if one is given.

    Raises `UnableToAccept` for a file that cannot be written, `UnableToPrint` where standard output cannot be.
    """
    _WRITERS[form](answer, out)
    if picture is not None and answer.picture is not None:
        write(answer.picture(), picture)


def say(kind: str, lines: Iterable[str]) -> None:
    """Print lines on standard error; quoted input is printed as text, never as markup or a control sequence."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text.assemble((f"{kind}: ", "bold red"), printable(line)))


def show(view: RenderableType, out: Path | None) -> None:
    """Print a view on the terminal, or as plain text into a pipe or a file."""
    if out is None and sys.stdout.isatty():
        _Console(highlight=False).print(view)
        return
    with io.StringIO() as text:
        _Console(file=text, highlight=False, width=_PIPE_WIDTH).print(view)
        write("\n".join(line.rstrip() for line in text.getvalue().splitlines()), out)


def write(text: str, out: Path | None) -> None:
    """Write text to a file, or to standard output.

    Raises `UnableToAccept` for a file that cannot be written, `UnableToPrint` where standard output cannot be.
    """
    if out is None:
        try:
            sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            raise UnableToPrint(getattr(error, "strerror", None) or str(error)) from error
        return
    try:
        _replace(out, text)
    except OSError as error:
        fault = Fault(field="--out or --plot", value=str(out), allowed=f"a file that can be written ({error.strerror})")
        raise UnableToAccept([fault]) from error


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document as one JSON object."""
    return json.dumps(document, indent=2, allow_nan=False)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Write rows as CSV, with a header of `columns`, or of the fields of the first row.

    Text that a spreadsheet would evaluate as a formula gets an apostrophe before it.
    """
    with io.StringIO(newline="") as text:
        writer = csv.DictWriter(text, fieldnames=columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        return text.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _FIGURE.fullmatch(text) else text


def _replace(file: Path, text: str) -> None:
    """Write a file atomically, so that a controller never reads half a plan."""
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


class _Console(Console):
    """A console that prints quoted input without its control sequences."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render with every text made printable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


_WRITERS: Mapping[Format, Callable[[Answer, Path | None], None]] = {
    Format.TABLE: lambda answer, out: show(answer.view(), out),
    Format.JSON: lambda answer, out: write(to_json(answer.document()), out),
    Format.CSV: lambda answer, out: write(csv_text(answer.rows(), answer.columns), out),
}

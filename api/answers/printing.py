"""How commands print: to the terminal, into a pipe or a file, and complaints to standard error."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from ridethrough.domain import Fault, UnableToAccept

_PIPE_WIDTH = 132
EXIT_NO_SAFE_PLAN = 3


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="How to print the answer.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write the answer to a file, not to the terminal.")]


def say(kind: str, lines: Iterable[str]) -> None:
    """Print lines on standard error; what they quote from the input is text, never markup."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text.assemble((f"{kind}: ", "bold red"), line))


def show(view: RenderableType, out: Path | None) -> None:
    """Print a view on the terminal, or as plain text into a pipe or a file."""
    if out is None and sys.stdout.isatty():
        Console(highlight=False).print(view)
        return
    with io.StringIO() as text:
        Console(file=text, highlight=False, width=_PIPE_WIDTH).print(view)
        write("\n".join(line.rstrip() for line in text.getvalue().splitlines()), out)


def write(text: str, out: Path | None) -> None:
    """Write text to a file, or to standard output.

    Raises `UnableToAccept` for a file that cannot be written.
    """
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        _replace(out, text)
    except OSError as error:
        fault = Fault(field="--out or --plot", value=str(out), allowed=f"a file that can be written ({error.strerror})")
        raise UnableToAccept([fault]) from error


def _replace(file: Path, text: str) -> None:
    """Write a file whole or not at all: a controller that reads it never sees half a plan."""
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def csv_text(rows: Sequence[dict[str, Any]], columns: Sequence[str] = ()) -> str:
    """Write rows as CSV, with a header of `columns`, or of the fields of the first row."""
    with io.StringIO(newline="") as text:
        writer = csv.DictWriter(text, fieldnames=columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

"""Options that several commands have: how a file of readings is written."""

from typing import Annotated

import typer

CsvFormatOption = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        help='How the file is written, as in a site file: \'{delimiter: ";", decimal: ",", timezone: Europe/Berlin}\'.',
    ),
]
ColumnOption = Annotated[str | None, typer.Option(metavar="NAME", help="The value column, in a file of many.")]
GapsOption = Annotated[
    str | None,
    typer.Option(metavar="RULE", help="How gaps are filled: '{fill: hold, at_most_minutes: 60}'."),
]

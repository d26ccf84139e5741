"""`ridethrough series`: what is understood of a file of readings or prices."""

from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit
from ridethrough.api.commands.series_options import ColumnOption, CsvFormatOption, GapsOption


def series(  # noqa: PLR0917 - one parameter an option
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, Excel (.xlsx) or Green Button (.xml).", show_default=False)
    ],
    csv_format: CsvFormatOption = None,
    column: ColumnOption = None,
    gaps: GapsOption = None,
    timezone: Annotated[str | None, typer.Option(help="The clock of times without UTC offset.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="The file holds market prices, not a load.")] = False,  # noqa: FBT002 - a flag
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Show what is understood of a file: rows, step, clock, unit, range, gaps, and the csv_format to write."""
    from ridethrough.api.answers.series_answer import series_answer  # noqa: PLC0415
    from ridethrough.api.cases.series_shown import shown_series  # noqa: PLC0415
    from ridethrough.api.reading.series.series_options import query_from_options  # noqa: PLC0415
    from ridethrough.api.reading.tables.table import read_bytes  # noqa: PLC0415
    from ridethrough.domain.horizon import zone  # noqa: PLC0415

    if timezone is not None:
        zone(timezone)
    query = query_from_options(
        file.name,
        use="price" if prices else "load",
        csv_format=csv_format,
        column=column,
        gaps=gaps,
        timezone=timezone,
    )
    emit(series_answer(shown_series(read_bytes(file, file.name), query)), form, out)

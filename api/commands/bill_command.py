"""`ridethrough bill`: the exact bill of a meter series."""

from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit
from ridethrough.api.commands.series_options import ColumnOption, CsvFormatOption, GapsOption


def bill(  # noqa: PLR0917 - one parameter an option
    tariff: Annotated[
        str,
        typer.Argument(metavar="TARIFF", help="A catalog name, a native YAML file or a URDB JSON file."),
    ],
    meter: Annotated[
        Path, typer.Option(help="Metered load: CSV, Excel (.xlsx) or Green Button (.xml).", show_default=False)
    ],
    timezone: Annotated[str, typer.Option(help="The clock of the tariff, such as America/New_York.")],
    prices: Annotated[Path | None, typer.Option(help="Market prices (CSV), for a tariff that follows them.")] = None,
    state: Annotated[Path | None, typer.Option(help="Earlier peaks, and energy of the month so far (JSON).")] = None,
    events: Annotated[Path | None, typer.Option(help="Coincident events (CSV or JSON).")] = None,
    power_factor: Annotated[float | None, typer.Option(help="For demand that is billed in kVA.")] = None,
    csv_format: CsvFormatOption = None,
    column: ColumnOption = None,
    gaps: GapsOption = None,
    prices_csv_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="How the file of prices is written, as --csv-format.")
    ] = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Bill a meter series to the cent: every line as quantity x rate = amount."""
    from ridethrough.api.answers.bill_answer import bill_answer  # noqa: PLC0415
    from ridethrough.api.cases.billing import bill_of  # noqa: PLC0415
    from ridethrough.api.commands.bill_files import BillFiles  # noqa: PLC0415 - each command imports what it needs

    files = BillFiles(
        tariff=tariff,
        meter=meter,
        timezone=timezone,
        prices=prices,
        state=state,
        events=events,
        power_factor=power_factor,
        csv_format=csv_format,
        column=column,
        gaps=gaps,
        prices_csv_format=prices_csv_format,
    )
    inputs = files.read()
    billed, horizon = bill_of(inputs)
    emit(bill_answer(billed, inputs.tariff, horizon, meter.name), form, out)

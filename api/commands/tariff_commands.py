"""`ridethrough tariff`: the catalog, a tariff for people to read, and URDB rates as native YAML."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit, write

tariffs = typer.Typer(name="tariff", help="Look at tariffs, and import them.", no_args_is_help=True)


class Lookback(StrEnum):
    """How URDB's lookbackMonths is read."""

    REOPT = "reopt"
    SAM = "sam"


@tariffs.command("list")
def list_tariffs(form: FormatOption = Format.TABLE) -> None:
    """List the tariffs of the catalog."""
    from ridethrough.api.answers.tariff.tariff_answer import catalog_answer  # noqa: PLC0415 - each command imports what it needs

    emit(catalog_answer(), form)


@tariffs.command("show")
def show_tariff(
    tariff: Annotated[
        str, typer.Argument(metavar="TARIFF", help="A catalog name, a native YAML file or a URDB JSON file.")
    ],
    plot: Annotated[Path | None, typer.Option(help="Write heat maps of the prices (HTML).")] = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Show a tariff: its charges, and what a kWh and a kW cost by month and hour."""
    from ridethrough.api.answers.tariff.tariff_answer import tariff_answer  # noqa: PLC0415
    from ridethrough.api.reading.tariff_file import named_tariff  # noqa: PLC0415

    emit(tariff_answer(named_tariff(tariff)), form, out, plot)


@tariffs.command("import")
def import_tariff(
    rate: Annotated[Path, typer.Argument(metavar="URDB.json", help="A rate of the Utility Rate Database.")],
    out: OutOption = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Which rate, where the file has several."),
    ] = None,
    lookback: Annotated[
        Lookback,
        typer.Option(
            help="How lookbackMonths is read: REopt's way (every month is ratcheted) or SAM's (flagged months)."
        ),
    ] = Lookback.REOPT,
    power_factor: Annotated[
        float, typer.Option(min=0.01, max=1, help="Turns tier limits per kVA into limits per kW.")
    ] = 1.0,
) -> None:
    """Turn a rate of the Utility Rate Database into native YAML."""
    from ridethrough.api.reading.series.written_time import local_day  # noqa: PLC0415
    from ridethrough.api.reading.tariff_file import import_urdb_file  # noqa: PLC0415
    from ridethrough.tariffs.native import tariff_to_yaml  # noqa: PLC0415

    imported = import_urdb_file(rate, on=local_day(on, "--on"), lookback=lookback.value, power_factor=power_factor)
    write(tariff_to_yaml(imported), out)

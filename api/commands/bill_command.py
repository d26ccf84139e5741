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
    from ridethrough.api.cases.billing import BillInputs, bill_of  # noqa: PLC0415
    from ridethrough.api.reading.events_file import Events, read_events_file  # noqa: PLC0415
    from ridethrough.api.reading.series.series_file import read_series_file  # noqa: PLC0415
    from ridethrough.api.reading.series.series_options import query_from_options  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_state_file  # noqa: PLC0415
    from ridethrough.api.reading.tables.csv_format import known_clock  # noqa: PLC0415
    from ridethrough.api.reading.tariff_file import named_tariff  # noqa: PLC0415
    from ridethrough.domain.horizon import zone  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415 - each command imports what it needs

    clock = known_clock(timezone)
    priced, series, market, known, called, _ = together(
        lambda: named_tariff(tariff),
        lambda: read_series_file(
            meter,
            query_from_options(meter.name, csv_format=csv_format, column=column, gaps=gaps, timezone=clock),
        ),
        lambda: (
            read_series_file(
                prices,
                query_from_options(
                    prices.name,
                    use="price",
                    csv_format=prices_csv_format,
                    gaps=gaps,
                    timezone=clock,
                    option="--prices-csv-format",
                ),
            )
            if prices
            else None
        ),
        lambda: read_state_file(state) if state else None,
        lambda: read_events_file(events) if events else Events(),
        lambda: zone(timezone),
    )
    billed, horizon = bill_of(
        BillInputs(
            tariff=priced,
            meter=series,
            timezone=timezone,
            prices=market,
            state=known,
            state_source=state.name if state else "state",
            events=called,
            power_factor=power_factor,
        )
    )
    emit(bill_answer(billed, priced, horizon, meter.name), form, out)

"""How a series file is written, as options of a command say it."""

from ridethrough.api.reading.series.series_file import SeriesQuery
from ridethrough.api.reading.tables.columns import Use
from ridethrough.api.reading.tables.csv_format import FORMAT, GAPS, CsvFormat, Gaps
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.written_text import yaml_document


def query_from_options(
    source: str,
    *,
    use: Use = "load",
    csv_format: str | None = None,
    column: str | None = None,
    gaps: str | None = None,
    timezone: str | None = None,
    option: str = "--csv-format",
) -> SeriesQuery:
    """What to read from a file, from options that hold a `csv_format` and `gaps` as a site file writes them.

    Raises `UnableToAccept` with every fault in them.
    """
    form: CsvFormat | None = None
    filling: Gaps | None = None
    if csv_format is not None:
        form = accept(FORMAT, yaml_document(csv_format, source=option), source=option)
    if gaps is not None:
        filling = accept(GAPS, yaml_document(gaps, source="--gaps"), source="--gaps")
    return SeriesQuery(
        source=source,
        use=use,
        form=form,
        column=column,
        gaps=filling,
        timezone=timezone,
        wording=f"{option} '{{}}'",
    )

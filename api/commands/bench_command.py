"""`ridethrough bench`: what bills and plans cost in CPU time on this machine."""

from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, csv_text, show, write


def bench(
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="How often each is measured; the median is shown.")] = 5,
    form: FormatOption = Format.TABLE,
) -> None:
    """Measure the CPU time of bills and plans."""
    from ridethrough.api.answers.plan_json import to_json  # noqa: PLC0415
    from ridethrough.api.cases.bench import bench_view, measured  # noqa: PLC0415 - each command imports what it needs

    measurements = measured(repeats)
    if form is Format.JSON:
        write(to_json(measurements.as_document()), None)
    elif form is Format.CSV:
        write(csv_text(measurements.rows()), None)
    else:
        show(bench_view(measurements), None)

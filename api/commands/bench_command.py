"""`ridethrough bench`: what bills and plans cost in CPU time on this machine."""

from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, emit


def bench(
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="How often each is measured; the median is shown.")] = 5,
    form: FormatOption = Format.TABLE,
) -> None:
    """Measure the CPU time of bills and plans."""
    from ridethrough.api.answers.bench_view import bench_answer  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.bench.bench import measured  # noqa: PLC0415

    emit(bench_answer(measured(repeats)), form)

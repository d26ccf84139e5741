"""The command line: it reads files, calls cases and prints their answers."""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.answers.printing import (
    EXIT_NO_SAFE_PLAN,
    Format,
    FormatOption,
    OutOption,
    UnableToPrint,
    emit,
    say,
)
from ridethrough.api.commands.bench_command import bench
from ridethrough.api.commands.bill_command import bill
from ridethrough.api.commands.check_command import check
from ridethrough.api.commands.control.control_command import control
from ridethrough.api.commands.control.simulate_command import simulate
from ridethrough.api.commands.life_command import life
from ridethrough.api.commands.prices_command import prices
from ridethrough.api.commands.series_command import series
from ridethrough.api.commands.service.backup_commands import backup, restore
from ridethrough.api.commands.service.key_command import keys
from ridethrough.api.commands.service.serve_command import serve
from ridethrough.api.commands.study_command import study
from ridethrough.api.commands.swing_command import swing
from ridethrough.api.commands.tariff_commands import tariffs
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.plan import PlanStatus

app = typer.Typer(
    name="ridethrough",
    help="Dispatch of data-center UPS batteries that saves money and never touches the backup reserve.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

EXIT_NOT_CERTIFIED = 1
EXIT_BAD_INPUT = 2
EXIT_NO_OUTPUT = 74
"""Standard output is closed or full (EX_IOERR of sysexits.h)."""


SiteArgument = Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)]


DayOption = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="YYYY-MM-DD",
        help="The local day to plan; without it, tomorrow by the clock.",
    ),
]


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - it is slow to load

        typer.echo(f"ridethrough {version('ridethrough')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Dispatch of data-center UPS batteries that saves money and never touches the backup reserve."""


NowOption = Annotated[
    str | None,
    typer.Option(
        "--now", metavar="TIME", help="Plan from this instant to the end of the next local day, as known then."
    ),
]


@app.command()
def plan(  # noqa: PLR0917 - one parameter an option
    site: SiteArgument,
    day: DayOption = None,
    now: NowOption = None,
    state: Annotated[Path | None, typer.Option(help="Measured state (JSON); without it batteries are full.")] = None,
    look_ahead_h: Annotated[
        float | None, typer.Option(min=0, help="Hours to look past the day; 24 or as far as the series go.")
    ] = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture of the plan (HTML).")] = None,
) -> None:
    """Plan one local day: what every battery does, what it saves, and the proof that it is safe."""
    from ridethrough.api.answers.plan.plan_answer import plan_answer  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.cases.plans.planning import plan_day  # noqa: PLC0415
    from ridethrough.api.reading.series.written_time import instant, local_day  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file, read_state_file  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415 - each command imports what it needs

    if out is not None and out == plot:
        fault = Fault(field="--plot", value=str(plot), allowed="another file than --out")
        raise UnableToAccept([fault])
    if now is not None and day is not None:
        raise UnableToAccept([Fault(field="--date", value=day, allowed="left out with --now")])
    inputs, measured, local, moment = together(
        lambda: read_site_file(site),
        lambda: read_state_file(state) if state else None,
        lambda: local_day(day, "--date"),
        lambda: instant(now, "--now") if now is not None else datetime.now(UTC),
    )
    planned = plan_day(
        inputs,
        now=moment,
        day=local,
        from_now=now is not None,
        state=measured,
        state_source=state.name if state else "state",
        look_ahead_h=look_ahead_h,
    )
    answer = planned.plan
    emit(plan_answer(planned), form, out, plot)
    kept = answer.status is PlanStatus.RECOVERY or answer.certificate.certified
    if all(ups.feasible for ups in planned.requirements) and kept and not answer.certificate.violations:
        if form is not Format.TABLE:
            say("alarm", answer.warnings)
        return
    say("error", (*answer.warnings, *answer.certificate.violations) or ["outages of this plan are not ridden through"])
    raise typer.Exit(EXIT_NO_SAFE_PLAN)


@app.command()
def reserve(
    site: SiteArgument,
    price: Annotated[bool, typer.Option("--price", help="What extra minutes take from a day's saving.")] = False,  # noqa: FBT002 - a flag
    day: DayOption = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Show the reserve of every UPS system: what it needs, what is left to trade, what binds."""
    from ridethrough.api.answers.plan.plan_answer import reserve_answer  # noqa: PLC0415
    from ridethrough.api.cases.plans.reserves import reserves_of  # noqa: PLC0415
    from ridethrough.api.reading.series.written_time import local_day  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415

    inputs, local = together(lambda: read_site_file(site), lambda: local_day(day, "--date"))
    if price:
        from ridethrough.api.commands.reserve_price import write_reserve_price  # noqa: PLC0415

        write_reserve_price(inputs, local, form, out)
        return
    if day is not None:
        raise UnableToAccept([Fault(field="--date", value=day, allowed="left out without --price")])
    requirements = reserves_of(inputs)
    emit(reserve_answer(requirements), form, out)
    if not all(each.feasible for each in requirements):
        lacking = (each for each in requirements if not each.feasible)
        say("error", (f"{each.ups_id}: the reserve is infeasible ({each.binding})" for each in lacking))
        raise typer.Exit(EXIT_NO_SAFE_PLAN)


@app.command()
def certify(
    site: SiteArgument,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="A plan, from anywhere.", show_default=False)],
    state: Annotated[
        Path | None, typer.Option(help="The measured state that the plan starts from (JSON); without it full.")
    ] = None,
    now: Annotated[
        str | None, typer.Option("--now", metavar="TIME", help="Judge by what was known then, as the plan was made.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Replay outages against a plan, and check all it states; exit 1 if it is not certified."""
    from ridethrough.api.answers.plan.plan_answer import certificate_answer  # noqa: PLC0415
    from ridethrough.api.cases.plans.certifying import certificate_of  # noqa: PLC0415
    from ridethrough.api.reading.plan_file import read_plan_file  # noqa: PLC0415
    from ridethrough.api.reading.series.written_time import instant  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file, read_state_file  # noqa: PLC0415
    from ridethrough.tariffs.documents.acceptance import together  # noqa: PLC0415

    inputs, measured = together(lambda: read_site_file(site), lambda: read_state_file(state) if state else None)
    certificate = certificate_of(
        inputs,
        read_plan_file(plan_file, inputs.site),
        now=datetime.now(UTC),
        known_at=instant(now, "--now") if now is not None else None,
        state=measured,
        state_source=state.name if state else "state",
    )
    emit(certificate_answer(certificate), form)
    if not certificate.certified:
        raise typer.Exit(EXIT_NOT_CERTIFIED)


app.command()(serve)
app.command()(check)
app.command()(control)
app.command()(simulate)
app.command()(bill)
app.command()(series)
app.command()(prices)
app.command()(study)
app.command()(swing)
app.command()(life)
app.add_typer(tariffs)
app.add_typer(keys)
app.command()(bench)
app.command()(backup)
app.command()(restore)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; faults in the input end with exit code 2, each on a line of standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # question marks for missing characters
    try:
        app(args=arguments)
    except UnableToAccept as error:
        say("error", (str(fault) for fault in error.faults))
        sys.exit(EXIT_BAD_INPUT)
    except UnableToPrint as error:
        _forget_output()
        say("error", [f"standard output cannot be written: {error}"])
        sys.exit(EXIT_NO_OUTPUT)


def _forget_output() -> None:
    """Let the interpreter end without a second error about output that it could not write."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

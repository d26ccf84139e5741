"""`ridethrough swing`: the capacitor that a load swing asks for, and what stays for the battery."""

from typing import Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, OutOption, emit


def swing(  # noqa: PLR0917 - one parameter an option
    amplitude_kw: Annotated[float, typer.Option(help="The swing from its lowest to its highest power.")],
    frequency_hz: Annotated[float, typer.Option(help="How often a second it repeats.")],
    ramp_kw_per_s: Annotated[float, typer.Option(help="How fast the meter may ramp; 0: held flat.")] = 0.0,
    capacitor_kwh: Annotated[float | None, typer.Option(help="Usable energy of a capacitor that you have.")] = None,
    capacitor_kw: Annotated[float | None, typer.Option(help="Its power.")] = None,
    form: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Size a supercapacitor for a load swing, and show what battery power it frees."""
    from ridethrough.api.answers.swing_view import swing_answer, swing_of  # noqa: PLC0415 - each command imports what it needs

    asked = swing_of(amplitude_kw, frequency_hz, ramp_kw_per_s, capacitor_kwh, capacitor_kw)
    emit(swing_answer(asked), form, out)

"""The answer of `ridethrough swing`: as a document, as rows, and as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.terminal import indented
from ridethrough.domain import Capacitor, Fault, LoadSwing, Smoothing, UnableToAccept
from ridethrough.tariffs.documents.acceptance import together

_FREQUENCIES_HZ = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
_DIGITS = 6
_HALF_A_KW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSwing:
    """A swing to smooth, and its capacitor: the given one, or the smallest that absorbs the whole swing."""

    smoothing: Smoothing
    capacitor: Capacitor
    given: bool

    def at(self, frequency_hz: float) -> Smoothing:
        """The same swing at another frequency."""
        amplitude_kw = self.smoothing.swing.amplitude_kw
        other = LoadSwing(amplitude_kw=amplitude_kw, frequency_hz=frequency_hz)
        return Smoothing(swing=other, ramp_kw_per_s=self.smoothing.ramp_kw_per_s)


def swing_of(
    amplitude_kw: float,
    frequency_hz: float,
    ramp_kw_per_s: float,
    capacitor_kwh: float | None,
    capacitor_kw: float | None,
) -> AskedSwing:
    """Check the input.

    Raises `UnableToAccept` with every fault.
    """
    unit = LoadSwing(amplitude_kw=1, frequency_hz=1)
    swing, _, capacitor = together(
        lambda: LoadSwing(amplitude_kw=amplitude_kw, frequency_hz=frequency_hz),
        lambda: Smoothing(swing=unit, ramp_kw_per_s=ramp_kw_per_s),
        lambda: _capacitor(capacitor_kwh, capacitor_kw),
    )
    smoothing = Smoothing(swing=swing, ramp_kw_per_s=ramp_kw_per_s)
    given = capacitor is not None
    return AskedSwing(smoothing=smoothing, capacitor=capacitor if given else smoothing.capacitor, given=given)


def _capacitor(energy_kwh: float | None, power_kw: float | None) -> Capacitor | None:
    if energy_kwh is None and power_kw is None:
        return None
    if energy_kwh is None or power_kw is None:
        missing = "--capacitor-kwh" if energy_kwh is None else "--capacitor-kw"
        raise UnableToAccept([Fault(field=missing, value=None, allowed="given: a capacitor has energy and power")])
    return Capacitor(energy_kwh=energy_kwh, power_kw=power_kw)


def swing_answer(asked: AskedSwing) -> Answer:
    """The capacitor of a swing; its rows are frequencies."""
    return Answer(
        document=lambda: swing_document(asked),
        rows=lambda: swing_rows(asked),
        view=lambda: swing_view(asked),
    )


def swing_document(asked: AskedSwing) -> dict[str, Any]:
    """The answer's JSON object (`docs/api.md` lists its fields)."""
    return {
        "amplitude_kw": asked.smoothing.swing.amplitude_kw,
        "ramp_kw_per_s": asked.smoothing.ramp_kw_per_s,
        **_row(asked, asked.smoothing),
        "capacitor": {
            "given": asked.given,
            "energy_kwh": round(asked.capacitor.energy_kwh, _DIGITS),
            "power_kw": round(asked.capacitor.power_kw, _DIGITS),
        },
        "frequencies": swing_rows(asked),
    }


def swing_rows(asked: AskedSwing) -> list[dict[str, float]]:
    """One row for each frequency, including the given one."""
    frequencies = sorted({*_FREQUENCIES_HZ, asked.smoothing.swing.frequency_hz})
    return [_row(asked, asked.at(frequency_hz)) for frequency_hz in frequencies]


def _row(asked: AskedSwing, smoothing: Smoothing) -> dict[str, float]:
    without_kw, with_kw = smoothing.battery_headroom_kw(None), smoothing.battery_headroom_kw(asked.capacitor)
    figures = {
        "frequency_hz": smoothing.swing.frequency_hz,
        "energy_kwh": smoothing.energy_kwh,
        "power_kw": smoothing.power_kw,
        "foreseen_energy_kwh": smoothing.foreseen_energy_kwh,
        "headroom_without_kw": without_kw,
        "headroom_with_kw": with_kw,
        "freed_kw": without_kw - with_kw,
    }
    return {name: round(value, _DIGITS) for name, value in figures.items()}


def swing_view(asked: AskedSwing) -> RenderableType:
    """The capacitor, what it frees, and both over frequencies."""
    lines = [indented(Text(line)) for line in _lines(asked)]
    return Group(Text(), *lines, Text(), _table(asked), Text())


def _lines(asked: AskedSwing) -> Iterator[str]:
    smoothing = asked.smoothing
    row = _row(asked, smoothing)
    flat = Smoothing(swing=smoothing.swing)
    ramp = f"ramping at most {smoothing.ramp_kw_per_s:,g} kW/s" if smoothing.ramp_kw_per_s else "flat"
    yield f"{smoothing.swing.amplitude_kw:,g} kW peak to peak at {smoothing.swing.frequency_hz:g} Hz, the meter {ramp}"
    yield f"takes a capacitor of {row['energy_kwh']:,.3f} kWh and {row['power_kw']:,.0f} kW"
    if smoothing.ramp_kw_per_s:
        yield (
            f"or, held flat, of {flat.energy_kwh:,.3f} kWh and {flat.power_kw:,.0f} kW; where the period is known, of "
            f"{row['foreseen_energy_kwh']:,.3f} kWh and {flat.power_kw:,.0f} kW"
        )
    kind = "the given capacitor" if asked.given else "this capacitor"
    yield (
        f"battery power kept for it: {row['headroom_without_kw']:,.0f} kW without, {row['headroom_with_kw']:,.0f} kW "
        f"with {kind} ({asked.capacitor.energy_kwh:,.3f} kWh, {asked.capacitor.power_kw:,.0f} kW)"
    )
    if row["headroom_with_kw"] >= _HALF_A_KW:
        yield "it does not take the swing whole"


def _table(asked: AskedSwing) -> RenderableType:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("Hz", "kWh needed", "kW needed", "kWh, period known", "battery kW without", "battery kW with"):
        table.add_column(name, justify="right")
    for row in swing_rows(asked):
        here = row["frequency_hz"] == round(asked.smoothing.swing.frequency_hz, _DIGITS)
        table.add_row(
            f"{row['frequency_hz']:g}",
            f"{row['energy_kwh']:,.3f}",
            f"{row['power_kw']:,.0f}",
            f"{row['foreseen_energy_kwh']:,.3f}",
            f"{row['headroom_without_kw']:,.0f}",
            f"{row['headroom_with_kw']:,.0f}",
            style="bold" if here else "",
        )
    return table

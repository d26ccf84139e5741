"""A plan against what happened: the meter and the stored energy, planned and measured, as far as time has come."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ridethrough.api.answers.plan.plan_charts import of_system, plan_axis, shades_of, systems_of
from ridethrough.charts import Chart, Panel, Series, Shape, TimeAxis, Tone
from ridethrough.store.operating.telemetry import StoredReading


def happened_chart(document: Mapping[str, Any], readings: Iterable[StoredReading], timezone: str) -> Chart | None:
    """The plan of a JSON object beside what readings tell; None where no reading falls in it."""
    axis, systems = plan_axis(document, timezone), systems_of(document)
    measured = [(each.measured_at, json.loads(each.document)) for each in readings]
    grid_kw, stored_kwh = _means(axis, measured), _stored_kwh(axis, measured, systems)
    if all(value is None for value in (*grid_kw, *stored_kwh)):
        return None
    planned_kw = tuple(float(each["grid_kw"]) for each in document["intervals"])
    return Chart(
        title="Plan and what happened",
        description="Power at the meter and stored energy of all systems, as planned and as measured so far.",
        axis=axis,
        panels=(
            Panel(
                title="Meter",
                unit="kW",
                series=(
                    Series(name="planned", values=planned_kw, tone=Tone.WITHOUT, dashed=True),
                    Series(name="measured", values=grid_kw, tone=Tone.WITH),
                ),
                digits=0,
            ),
            Panel(
                title="Stored energy, all systems",
                unit="kWh",
                series=(
                    _line("planned", _planned_kwh(document, systems), Tone.WITHOUT, dashed=True),
                    _line("measured", stored_kwh, Tone.STORED),
                ),
                from_zero=True,
                digits=0,
            ),
        ),
        shades=tuple(shades_of(document)),
    )


def _line(name: str, values: tuple[float | None, ...], tone: Tone, *, dashed: bool = False) -> Series:
    return Series(name=name, values=values, shape=Shape.LINE, tone=tone, dashed=dashed)


def _means(axis: TimeAxis, measured: Sequence[tuple[datetime, dict[str, Any]]]) -> tuple[float | None, ...]:
    """The mean of the meter in each interval; None without a reading."""
    found: list[list[float]] = [[] for _ in axis.boundaries[1:]]
    for at, document in measured:
        index = _interval(axis, at)
        if index is not None and document["grid_kw"] is not None:
            found[index].append(document["grid_kw"])
    return tuple(sum(each) / len(each) if each else None for each in found)


def _stored_kwh(
    axis: TimeAxis, measured: Sequence[tuple[datetime, dict[str, Any]]], systems: Sequence[str]
) -> tuple[float | None, ...]:
    """What all systems stored at each boundary, by the reading that begins the interval; None without one."""
    found: list[float | None] = [None for _ in axis.boundaries]
    for at, document in measured:
        index = _interval(axis, at)
        stored = [document["ups"].get(each, {}).get("stored_kwh") for each in systems]
        if index is not None and found[index] is None and None not in stored:
            found[index] = sum(stored)
    return tuple(found)


def _interval(axis: TimeAxis, at: datetime) -> int | None:
    step = axis.boundaries[1] - axis.boundaries[0]
    index = int((at - axis.boundaries[0]) // step)
    return index if 0 <= index < len(axis.boundaries) - 1 else None


def _planned_kwh(document: Mapping[str, Any], systems: Sequence[str]) -> tuple[float, ...]:
    start = sum(document["stored_at_start_kwh"].values())
    ends = [of_system(document, each, "stored_kwh") for each in systems]
    return (start, *(sum(kwh) for kwh in zip(*ends, strict=True)))

"""A plan's document as a chart: price, meter, battery power and stored energy of one horizon below each other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ridethrough.charts import Band, Chart, Mark, Panel, Series, Shade, ShadeKind, Shape, TimeAxis, Tone

_MOST_SYSTEMS = 3
"""With more systems than these, their stored energy is drawn as one sum."""
_PRICE_PX, _METER_PX, _POWER_PX, _STORED_PX, _STORED_OF_MANY_PX = 58, 118, 78, 108, 78


def plan_chart(document: Mapping[str, Any], timezone: str, *, now: datetime | None = None) -> Chart:
    """Draw the plan of a plan's JSON object on the clock of `timezone`, with a mark at `now` if that is given."""
    axis = plan_axis(document, timezone)
    currency = document["currency"]
    systems = systems_of(document)
    return Chart(
        title="Plan",
        description="Energy price, power at the meter with and without the plan, battery power, and stored energy over "
        f"the reserve, from {axis.boundaries[0]:%Y-%m-%d %H:%M} to {axis.boundaries[-1]:%Y-%m-%d %H:%M}.",
        axis=axis,
        panels=(
            Panel(
                title="Energy price",
                unit=f"{currency}/kWh",
                series=(Series(name="Energy price", values=_site(document, "price_per_kwh"), tone=Tone.PRICE),),
                digits=4,
                height_px=_PRICE_PX,
            ),
            _meter(document),
            _power(document, systems),
            *_stored(document, systems),
        ),
        shades=tuple(shades_of(document)),
        marks=() if now is None else (Mark(label="now", at=now),),
    )


def plan_axis(document: Mapping[str, Any], timezone: str) -> TimeAxis:
    """The interval boundaries of a plan."""
    starts = [datetime.fromisoformat(each["start"]) for each in document["intervals"]]
    return TimeAxis(boundaries=(*starts, datetime.fromisoformat(document["horizon"]["end"])), timezone=timezone)


def shades_of(document: Mapping[str, Any]) -> Iterator[Shade]:
    """The hold-off before each condition, the condition, and the return after it."""
    for each in document["conditions"]:
        name = each["kind"].replace("_", " ") + (f" ({each['ups']})" if each["ups"] else "")
        times = [datetime.fromisoformat(each[key]) for key in ("hold_off_from", "from", "to", "ramp_until")]
        kinds = (ShadeKind.HOLD_OFF, ShadeKind.CONDITION, ShadeKind.RAMP)
        words = (f"held off before the {name}", name, f"return after the {name}")
        for kind, label, start, end in zip(kinds, words, times, times[1:], strict=False):
            if start < end:
                yield Shade(label=label, start=start, end=end, kind=kind)


def systems_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the UPS systems of a plan."""
    return tuple(each["id"] for each in document["intervals"][0]["ups"])


def of_system(document: Mapping[str, Any], system: str, field: str) -> tuple[float, ...]:
    """One quantity of one UPS system, interval by interval."""
    return tuple(
        next(float(each[field] or 0.0) for each in interval["ups"] if each["id"] == system)
        for interval in document["intervals"]
    )


def _site(document: Mapping[str, Any], field: str) -> tuple[float, ...]:
    return tuple(float(interval[field]) for interval in document["intervals"])


def _meter(document: Mapping[str, Any]) -> Panel:
    series = (
        Series(name="without the plan", values=_site(document, "baseline_grid_kw"), tone=Tone.WITHOUT),
        Series(name="with the plan", values=_site(document, "grid_kw"), tone=Tone.WITH),
        Series(name="ceiling", values=_ceiling(document), tone=Tone.CEILING, dashed=True),
    )
    return Panel(
        title="Meter", unit="kW", series=series, bands=tuple(_forecast(document)), digits=0, height_px=_METER_PX
    )


def _ceiling(document: Mapping[str, Any]) -> tuple[float | None, ...]:
    """The ceiling where it is near the load; far above, it would press everything else flat."""
    grid = [*_site(document, "grid_kw"), *_site(document, "baseline_grid_kw")]
    spread = max(grid) - min(grid)
    most = max(grid) + max(spread, 0.1 * abs(max(grid)))
    return tuple(kw if kw <= most else None for kw in _site(document, "grid_target_kw"))


def _forecast(document: Mapping[str, Any]) -> Iterator[Band]:
    forecast = document.get("forecast")
    if forecast:
        levels: list[float] = forecast["levels"]
        rows = dict(zip(levels, forecast["net_load_kw"], strict=True))
        low, high = min(levels), max(levels)
        name = f"P{100 * low:.0f} to P{100 * high:.0f} without"
        yield Band(name=name, lower=tuple(rows[low]), upper=tuple(rows[high]))


def _power(document: Mapping[str, Any], systems: Sequence[str]) -> Panel:
    charge, discharge = (_sum(document, systems, f"{name}_kw") for name in ("charge", "discharge"))
    return Panel(
        title="Battery power" if len(systems) == 1 else "Battery power, all systems",
        unit="kW at the battery",
        series=(
            Series(name="charge", values=charge, shape=Shape.BARS, tone=Tone.CHARGE),
            Series(name="discharge", values=tuple(0.0 - kw for kw in discharge), shape=Shape.BARS, tone=Tone.DISCHARGE),
        ),
        from_zero=True,
        digits=1,
        height_px=_POWER_PX,
    )


def _stored(document: Mapping[str, Any], systems: Sequence[str]) -> Iterator[Panel]:
    if len(systems) > _MOST_SYSTEMS:
        yield _stored_panel(document, f"Stored energy, all {len(systems)} systems", systems, _STORED_PX)
        return
    height = _STORED_PX if len(systems) == 1 else _STORED_OF_MANY_PX
    for system in systems:
        yield _stored_panel(document, f"Stored energy, {system}", (system,), height)


def _stored_panel(document: Mapping[str, Any], title: str, systems: Sequence[str], height_px: int) -> Panel:
    start = sum(float(document["stored_at_start_kwh"][system]) for system in systems)
    stored = (start, *_sum(document, systems, "stored_kwh"))
    reserve = _sum(document, systems, "reserve_kwh")
    return Panel(
        title=title,
        unit="kWh",
        series=(
            Series(name="stored", values=stored, shape=Shape.LINE, tone=Tone.STORED),
            Series(name="reserve, never touched", values=reserve, tone=Tone.RESERVE),
        ),
        bands=(Band(name="", lower=(0.0,) * len(reserve), upper=reserve, tone=Tone.RESERVE),),
        from_zero=True,
        digits=1,
        height_px=height_px,
    )


def _sum(document: Mapping[str, Any], systems: Sequence[str], field: str) -> tuple[float, ...]:
    columns = [of_system(document, system, field) for system in systems]
    return tuple(sum(values) for values in zip(*columns, strict=True))

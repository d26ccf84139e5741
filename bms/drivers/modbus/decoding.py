"""What a device told, out of the values of its points: a reading, and the setpoint that it follows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ridethrough.bms.drivers.driver import UnableToRead
from ridethrough.bms.drivers.modbus.points import RegisterPoint
from ridethrough.bms.drivers.readings import DeviceReading, SetpointInForce
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import UpsReading

ON, OFF = 1, 0
"""What is written to the point that makes a setpoint count."""


def in_force_by(setpoint: Mapping[str, RegisterPoint], image: Mapping[int, int]) -> SetpointInForce | None:
    """The setpoint that counts by the registers; none where it is not enabled."""
    if not setpoint:
        return None
    told = {name: point.read_from(image)[0] for name, point in setpoint.items()}
    if told["enable"] != ON:
        return None
    net_kw, left_s = _number(told["net_discharge_kw"]), _number(told.get("left_s"))
    if net_kw is None:
        return None
    return SetpointInForce(charge_kw=max(0.0, -net_kw), discharge_kw=max(0.0, net_kw), left_s=left_s)


def reading_of(
    values: Mapping[str, Sequence[object]], asked: datetime, *, in_force: SetpointInForce | None
) -> DeviceReading:
    """The reading that the values of points make; it was asked for at `asked`, which counts where there is no clock."""
    one = {name: each[0] for name, each in values.items()}
    net_kw = _number(one.get("net_discharge_kw"))
    measured_at = _time(one, asked)
    system = None
    if one.keys() - {"grid_kw", "time_s", "time_ms", "alarms"}:
        system = UpsReading(
            stored_kwh=_number(one.get("stored_kwh")) if "unit_stored_kwh" not in values else None,
            unit_stored_kwh=tuple(_number(each) for each in values.get("unit_stored_kwh", ())),
            load_kw=_number(one.get("load_kw")),
            mode=_mode(one.get("mode")),
            unit_modes=tuple(_mode(each) or UpsMode.BYPASS for each in values.get("unit_modes", ())),
            charge_kw=_number(one.get("charge_kw")) if net_kw is None else max(0.0, -net_kw),
            discharge_kw=_number(one.get("discharge_kw")) if net_kw is None else max(0.0, net_kw),
            on_generator=one.get("on_generator", False) is not False,
            fault=_fault(one),
        )
    alarms = [each for each in values.get("alarms", ()) if each]
    return DeviceReading(
        measured_at=measured_at,
        ups=system,
        grid_kw=_number(one.get("grid_kw")),
        battery_operable=_truth(one.get("battery_operable")),
        inverter_on=_truth(one.get("inverter_on")),
        overloaded=_truth(one.get("overloaded")),
        in_force=in_force,
        alarms=tuple(str(each) if isinstance(each, str) else f"alarm word {_number(each):.0f}" for each in alarms),
    )


def _time(one: Mapping[str, object], asked: datetime) -> datetime:
    """The device's own time; where it has no clock, the time when it was asked.

    Raises `UnableToRead` where it has a clock that tells nothing.
    """
    if "time_s" not in one:
        return asked
    seconds, milliseconds = _number(one["time_s"]), _number(one.get("time_ms", 0))
    if seconds is None or milliseconds is None:
        raise UnableToRead("the device's clock tells nothing")
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds, milliseconds=milliseconds)


def _fault(one: Mapping[str, object]) -> str:
    if "fault" not in one:
        return ""
    told = one["fault"]
    return told if isinstance(told, str) else "" if told == 0 else f"fault code {told}"


def _mode(value: object) -> UpsMode | None:
    return UpsMode(value) if value in {each.value for each in UpsMode} else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None

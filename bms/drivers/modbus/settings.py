"""The settings of a Modbus device in the site file: where it is, and what its registers mean."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from ridethrough.bms.drivers.modbus.link import TlsFiles
from ridethrough.bms.drivers.modbus.points import RegisterPoint
from ridethrough.domain.validation import Checks, Fault, UnableToAccept

POINTS = (
    "stored_kwh",
    "unit_stored_kwh",
    "load_kw",
    "mode",
    "unit_modes",
    "charge_kw",
    "discharge_kw",
    "net_discharge_kw",
    "on_generator",
    "fault",
    "battery_operable",
    "inverter_on",
    "overloaded",
    "alarms",
    "grid_kw",
    "time_s",
    "time_ms",
)
"""What may be read of a device; `time_s` is seconds since 1970 (UTC) by its own clock."""
SETPOINT = ("net_discharge_kw", "expires_s", "enable", "left_s")
"""What may be written, in this order, and the time that is left, which is only read."""
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    str(int): int,
    str(float): (int, float),
    str(str): str,
}
_WORDS: Mapping[object, str] = {int: "a whole number", (int, float): "a number", str: "text"}
_PORTS = 65535
_UNITS = 247


@dataclass(frozen=True, slots=True, kw_only=True)
class SunSpecPoint:
    """A point of a SunSpec model, `MODEL.POINT`; its own scale factor counts before `scale`."""

    sunspec: str
    scale: float = 1.0
    values: Mapping[int, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model, _, name = self.sunspec.partition(".")
        checks = Checks()
        checks.require(model.isdigit() and bool(name), "sunspec", self.sunspec, "MODEL.POINT, as 713.WHAvail")
        checks.raise_faults()

    @property
    def model(self) -> int:
        """The number of its model."""
        return int(self.sunspec.partition(".")[0])

    @property
    def name(self) -> str:
        """Its name in the model."""
        return self.sunspec.partition(".")[2]


PointSpec = RegisterPoint | SunSpecPoint
_KW = 0.001
SUNSPEC_POINTS: Mapping[str, PointSpec] = {
    "stored_kwh": SunSpecPoint(sunspec="713.WHAvail", scale=_KW),
    "net_discharge_kw": SunSpecPoint(sunspec="714.DCW", scale=_KW),
    "battery_operable": SunSpecPoint(
        sunspec="802.State", values={1: False, 2: False, 3: True, 4: True, 5: False, 6: False, 99: False}
    ),
    "alarms": SunSpecPoint(sunspec="802.Evt1"),
}
"""What a device with SunSpec models tells, where the site file says nothing else of these points."""
SUNSPEC_SETPOINT: Mapping[str, PointSpec] = {
    "net_discharge_kw": SunSpecPoint(sunspec="704.WSet", scale=_KW),
    "expires_s": SunSpecPoint(sunspec="704.WSetRvrtTms"),
    "enable": SunSpecPoint(sunspec="704.WSetEna"),
    "left_s": SunSpecPoint(sunspec="704.WSetRvrtRem"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusSettings:
    """A device on Modbus TCP. Without `setpoint` it only tells. `largest_gap` registers may be read and not used."""

    host: str
    port: int = 502
    unit: int = 1
    timeout_s: float = 1.0
    sunspec_base: int | None = None
    largest_gap: int = 40
    points: Mapping[str, PointSpec] = field(default_factory=dict)
    setpoint: Mapping[str, PointSpec] = field(default_factory=dict)
    tls: TlsFiles | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.host.strip()), "host", self.host, "a name or an address")
        checks.require(1 <= self.port <= _PORTS, "port", self.port, f"from 1 to {_PORTS}")
        checks.require(0 <= self.unit <= _UNITS, "unit", self.unit, f"from 0 to {_UNITS}")
        checks.positive("timeout_s", self.timeout_s)
        checks.not_negative("largest_gap", self.largest_gap)
        checks.require(bool(self.points), "points", {}, "at least one point, or sunspec: true")
        if self.setpoint:
            for name in SETPOINT[:3]:
                checks.require(name in self.setpoint, f"setpoint.{name}", None, "a point: all three are needed")
        checks.raise_faults()

    @property
    def uses_sunspec(self) -> bool:
        """Whether any point is one of a SunSpec model."""
        return any(isinstance(each, SunSpecPoint) for each in (*self.points.values(), *self.setpoint.values()))


def read_settings(settings: Mapping[str, Any]) -> ModbusSettings:
    """The settings out of the site file.

    Raises `UnableToAccept` with every fault, each under its name in the settings.
    """
    faults: list[Fault] = []
    rest = dict(settings)
    sunspec = rest.pop("sunspec", False)
    points = _points(rest.pop("points", {}), "points", POINTS, faults)
    setpoint = _points(rest.pop("setpoint", {}), "setpoint", SETPOINT, faults)
    tls = _built(TlsFiles, rest.pop("tls"), "tls", faults) if "tls" in rest else None
    if sunspec is True:
        points, setpoint = {**SUNSPEC_POINTS, **points}, setpoint or dict(SUNSPEC_SETPOINT)
    elif sunspec is not False:
        faults.append(Fault(field="sunspec", value=sunspec, allowed="true or false"))
    made: ModbusSettings | None = None
    if not faults:
        made = _built(ModbusSettings, {**rest, "points": points, "setpoint": setpoint, "tls": tls}, "", faults)
    if made is None:
        raise UnableToAccept(faults)
    return made


def _points(given: object, where: str, known: tuple[str, ...], faults: list[Fault]) -> dict[str, PointSpec]:
    if not isinstance(given, Mapping):
        faults.append(Fault(field=where, value=given, allowed=f"a mapping of points: {', '.join(known)}"))
        return {}
    found: dict[str, PointSpec] = {}
    for name, value in given.items():
        if name not in known:
            faults.append(Fault(field=f"{where}.{name}", value=value, allowed=f"one of {', '.join(known)}"))
            continue
        kind: Callable[..., PointSpec] = SunSpecPoint if _is_sunspec(value) else RegisterPoint
        built = _built(kind, value, f"{where}.{name}", faults)
        if built is not None:
            found[str(name)] = built
    return found


def _is_sunspec(value: object) -> bool:
    return isinstance(value, Mapping) and "sunspec" in value


def _built(kind: Any, value: object, where: str, faults: list[Fault]) -> Any:  # noqa: ANN401 - any of the kinds above
    """A value of a kind from a mapping; None with its faults noted."""
    if not isinstance(value, Mapping):
        faults.append(Fault(field=where, value=value, allowed="a mapping"))
        return None
    wrong = list(_wrong(kind, value))
    if not wrong:
        try:
            return kind(**_in_order(value))
        except UnableToAccept as error:
            wrong = list(error.faults)
    faults += [fault.under(where) if where else fault for fault in wrong]
    return None


def _wrong(kind: Any, value: Mapping[str, Any]) -> Iterator[Fault]:  # noqa: ANN401
    """Fields that the kind does not have, that it needs, or that are of another type."""
    known = {each.name: each for each in fields(kind)}
    for name in value.keys() - known.keys():
        yield Fault(field=str(name), value=value[name], allowed=f"one of {', '.join(known)}")
    for name, each in known.items():
        if name not in value:
            if each.default is MISSING and each.default_factory is MISSING:
                yield Fault(field=name, value=None, allowed="given")
            continue
        allowed = _TYPES.get(str(each.type))
        if allowed is not None and (not isinstance(value[name], allowed) or isinstance(value[name], bool)):
            yield Fault(field=name, value=value[name], allowed=_WORDS[allowed])


def _in_order(value: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping as the kinds take it: numbers as keys of `values`, a tuple of lost numbers."""
    made = dict(value)
    if isinstance(made.get("values"), Mapping):
        made["values"] = {int(raw): meaning for raw, meaning in made["values"].items()}
    if isinstance(made.get("lost"), list):
        made["lost"] = tuple(made["lost"])
    return made

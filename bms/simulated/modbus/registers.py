"""The registers of simulated equipment: SunSpec models 1, 704, 713, 714, 802 and 124, then a block of its own.

Numbers are written by pysunspec2's model classes and by `struct`; the driver reads them by other code.
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sunspec2.device import Model

from ridethrough.bms.drivers.readings import DeviceReading
from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.state import Ordered
from ridethrough.domain import UpsMode

SUNSPEC_BASE = 40000
OWN_BASE = 50000
UNITS_AT, MODES_AT = OWN_BASE + 20, OWN_BASE + 120
MOST_UNITS = 40
"""A system of more units tells only what all of them store."""
OWN_SIZE = 160
MODES = {UpsMode.NORMAL: 0, UpsMode.STORED_ENERGY: 1, UpsMode.BYPASS: 2}
LOST_32 = 0xFFFFFFFF
_LOST_16 = 0xFFFF
_MODELS = (1, 704, 713, 714, 802, 124)
_CONNECTED, _FAULT = 3, 99
_WATTS = 1


class UpsRegisters:
    """The registers of one UPS system; what is written to model 704 becomes its setpoint."""

    def __init__(self, ups: SimulatedUps, serial: str) -> None:
        self._ups = ups
        equipment = ups.equipment
        rated_wh = equipment.units * equipment.capacity_kwh * 1000
        self._wh_step = max(0, math.ceil(math.log10(rated_wh / (_LOST_16 - 1))))
        self._w_step = max(0, math.ceil(math.log10(equipment.units * equipment.discharge_limit_kw * 1000 / 32000)))
        self._control = {"WSetEna": 0, "WSetMod": _WATTS, "WSet": 0, "WSetEnaRvrt": 0, "WSetRvrtTms": 0}
        self._at: dict[tuple[int, str], int] = {}
        self._image = self._models(serial)

    @property
    def image(self) -> Sequence[int]:
        """The registers from `SUNSPEC_BASE` on."""
        return self._image

    def refreshed(self) -> Iterator[tuple[int, list[int]]]:
        """The registers that change, as they are now, each run with its first register."""
        reading = self._ups.reading()
        yield from self._storage(reading)
        yield from self._setpoint(reading)
        yield OWN_BASE, self._own(reading)

    def write(self, first: int, values: Sequence[int]) -> bool:
        """Take what was written; whether it is allowed."""
        named = {self._at[704, name]: name for name in self._control}
        written, index = {}, 0
        while index < len(values):
            name = named.get(first + index)
            if name is None:
                return False
            words = 2 if name in {"WSet", "WSetRvrtTms"} else 1
            data = b"".join(word.to_bytes(2, "big") for word in values[index : index + words])
            if len(data) != 2 * words:
                return False
            written[name] = int.from_bytes(data, "big", signed=name == "WSet")
            index += words
        return self._take({**self._control, **written}, written)

    def _take(self, control: dict[str, int], written: Mapping[str, int]) -> bool:
        """Follow a setpoint only with a time after which it ends; a time that is written begins again."""
        if self._ups.faults.refuses or control["WSetMod"] != _WATTS:
            return False
        if control["WSetEna"] and not control["WSetRvrtTms"]:
            return False
        counts_before = self._ups.in_force() is not None
        self._control = control
        if not control["WSetEna"]:
            self._ups.release()
        elif counts_before or "WSetEna" in written:
            net_kw, state = control["WSet"] / 1000, self._ups.state
            begins = not counts_before or {"WSetEna", "WSetRvrtTms"} & written.keys() or state.ordered is None
            until = state.now + timedelta(seconds=control["WSetRvrtTms"])
            if not begins and state.ordered is not None:
                until = state.ordered.until
            self._ups.change(ordered=Ordered(charge_kw=max(0.0, -net_kw), discharge_kw=max(0.0, net_kw), until=until))
        return True

    def _models(self, serial: str) -> list[int]:
        equipment = self._ups.equipment
        rated_kw = equipment.units * equipment.discharge_limit_kw
        given: dict[int, dict[str, object]] = {
            1: {"Mn": "Ridethrough", "Md": "Simulated UPS", "SN": serial, "Opt": "", "Vr": "1", "DA": 1},
            704: {"WSet_SF": 0, "WSetEna": 0, "WSetMod": _WATTS, "WSet": 0, "WSetRvrtTms": 0, "WSetRvrtRem": 0},
            713: {"WH_SF": self._wh_step, "Pct_SF": -1},
            714: {"NPrt": 0, "DCW_SF": self._w_step},
            802: {"W_SF": self._w_step, "SoC_SF": -1, "WHRtg_SF": self._wh_step, "State": _CONNECTED},
            124: {"MinRsvPct_SF": 0, "WChaMax_SF": self._w_step, "WChaMax": self._steps(rated_kw)},
        }
        image = list(struct.unpack(">2H", b"SunS"))
        for number in _MODELS:
            at = SUNSPEC_BASE + len(image)
            model = Model(model_id=number, data=given[number])
            data = model.get_mb()
            words = list(struct.unpack(f">{len(data) // 2}H", data))
            words[:2] = [number, len(words) - 2]
            self._at.update({(number, name): at + point.offset for name, point in model.points.items()})
            image += words
        return [*image, _LOST_16, 0]

    def _steps(self, kw: float) -> int:
        return round(kw * 1000 / 10.0**self._w_step)

    def _storage(self, reading: DeviceReading) -> Iterator[tuple[int, list[int]]]:
        """Stored energy and power by models 713, 714 and 802; energy is rounded down."""
        equipment, told = self._ups.equipment, reading.ups
        capacity_kwh = equipment.units * equipment.capacity_kwh
        kwh = [each for each in told.unit_stored_kwh if each is not None] if told else []
        known = bool(kwh) and told is not None and len(kwh) == len(told.unit_stored_kwh)
        stored_kwh = sum(each for each, unit in zip(kwh, self._ups.state.units, strict=False) if not unit.failed)
        wh = math.floor(stored_kwh * 1000 / 10**self._wh_step) if known else _LOST_16
        percent = round(min(1.0, stored_kwh / capacity_kwh) * 1000) if known else _LOST_16
        net_kw = self._ups.state.discharge_kw - self._ups.state.charge_kw
        power = self._steps(net_kw) & _LOST_16
        yield self._at[713, "WHRtg"], [math.floor(capacity_kwh * 1000 / 10**self._wh_step), wh, percent]
        yield self._at[714, "DCW"], [power]
        yield self._at[802, "SoC"], [percent]
        yield self._at[802, "State"], [_CONNECTED if reading.battery_operable else _FAULT]
        yield self._at[802, "Evt1"], [0, 1 if reading.alarms else 0]
        yield self._at[802, "W"], [power]

    def _setpoint(self, reading: DeviceReading) -> Iterator[tuple[int, list[int]]]:
        """Model 704 as it is followed: not enabled any more when its time is over."""
        told = reading.in_force
        watts = self._control["WSet"] if told is None else round((told.discharge_kw - told.charge_kw) * 1000)
        left_s = 0 if told is None else math.ceil(told.left_s or 0.0)
        yield self._at[704, "WSetEna"], [int(told is not None), self._control["WSetMod"], *_words(watts)]
        yield (
            self._at[704, "WSetEnaRvrt"],
            [
                self._control["WSetEnaRvrt"],
                *_words(self._control["WSetRvrtTms"]),
                *_words(left_s),
            ],
        )

    def _own(self, reading: DeviceReading) -> list[int]:
        own, told = [0] * OWN_SIZE, reading.ups
        at = reading.measured_at.timestamp()
        own[0:3] = [*_words(int(at)), int(at % 1 * 1000)]
        if told is None:
            return own
        own[3] = _LOST_16 if told.mode is None else MODES[told.mode]
        own[4] = int(told.on_generator)
        own[5] = int(reading.inverter_on is True)
        own[6] = int(reading.overloaded is True)
        own[7] = int(reading.battery_operable is True)
        for place, kw in ((8, told.load_kw), (10, told.charge_kw), (12, told.discharge_kw)):
            own[place : place + 2] = _words(round((kw or 0.0) * 1000))
        if len(told.unit_stored_kwh) <= MOST_UNITS:
            for unit, kwh in enumerate(told.unit_stored_kwh):
                place = UNITS_AT - OWN_BASE + 2 * unit
                own[place : place + 2] = _words(LOST_32 if kwh is None else math.floor(kwh * 1000))
            for unit, mode in enumerate(told.unit_modes or (UpsMode.NORMAL,) * len(told.unit_stored_kwh)):
                own[MODES_AT - OWN_BASE + unit] = MODES[mode]
        return own


def meter_registers(reading: DeviceReading) -> list[int]:
    """The block of the meter: its clock, and its power in W."""
    own, at = [0] * OWN_SIZE, reading.measured_at.timestamp()
    own[0:3] = [*_words(int(at)), int(at % 1 * 1000)]
    kw = reading.grid_kw
    own[8:10] = [0x8000, 0] if kw is None or math.isnan(kw) else _words(round(kw * 1000))
    return own


def _words(value: int) -> list[int]:
    return [value >> 16 & 0xFFFF, value & 0xFFFF]

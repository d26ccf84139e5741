"""What earlier readings told of stored energy, as arrays: a site may send a reading each second, for days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.telemetry import Telemetry, UpsReading

FloatArray = NDArray[np.float64]
Told = tuple[float, float | None, Sequence[float | None]]
"""What one reading told of a system: what batteries give (kW), their energy (kWh), and that of each unit (kWh)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GIVEN, _STORED, _COUNT, _UNITS = range(4)
"""The columns of a system: all NaN where a reading has nothing of it; its units come last."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SystemHistory:
    """What each reading told of one system: a row for each."""

    rows: FloatArray

    @property
    def given_kw(self) -> FloatArray:
        """What batteries give by their measured powers, less what they take; NaN where the system was not sent."""
        return self.rows[:, _GIVEN]

    @property
    def stored_kwh(self) -> FloatArray:
        """The energy of the system; NaN where it was not sent, or lost."""
        return self.rows[:, _STORED]

    @property
    def unit_count(self) -> FloatArray:
        """Of how many units the energy was sent; 0 where it was sent of the system only."""
        return self.rows[:, _COUNT]

    @property
    def unit_stored_kwh(self) -> FloatArray:
        """The energy of each unit (readings x units), NaN where it was not sent, or lost."""
        return self.rows[:, _UNITS:]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnergyHistory:
    """Readings in the order given: when each was measured (microseconds since 1970), and what it told of systems."""

    measured_us: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    systems: Mapping[str, SystemHistory] = field(default_factory=dict)

    @classmethod
    def of(cls, readings: Iterable[Telemetry]) -> "EnergyHistory":
        """What readings told, in the order of their time."""
        in_order = sorted(readings, key=lambda each: each.measured_at)
        told = [{ups_id: told_by(reading) for ups_id, reading in each.ups.items()} for each in in_order]
        return cls.told_at([microseconds(each.measured_at) for each in in_order], told)

    @classmethod
    def told_at(cls, measured_us: Sequence[int], told: Sequence[Mapping[str, Told]]) -> "EnergyHistory":
        """What was told at some times."""
        names = dict.fromkeys(name for each in told for name in each)
        systems = {name: SystemHistory(rows=_rows([each.get(name) for each in told])) for name in names}
        return cls(measured_us=np.array(measured_us, dtype=np.int64), systems=systems)

    def at(self, places: NDArray[np.int64]) -> "EnergyHistory":
        """The readings at some places, in their order."""
        systems = {name: SystemHistory(rows=each.rows[places]) for name, each in self.systems.items()}
        return EnergyHistory(measured_us=self.measured_us[places], systems=systems)

    def moved(self, by: timedelta) -> "EnergyHistory":
        """The same readings, with all their times moved."""
        return EnergyHistory(measured_us=self.measured_us + by // timedelta(microseconds=1), systems=self.systems)

    def of_system(self, name: str) -> "EnergyHistory":
        """What all readings told of one system."""
        kept = {name: self.systems[name]} if name in self.systems else {}
        return EnergyHistory(measured_us=self.measured_us, systems=kept)

    def followed_by(self, other: "EnergyHistory") -> "EnergyHistory":
        """These readings, and then others."""
        names = dict.fromkeys((*self.systems, *other.systems))
        systems = {name: SystemHistory(rows=_joined(self.rows_of(name), other.rows_of(name))) for name in names}
        return EnergyHistory(measured_us=np.concatenate([self.measured_us, other.measured_us]), systems=systems)

    def rows_of(self, name: str) -> FloatArray:
        """The rows of one system, also of one that no reading had."""
        found = self.systems.get(name)
        return np.full((len(self.measured_us), _UNITS), np.nan) if found is None else found.rows


def told_by(reading: UpsReading) -> Told:
    """What a reading tells of the energy of a system; what batteries give is nothing where it is not measured."""
    given_kw = 0.0 if reading.discharge_kw is None else reading.discharge_kw - (reading.charge_kw or 0.0)
    return given_kw, reading.stored_kwh, reading.unit_stored_kwh


def microseconds(moment: datetime) -> int:
    """The time in whole microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _rows(told: Sequence[Told | None]) -> FloatArray:
    """The rows of one system."""
    most = max((len(each[2]) for each in told if each is not None), default=0)
    rows = np.full((len(told), _UNITS + most), np.nan)
    for row, each in zip(rows, told, strict=True):
        if each is not None:
            given_kw, stored_kwh, units = each
            row[_GIVEN], row[_STORED], row[_COUNT] = given_kw, _number(stored_kwh), len(units)
            row[_UNITS : _UNITS + len(units)] = [_number(unit) for unit in units]
    return rows


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _joined(first: FloatArray, second: FloatArray) -> FloatArray:
    """Rows of two histories of one system, which may have been sent with units, or without."""
    width = max(first.shape[1], second.shape[1])
    padded = [np.pad(each, ((0, 0), (0, width - each.shape[1])), constant_values=np.nan) for each in (first, second)]
    return np.concatenate(padded)

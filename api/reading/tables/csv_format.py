"""How a file of meter readings or prices is written, as a site file says it: `csv_format` and `gaps`."""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta, timezone, tzinfo
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

from ridethrough.domain.horizon import zone
from ridethrough.domain.validation import Checks, UnableToAccept

Stamps = Literal["start", "end"]
Fill = Literal["hold", "interpolate", "previous_day"]

POWER_UNITS: Mapping[str, float] = {"kW": 1.0, "W": 0.001, "MW": 1000.0}
ENERGY_UNITS: Mapping[str, float] = {"kWh": 1.0, "Wh": 0.001, "MWh": 1000.0}
PRICE_UNITS: Mapping[str, float] = {"per_kWh": 1.0, "per_MWh": 0.001, "cent_per_kWh": 0.01}
"""Units by name, and the factor to kW, to kWh an interval, and to the site's currency per kWh."""

SPACES = " \u00a0\u202f\u2009"
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "latin-1", "mac-roman"),
        *("cp437", "cp850", "cp852", "cp866", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257"),
        *("iso8859-2", "iso8859-9", "iso8859-15", "shift_jis", "cp932", "euc_jp", "gb18030", "gbk", "big5", "euc_kr"),
    )
)
_DELIMITERS = (",", ";", "\t", "|", ":", " ")
_THOUSANDS = (",", ".", "'", "\u2019", *SPACES)
_PLAIN = re.compile(r"[A-Za-z][\w/-]*(?: [\w/-]+)*")
_WORDS_OF_YAML = ("null", "true", "false", "yes", "no", "on", "off")
_LONGEST_GAP_MIN = 31 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """How one file is written; what is None is found out from the file, or has its usual value.

    `time_column` may name two columns, a date and a clock time. `sheet` is of an Excel workbook.
    """

    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    time_column: str | tuple[str, ...] | None = None
    time_format: str | None = None
    timezone: str | None = None
    stamps: Stamps | None = None
    value_column: str | None = None
    unit: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        allowed = 'one of "," ";" "|" ":" or "\\t" for a tabulator'
        checks.require(self.delimiter is None or self.delimiter in _DELIMITERS, "delimiter", self.delimiter, allowed)
        checks.require(self.decimal in (None, ".", ","), "decimal", self.decimal, '"." or ","')
        groups = self.thousands in (None, "", *_THOUSANDS)
        checks.require(groups, "thousands", self.thousands, '"," "." " " or "\'"')
        differ = self.thousands in (None, "") or self.thousands != self.decimal
        checks.require(not groups or differ, "thousands", self.thousands, "another sign than `decimal`")
        checks.require(_is_encoding(self.encoding), "encoding", self.encoding, "such as utf-8, utf-16, cp1252 or cp932")
        checks.require(_is_clock(self.timezone), "timezone", self.timezone, 'such as Europe/Berlin, UTC or "+01:00"')
        units = [*POWER_UNITS, *ENERGY_UNITS, *PRICE_UNITS]
        checks.require(self.unit is None or self.unit in units, "unit", self.unit, f"one of {', '.join(units)}")
        has_columns = not isinstance(self.time_column, tuple) or bool(self.time_column)
        checks.require(has_columns, "time_column", [], "the name of a column, or of two: a date and a clock time")
        checks.raise_faults()

    @property
    def time_columns(self) -> tuple[str, ...]:
        """The columns that hold the time; none where none is named."""
        if self.time_column is None:
            return ()
        return self.time_column if isinstance(self.time_column, tuple) else (self.time_column,)

    @property
    def decimal_sign(self) -> str:
        """The sign before the part of a number: a comma where points stand between thousands, else a point."""
        return self.decimal or ("," if self.thousands == "." else ".")

    def over(self, other: "CsvFormat | None") -> "CsvFormat":
        """This format, with what it leaves open taken from another."""
        if other is None:
            return self
        return CsvFormat(
            **{
                each.name: own if (own := getattr(self, each.name)) is not None else getattr(other, each.name)
                for each in fields(self)
            }
        )

    def written(self) -> str:
        """The format as a person writes it into a site file.

        >>> CsvFormat(delimiter=";", decimal=",", time_column=("Datum", "Zeit")).written()
        '{delimiter: ";", decimal: ",", time_column: [Datum, Zeit]}'
        """
        given = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        parts = (f"{name}: {_scalar(value)}" for name, value in given.items())
        return "{" + ", ".join(parts) + "}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How missing readings are filled, and how long a gap may be at most.

    `hold` repeats the last value, `interpolate` draws a line, `previous_day` takes the same clock time a day before.
    """

    fill: Fill
    at_most_minutes: float

    def __post_init__(self) -> None:
        checks = Checks()
        fits = 0 < self.at_most_minutes <= _LONGEST_GAP_MIN
        allowed = f"above 0, at most {_LONGEST_GAP_MIN} (31 days)"
        checks.require(fits, "at_most_minutes", self.at_most_minutes, allowed)
        checks.raise_faults()

    @property
    def at_most(self) -> timedelta:
        """The longest gap that is filled."""
        return timedelta(minutes=self.at_most_minutes)


_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)
CsvFormat.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
Gaps.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
FORMAT = TypeAdapter(CsvFormat)
GAPS = TypeAdapter(Gaps)


def clock_of(name: str) -> tzinfo:
    """The clock that a format names: an IANA zone, or a fixed offset such as +01:00.

    Raises `UnableToAccept` for anything else.
    """
    offset = _fixed_offset(name)
    return zone(name) if offset is None else timezone(offset)


def known_clock(name: object) -> str | None:
    """The name of a clock where it is one; None for anything else, which is refused elsewhere."""
    return name if isinstance(name, str) and _is_clock(name) else None


def _fixed_offset(name: str) -> timedelta | None:
    sign, digits = name[:1], name[1:]
    if sign not in ("+", "-") or len(digits) != 5 or digits[2] != ":":  # noqa: PLR2004 - "01:00"
        return None
    hours, minutes = digits[:2], digits[3:]
    if not (hours.isdecimal() and minutes.isdecimal()) or int(hours) > 14 or int(minutes) > 59:  # noqa: PLR2004
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return offset if sign == "+" else -offset


def _is_clock(name: str | None) -> bool:
    try:
        return name is None or clock_of(name) is not None
    except UnableToAccept:
        return False


def _is_encoding(name: str | None) -> bool:
    try:
        return name is None or codecs.lookup(name).name in ENCODINGS
    except (LookupError, ValueError):
        return False


def _scalar(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False)

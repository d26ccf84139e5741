"""Bidding zones: our name, the code of the transparency platform (EIC), and the names at energy-charts and Nord Pool.

Sources: ENTSO-E, list of energy identification codes (areas); Nord Pool, Market Data API v2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from ridethrough.domain import Fault, UnableToAccept

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One bidding zone."""

    eic: str
    energy_charts: str


def _zone(eic: str, energy_charts: str) -> Zone:
    return Zone(eic=eic, energy_charts=energy_charts)


ZONES: Mapping[str, Zone] = {
    "AT": _zone("10YAT-APG------L", "AT"),
    "BE": _zone("10YBE----------2", "BE"),
    "BG": _zone("10YCA-BULGARIA-R", "BG"),
    "CH": _zone("10YCH-SWISSGRIDZ", "CH"),
    "CZ": _zone("10YCZ-CEPS-----N", "CZ"),
    "DE_LU": _zone("10Y1001A1001A82H", "DE-LU"),
    "DK_1": _zone("10YDK-1--------W", "DK1"),
    "DK_2": _zone("10YDK-2--------M", "DK2"),
    "EE": _zone("10Y1001A1001A39I", "EE"),
    "ES": _zone("10YES-REE------0", "ES"),
    "FI": _zone("10YFI-1--------U", "FI"),
    "FR": _zone("10YFR-RTE------C", "FR"),
    "GR": _zone("10YGR-HTSO-----Y", "GR"),
    "HR": _zone("10YHR-HEP------M", "HR"),
    "HU": _zone("10YHU-MAVIR----U", "HU"),
    "LT": _zone("10YLT-1001A0008Q", "LT"),
    "LV": _zone("10YLV-1001A00074", "LV"),
    "NL": _zone("10YNL----------L", "NL"),
    "NO_1": _zone("10YNO-1--------2", "NO1"),
    "NO_2": _zone("10YNO-2--------T", "NO2"),
    "NO_3": _zone("10YNO-3--------J", "NO3"),
    "NO_4": _zone("10YNO-4--------9", "NO4"),
    "NO_5": _zone("10Y1001A1001A48H", "NO5"),
    "PL": _zone("10YPL-AREA-----S", "PL"),
    "PT": _zone("10YPT-REN------W", "PT"),
    "RO": _zone("10YRO-TEL------P", "RO"),
    "SE_1": _zone("10Y1001A1001A44P", "SE1"),
    "SE_2": _zone("10Y1001A1001A45N", "SE2"),
    "SE_3": _zone("10Y1001A1001A46L", "SE3"),
    "SE_4": _zone("10Y1001A1001A47J", "SE4"),
    "SI": _zone("10YSI-ELES-----O", "SI"),
    "SK": _zone("10YSK-SEPS-----K", "SK"),
}


def zone_named(name: str) -> Zone:
    """Look up a zone by our name.

    Raises `UnableToAccept` with the names there are.

    >>> zone_named("DE_LU").eic
    '10Y1001A1001A82H'
    """
    return _named(name, ZONES)


NORD_POOL_AREAS: Mapping[str, str] = {
    **{name: name.replace("_", "") for name in ZONES if name.startswith(("DK_", "NO_", "SE_"))},
    **{name: name for name in ("AT", "BE", "BG", "EE", "FI", "FR", "LT", "LV", "NL", "PL")},
    "DE_LU": "GER",
    "RO": "TEL",
}
"""The zones in which Nord Pool has a day-ahead market, as it names them."""


def nord_pool_area(name: str) -> str:
    """What Nord Pool calls a zone.

    Raises `UnableToAccept` with the zones that it has.

    >>> nord_pool_area("SE_3")
    'SE3'
    """
    return _named(name, dict(sorted(NORD_POOL_AREAS.items())))


def _named(name: str, there_are: Mapping[str, Found]) -> Found:
    """What a name stands for; raises `UnableToAccept` with the names there are."""
    found = there_are.get(name)
    if found is None:
        allowed = f"one of {', '.join(there_are)}"
        raise UnableToAccept([Fault(field="zone", source="prices", value=name, allowed=allowed)])
    return found

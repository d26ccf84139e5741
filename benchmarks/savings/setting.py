"""What is compared: nine tariffs, one battery, one synthetic load, and other loads beside it; read from outside."""

import csv
import gzip
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Battery, Horizon, Interconnection, ReservePolicy, Site, UpsSystem, reserve_requirement
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.known.record import Record
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.document import tariff_from_urdb

FloatArray = NDArray[np.float64]

_VINTAGE, _CASES = "tariffs/urdb_2025_vintage", "tariffs/reopt_cases"
NINE = {
    "sce": f"{_VINTAGE}/SCE_TOU-8_Option-D_under2kV.json",
    "coned": f"{_VINTAGE}/ConEd_SC-9_ZoneJ_NYC.json",
    "dominion": f"{_VINTAGE}/Dominion_VA_GS-3_Secondary.json",
    "sdge": f"{_VINTAGE}/SDGE_AL-TOU_Secondary_above500kW.json",
    "fpl": f"{_VINTAGE}/FPL_GSLDT-1.json",
    "smud": f"{_VINTAGE}/SMUD_CI-TOD4_Secondary_1000kW.json",
    "pge": f"{_CASES}/pge_e19_2019.json",
    "entergy": f"{_CASES}/entergy_ark_lps_tou.json",
    "ladwp": f"{_VINTAGE}/LADWP_A-3.json",
}
TITLES = {
    "sce": "SCE TOU-8 D",
    "coned": "ConEd SC-9 (J)",
    "dominion": "Dominion GS-3",
    "sdge": "SDG&E AL-TOU",
    "fpl": "FPL GSLDT-1",
    "smud": "SMUD CI-TOD4",
    "pge": "PG&E E-19 (2019)",
    "entergy": "Entergy LPS-TOU",
    "ladwp": "LADWP A-3",
}
UPS = "pod"
POWER_KW = 2400.0
_NOMINAL_KWH = 5001.0  # of the DC bank that SAM sizes for 4,800 kWh
_RESERVE_FRACTION = 0.25  # SAM's lowest state of charge
_USABLE_KWH = 0.955 * 0.70 * _NOMINAL_KWH  # what SAM's battery really gives of 25 to 95 %
_ROUND_TRIP = 0.911  # SAM's, from AC to AC
_RIDE_THROUGH_S = 1200.0
_NO_LIMIT_KW = 20000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Load:
    """A load (kW) and when it was metered; clocks do not change, as in SAM."""

    name: str
    horizon: Horizon
    kw: FloatArray


def synthetic(shared: Path) -> Load:
    """The synthetic AI pod: 8,760 hours of a year that begins on a Monday."""
    text = gzip.decompress((shared / "data/loads/ai_pod_4800kw_synthetic_8760.csv.gz").read_bytes()).decode()
    kw = np.array([float(line) for line in text.splitlines()[1:]])
    return Load(name="synthetic AI pod", horizon=_from(datetime(2018, 1, 1, tzinfo=UTC), 60, len(kw)), kw=kw)


def real(shared: Path) -> tuple[Load, ...]:
    """Other loads: a month of power of three rows of Google machines, and a year of an office and of a data center."""
    folder = shared / "data/loads"
    may = datetime(2019, 5, 1, tzinfo=UTC)
    pods = [_pdu(folder / f"google_power_2019_pdu{each}.csv.gz", f"Google PDU {each}", may) for each in (6, 7, 8)]
    office = np.array([float(row[0]) for row in _rows(folder / "doe_large_office_sanfrancisco_8760.csv.gz")])
    virginia = np.array(
        [float(row[-1]) for row in _rows(folder / "data_center_virginia_10MW_hourly.csv.gz")[1:] if row]
    )
    return (
        *pods,
        _scaled("DOE large office", datetime(2017, 1, 1, tzinfo=UTC), 60, office, 4704.0),
        _scaled("Virginia data center", datetime(2018, 1, 1, tzinfo=UTC), 60, virginia, 4704.0),
    )


def _pdu(path: Path, name: str, start: datetime) -> Load:
    return _scaled(name, start, 5, np.array([float(row[3]) for row in _rows(path)[1:]]), 4000.0)


def _rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt") as text:
        return list(csv.reader(text))


def _scaled(name: str, start: datetime, interval_minutes: int, values: FloatArray, highest_kw: float) -> Load:
    return Load(name=name, horizon=_from(start, interval_minutes, len(values)), kw=values * (highest_kw / values.max()))


def _from(start: datetime, interval_minutes: int, intervals: int) -> Horizon:
    return Horizon(start=start, interval_minutes=interval_minutes, intervals=intervals, timezone="UTC")


def tariff(shared: Path, name: str) -> Tariff:
    """One of the nine, without its dates: every rate here is of an earlier or a later year than the loads."""
    rate = json.loads((shared / "data" / NINE[name]).read_text())
    rate = rate["items"][0] if "items" in rate else rate
    return tariff_from_urdb({field: value for field, value in rate.items() if field not in {"startdate", "enddate"}})


def site() -> Site:
    """The battery that SAM simulates (2,400 kW, 4,800 kWh AC-coupled, 25-95 %), as a UPS with a reserve of the 25 %."""
    without_cutoff_kwh = reserve_requirement(_ups(0.0), protected_load_kw=POWER_KW).reserve_kwh
    pod = _ups(_RESERVE_FRACTION - without_cutoff_kwh / _NOMINAL_KWH)
    return Site(
        id="against-sam",
        timezone="UTC",
        interconnection=Interconnection(import_limit_kw=_NO_LIMIT_KW),
        ups=(pod,),
    )


def _ups(cutoff_fraction: float) -> UpsSystem:
    one_way = math.sqrt(_ROUND_TRIP)
    return UpsSystem(
        id=UPS,
        units=1,
        tolerated_failures=0,
        unit_output_limit_kw=POWER_KW,
        unit_input_limit_kw=_NO_LIMIT_KW,
        protected_load_kw=POWER_KW,
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
        battery=Battery(
            nominal_kwh=_NOMINAL_KWH,
            state_of_health=1.0,
            cutoff_fraction=cutoff_fraction,
            max_fraction=_RESERVE_FRACTION + _USABLE_KWH / _NOMINAL_KWH,
            charge_limit_kw=POWER_KW,
            discharge_limit_kw=POWER_KW,
            charge_efficiency=one_way,
            discharge_efficiency=one_way,
            wear_cost_per_kwh=0.0,
        ),
        reserve=ReservePolicy(ride_through_s=_RIDE_THROUGH_S),
    )


def case(shared: Path, name: str, load: Load, *, first: int = 0, intervals: int | None = None) -> StudyCase:
    """A tariff and a load to study: all of it, or some intervals, with those before them on record."""
    record = Record(
        horizon=load.horizon,
        load_kw=np.full((1, len(load.kw)), POWER_KW),
        unprotected_load_kw=load.kw - POWER_KW,
    )
    start = load.horizon.start + first * load.horizon.step
    count = load.horizon.intervals - first if intervals is None else intervals
    return StudyCase(
        site=site(),
        tariff=tariff(shared, name),
        record=record,
        horizon=_from(start, load.horizon.interval_minutes, count),
        replanned_every_h=1.0,
    )

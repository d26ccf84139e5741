"""Write the series files of the three customers: made-up readings in the layouts of real exports.

Run `python examples/generate.py` from the top folder. The same readings come out every time; nothing is measured, and
nothing is taken from anyone's data.
"""

import math
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl

_HERE = Path(__file__).parent
_SATURDAY = 5


def stamps(first: str, last: str, minutes: int, clock: str) -> Iterator[datetime]:
    """Local times from the midnight of the first day to that after the last, through any clock change."""
    local = ZoneInfo(clock)
    moment = datetime.fromisoformat(first).replace(tzinfo=local).astimezone(UTC)
    end = (datetime.fromisoformat(last) + timedelta(days=1)).replace(tzinfo=local).astimezone(UTC)
    while moment < end:
        yield moment.astimezone(local)
        moment += timedelta(minutes=minutes)


def flat_load(times: list[datetime], kw: float, *, seed: int, swing: float = 0.03) -> list[float]:
    """The load of computers: nearly flat, a little higher by day, with noise that fades over hours."""
    draw = random.Random(seed)  # noqa: S311 - an example, no secret
    drift, loads = 0.0, []
    for time in times:
        drift = 0.97 * drift + draw.gauss(0.0, 0.006)
        day = math.sin((time.hour + time.minute / 60 - 9) / 24 * 2 * math.pi)
        loads.append(kw * (1 + swing * day + max(-0.08, min(0.08, drift))))
    return loads


def cooling_load(times: list[datetime], kw: float, *, seed: int, swing: float) -> list[float]:
    """Cooling: highest in the afternoon, with warm and cool days."""
    draw = random.Random(seed)  # noqa: S311
    warmth: dict[int, float] = {}
    loads = []
    for time in times:
        today = warmth.setdefault(time.toordinal(), draw.gauss(0.0, 0.07))
        afternoon = math.cos((time.hour + time.minute / 60 - 15) / 24 * 2 * math.pi)
        loads.append(kw * (1 + swing * afternoon + today + draw.gauss(0.0, 0.01)))
    return loads


def market_prices(times: list[datetime], *, seed: int) -> list[float]:
    """Prices per MWh of a market with much sun: a dip at noon, peaks in the morning and the evening."""
    draw = random.Random(seed)  # noqa: S311
    level: dict[int, float] = {}
    prices = []
    for time in times:
        today = level.setdefault(time.toordinal(), draw.gauss(88.0, 16.0) - 18.0 * (time.weekday() >= _SATURDAY))
        hour = time.hour + time.minute / 60
        shape = 38 * math.exp(-(((hour - 8) / 1.8) ** 2)) + 72 * math.exp(-(((hour - 19.2) / 1.9) ** 2))
        sun = 62 * math.exp(-(((hour - 13) / 2.8) ** 2))
        prices.append(today + shape - sun + draw.gauss(0.0, 4.0))
    return prices


def german(value: float, digits: int = 1) -> str:
    """A number as a German export writes it."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def write_frankfurt(folder: Path) -> None:
    """Four systems and the cooling in one semicolon file; prices by the hour, then by the quarter hour."""
    clock = "Europe/Berlin"
    times = list(stamps("2025-09-24", "2025-10-31", 15, clock))
    systems = {"USV A": 560.0, "USV B": 455.0, "USV C": 318.0, "USV D": 160.0}
    columns = [flat_load(times, kw, seed=index) for index, kw in enumerate(systems.values(), start=1)]
    columns.append(cooling_load(times, 330.0, seed=5, swing=0.10))
    lines = ["Lastgang;Rechenzentrum Frankfurt;;;;;;", "Zählpunkt;DE 000 000 60000 0000000000000000000;;;;;;"]
    lines.append(";".join(["Datum", "von", "bis", *(f"{name} [kW]" for name in systems), "Kälte [kW]"]))
    for time, loads in zip(times, zip(*columns, strict=True), strict=True):
        end = (time.astimezone(UTC) + timedelta(minutes=15)).astimezone(time.tzinfo)
        cells = [f"{time:%d.%m.%Y}", f"{time:%H:%M}", f"{end:%H:%M}", *map(german, loads)]
        lines.append(";".join(cells))
    lines.append(";".join(["Maximum", "", "", *(german(max(column)) for column in columns)]))
    (folder / "lastgang.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    hourly = list(stamps("2025-09-24", "2025-09-30", 60, clock))
    quarters = list(stamps("2025-10-01", "2025-11-01", 15, clock))
    rows = ["Datum von;Datum bis;Deutschland/Luxemburg [€/MWh]"]
    for part, minutes, seed in ((hourly, 60, 6), (quarters, 15, 7)):
        for time, price in zip(part, market_prices(part, seed=seed), strict=True):
            end = (time.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(time.tzinfo)
            rows.append(f"{time:%d.%m.%Y %H:%M};{end:%d.%m.%Y %H:%M};{german(price, 2)}")
    (folder / "strompreise.csv").write_bytes(("\r\n".join(rows) + "\r\n").encode("utf-8-sig"))


def write_new_york(folder: Path) -> None:
    """An Excel export of the monitoring system, and the utility's own export of the meter (kWh)."""
    times = list(stamps("2026-06-01", "2026-06-30", 15, "America/New_York"))
    first, second = flat_load(times, 420.0, seed=11), flat_load(times, 330.0, seed=12, swing=0.05)
    house = cooling_load(times, 190.0, seed=13, swing=0.22)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Trend"
    sheet.append(["Timestamp", "UPS-1 Output (kW)", "UPS-2 Output (kW)", "House load (kW)"])
    for time, *loads in zip(times, first, second, house, strict=True):
        sheet.append([time.replace(tzinfo=None), *(round(kw, 1) for kw in loads)])
    book.properties.created = book.properties.modified = datetime(2026, 7, 1)  # noqa: DTZ001 - Excel knows no zones
    book.save(folder / "trend.xlsx")
    lines = [
        "Name,Sample Data Center",
        "Address,1 Example Street",
        "",
        "TYPE,DATE,START TIME,END TIME,USAGE (kWh),NOTES",
    ]
    for time, *loads in zip(times, first, second, house, strict=True):
        end = time + timedelta(minutes=14)
        kwh = ((loads[0] + loads[1]) / 0.96 / 0.97 + loads[2]) / 4
        lines.append(f"Electric usage,{time:%Y-%m-%d},{time:%H:%M},{end:%H:%M},{kwh:.2f},")
    (folder / "meter.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_tokyo(folder: Path) -> None:
    """Half hours in kWh, stamped at their ends up to 24:00, in a Japanese encoding."""
    times = list(stamps("2025-07-01", "2025-07-31", 30, "Asia/Tokyo"))
    first, second = flat_load(times, 620.0, seed=21), flat_load(times, 460.0, seed=22)
    cooling = cooling_load(times, 390.0, seed=23, swing=0.12)
    lines = ["日付,時刻,UPS-A出力(kWh),UPS-B出力(kWh),空調(kWh)"]
    for time, *loads in zip(times, first, second, cooling, strict=True):
        end = time.hour * 60 + time.minute + 30
        kwh = ",".join(f"{kw / 2:.1f}" for kw in loads)
        lines.append(f"{time:%Y/%m/%d},{end // 60:02d}:{end % 60:02d},{kwh}")
    (folder / "30min.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))


def main(folder: Path = _HERE) -> None:
    """Write the files of all customers below a folder."""
    for name, write in (("frankfurt", write_frankfurt), ("new-york", write_new_york), ("tokyo", write_tokyo)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))

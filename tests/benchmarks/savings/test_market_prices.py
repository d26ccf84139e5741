"""Market prices of a year's hours: whatever clock the stamps of a region follow, each price stands in its own hour."""

import gzip
from pathlib import Path

import pytest

from benchmarks.savings.coverage import market_prices


def prices_of(folder: Path, region: str, rows: list[tuple[str, str]]) -> list[float]:
    """The first hours of 2022, a MWh, read from a file with some rows."""
    (folder / "data/prices").mkdir(parents=True)
    with gzip.open(folder / f"data/prices/{region}_2022.csv.gz", "wt") as text:
        text.writelines(f"{stamp},{price}\n" for stamp, price in [("Datetime", "Price"), *rows])
    return [1000 * each for each in market_prices(folder, region, 2022)[:10].tolist()]


@pytest.mark.parametrize(
    ("region", "stamps"),
    [
        ("US-TEX-ERCO", ("2022-01-01 00:00:00-06:00", "2022-01-01 01:00:00-06:00")),
        ("US-NY-NYIS", ("2022-01-01 06:00:00", "2022-01-01 07:00:00")),
        ("DE-LU", ("2022-01-01 07:00:00", "2022-01-01 08:00:00")),
    ],
)
def test_a_price_stands_in_the_hour_that_its_clock_names(tmp_path: Path, region: str, stamps: tuple[str, str]) -> None:
    early, late = stamps

    found = prices_of(tmp_path, region, [(early, "40"), (late, "70")])

    assert found == pytest.approx([40] * 7 + [70] * 3)  # the first price is that of the hours before it too


def test_an_hour_without_a_price_has_the_one_before_it(tmp_path: Path) -> None:
    rows = [(f"2022-01-01 {hour:02}:00:00", str(10 * hour) if hour != 3 else "") for hour in range(10)]

    assert prices_of(tmp_path, "US-CAL-CISO", rows)[2:5] == pytest.approx([20, 20, 40])

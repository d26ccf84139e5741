"""Price every rate of a URDB archive on a sample load, and print how many were priced or refused, by reason.

PYTHONPATH=. python -m benchmarks.urdb_corpus ../shared/data/tariffs/urdb_half_5k.tar.gz
"""

import re
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.urdb.document import tariff_from_urdb

YEAR = Horizon(start=datetime(2018, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)


def rates(archive: Path) -> Iterator[tuple[str, str]]:
    """The name and the JSON text of every rate in an archive."""
    with tarfile.open(archive) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content.read().decode()


def sample_load_kw() -> NDArray[np.float64]:
    """A year of 2 MW with a daily and a seasonal swing."""
    hours = np.arange(YEAR.intervals)
    return 2000 + 300 * np.sin(2 * np.pi * hours / 24) + 200 * np.sin(2 * np.pi * hours / YEAR.intervals)


def table(archive: Path) -> tuple[int, Counter[str], Counter[str]]:
    """How many rates were priced; why the others were refused; which fields bills list as not priced."""
    load_kw = sample_load_kw()
    priced, refused, remarks = 0, Counter[str](), Counter[str]()
    for _, text in rates(archive):
        try:
            priced_bill = bill(tariff_from_urdb(text), YEAR, load_kw)
        except UnableToPrice as error:
            first = error.reasons[0]
            refused[re.sub(r"is [^;]*?, must", "is wrong, must", f"{first.field.split('.')[0]}: {first.reason}")] += 1
            continue
        priced += 1
        remarks.update({entry.field.split(".")[0] for entry in priced_bill.not_priced})
    return priced, refused, remarks


def main() -> None:
    start = time.perf_counter()
    priced, refused, remarks = table(Path(sys.argv[1]))
    total = priced + refused.total()
    print(f"{total} rates: {priced} priced, {refused.total()} refused ({refused.total() / total:.2%})")
    for reason, count in refused.most_common():
        print(f"{count:6d}  refused: {reason}")
    for field, count in remarks.most_common():
        print(f"{count:6d}  listed as not priced: {field}")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()

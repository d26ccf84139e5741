"""A year of one-minute readings is read in less time than a person notices."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

MINUTES = 525_600
READ = """
import sys, time
before = time.process_time()
from pathlib import Path
from ridethrough.api.reading.series.series_file import SeriesQuery, read_series_file
series = read_series_file(Path(sys.argv[1]), SeriesQuery(source="year.csv"))
print(len(series.values), series.step, sum(series.values), time.process_time() - before)
"""


@pytest.mark.long
def test_a_year_of_minutes_is_read_in_a_few_seconds_of_cpu(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = (f"{(start + timedelta(minutes=index)).isoformat()},{4000 + index % 7}.5" for index in range(MINUTES))
    path = tmp_path / "year.csv"
    path.write_text("start,load_kw\n" + "\n".join(rows), encoding="utf-8")
    ran = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=True)
    count, step, total, cpu_s = ran.stdout.split()
    assert (int(count), step) == (MINUTES, "0:01:00")
    assert float(total) == sum(4000 + index % 7 + 0.5 for index in range(MINUTES))
    assert float(cpu_s) < 4, "2 s on an idle machine; twice that on a busy one"


def test_commands_that_read_no_series_do_not_wait_for_pandas() -> None:
    code = "import sys, ridethrough.api.commands.cli; sys.exit('pandas' in sys.modules or 'openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""`import ridethrough`: the public face, what it costs, and that no folder of the user stands in its way."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from documents import site_document

import ridethrough

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
OUR_FOLDERS = ("api", "bms", "charts", "domain", "finance", "forecasts", "operation", "optimizer", "tariffs")


def cpu_s(*command: str) -> float:
    """User seconds of a command, the least of three tries: other work on the machine only adds to it."""
    tries = []
    for _ in range(3):
        before = os.times().children_user
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        tries.append(os.times().children_user - before)
    return min(tries)


def test_the_examples_of_the_page_are_true() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried > 15
    assert failed == 0


def test_every_public_name_is_there_and_no_other() -> None:
    for name in ridethrough.__all__:
        assert getattr(ridethrough, name) is not None
    assert {"read_site", "plan", "reserve", "certify", "bill", "study"} <= set(dir(ridethrough))
    with pytest.raises(AttributeError, match="no attribute 'forecast'"):
        _ = ridethrough.forecast


def test_the_import_and_the_help_cost_little() -> None:
    assert cpu_s(sys.executable, "-c", "import ridethrough") < 0.5
    assert cpu_s(sys.executable, "-m", "ridethrough", "--help") < 0.4


def test_the_package_loads_nothing_before_it_is_asked() -> None:
    script = "import sys, ridethrough; print(sorted(m for m in sys.modules if m.startswith('ridethrough')))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['ridethrough']"


def test_the_command_loads_no_heavy_library_before_it_knows_what_is_asked() -> None:
    heavy = ("fastapi", "numpy", "jinja2", "pandas", "plotly", "pydantic", "pyomo", "uvicorn")
    script = f"import sys, ridethrough.api.commands.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_folders_of_the_same_names_do_not_stand_in_the_way(tmp_path: Path) -> None:
    for name in OUR_FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('this is not ours')\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for command in (
        [sys.executable, "-m", "ridethrough", "tariff", "show", "dominion-gs-4"],
        [sys.executable, "-c", "import ridethrough; ridethrough.plan; import api"],
    ):
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        theirs = "this is not ours" in done.stderr
        assert theirs if "api" in command[-1] else (done.returncode == 0 and not theirs), done.stderr


@pytest.mark.parametrize("option", ["--version", "--show-completion"])
def test_the_command_says_its_version_and_completes(option: str) -> None:
    env = {**os.environ, "SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "ridethrough", option, *(["bash"] if "completion" in option else [])]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert ridethrough.__version__ in done.stdout or "complete" in done.stdout


def series(values: list[float], start: str = "2026-07-15", freq: str = "h") -> "pd.Series[float]":
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq=freq, tz="America/New_York"))


def refused(loads: "pd.Series[float]") -> str:
    with pytest.raises(ridethrough.UnableToAccept) as error:
        ridethrough.read_site(site_document(), loads={"pod-1": loads})
    return str(error.value)


def test_series_of_pandas_take_the_place_of_those_in_the_file() -> None:
    site = ridethrough.read_site(
        site_document(), loads={"pod-1": series([4000.0] * 24)}, prices=series([0.1, 0.3] * 24, freq="30min")
    )
    load = site.loads["pod-1"]
    assert not isinstance(load, float)
    assert load.values == (4000.0,) * 24
    assert site.prices is not None
    assert site.prices.values == (0.1, 0.3) * 24


def test_series_that_are_none_are_refused_with_their_place() -> None:
    gap = series([1.0] * 24).drop(pd.Timestamp("2026-07-15 05:00", tz="America/New_York"))
    assert "loads.pod-1: index 5 is '2026-07-15 06:00:00-04:00', must be 2026-07-15 05:00:00-04:00" in refused(gap)
    assert "must be a DatetimeIndex with a time zone" in refused(pd.Series([1.0, 2.0]))
    assert "must be a finite number" in refused(series([1.0, float("nan"), 2.0]))
    assert "must be 60 minutes, the site's interval_minutes" in refused(series([1.0] * 9, freq="15min"))
    with pytest.raises(ridethrough.UnableToAccept, match="must be one of the site's systems: pod-1"):
        ridethrough.read_site(site_document(), loads={"pod-9": series([1.0] * 24)})

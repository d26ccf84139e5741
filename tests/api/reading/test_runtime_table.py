"""A maker's runtime table in a site file, as it is printed."""

from pathlib import Path
from typing import Any

import pytest
from documents import REMOVED, run, write_site
from makers_tables import MAKERS_TABLES

ALONE: dict[str, Any] = {
    "ups.0.units": 1,
    "ups.0.tolerated_failures": 0,
    "ups.0.unit_output_limit_kw": 2,
    "ups.0.unit_input_limit_kw": 4,
    "ups.0.inverter_efficiency": 0.9,
    "ups.0.reserve": {"ride_through_s": 60},
}


def unit(table: object, load_kw: float, **battery: object) -> dict[str, Any]:
    """A unit alone with a runtime table and a load."""
    cells = {"nominal_kwh": 3, "charge_limit_kw": 0.2, "discharge_limit_kw": 3, "cutoff_fraction": 0.1}
    battery_document = {**cells, "runtime_minutes_by_load_kw": table, **battery}
    changes = {**ALONE, "ups.0.battery": battery_document, "ups.0.load": {"constant_kw": load_kw}}
    return {**changes, "ups.0.protected_load_kw": REMOVED}


def reserve_of(folder: Path, changes: dict[str, Any]) -> dict[str, Any]:
    ran = run("reserve", write_site(folder, changes), "--format", "json")
    assert ran.code == 0, ran.err
    return ran.document["ups"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("load_kw", [0.5, 1.0, 2.0])
def test_a_new_unit_rides_through_the_minutes_of_its_row(tmp_path: Path, load_kw: float) -> None:
    rows = {0.5: 106, 1.0: 47, 1.5: 30, 2.0: 21}

    reserve = reserve_of(tmp_path, unit(rows, load_kw))

    assert reserve["ride_through_s"] == pytest.approx(rows[load_kw] * 60, rel=1e-6)


@pytest.mark.parametrize("name", MAKERS_TABLES)
def test_a_table_as_printed_is_accepted_and_lowered_rows_are_named(tmp_path: Path, name: str) -> None:
    scale = 2.0 / max(MAKERS_TABLES[name])
    rows = {round(load * scale, 6): minutes for load, minutes in MAKERS_TABLES[name].items()}
    most_kwh = max(load_kw * minutes for load_kw, minutes in rows.items()) / 0.9 / 60
    rising = sum(
        rows[load_kw] * load_kw > min(rows[less] * less for less in rows if less < load_kw) * (1 + 1e-9)
        for load_kw in list(rows)[1:]
    )

    reserve = reserve_of(tmp_path, unit(rows, 2.0, nominal_kwh=most_kwh, cutoff_fraction=0.0))

    assert reserve["ride_through_s"] <= rows[2.0] * 60 * (1 + 1e-6)
    assert sum("more than at a lower rate" in note for note in reserve["notes"]) == rising > 0


def test_an_older_battery_lasts_less_than_its_share(tmp_path: Path) -> None:
    rows = {0.5: 106, 1.0: 47, 1.5: 30, 2.0: 21}

    old = reserve_of(tmp_path, unit(rows, 1.0, state_of_health=0.8))

    assert old["ride_through_s"] < 0.8 * 47 * 60


def test_a_load_beyond_the_table_has_no_reserve(tmp_path: Path) -> None:
    ran = run("reserve", write_site(tmp_path, unit({0.5: 106, 1.0: 47}, 1.5)), "--format", "json")

    assert ran.document["ups"][0]["binding"] == "discharge_rate"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"table": {0.5: 47, 1.0: 106}}, "runtime_minutes_by_load_kw.1 is 106.0, must be at most 47"),
        ({"table": {0.5: 0}}, "runtime_minutes_by_load_kw.0.5 is 0.0, must be a number above 0"),
        ({"table": {1.0: 300}}, "runtime_minutes_by_load_kw.1 is 300.0, must be at most 162 with nominal_kwh 3"),
        (
            {"table": {1.0: 47}, "usable_fraction_by_c_rate": {1: 1.0}},
            "left out where usable_fraction_by_c_rate is given",
        ),
        ({"table": {1.0: 47}, "peukert": {"rated_h": 20, "exponent": 1.2}}, "left out where peukert is given"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    table, battery = changes["table"], {name: value for name, value in changes.items() if name != "table"}

    ran = run("reserve", write_site(tmp_path, unit(table, 0.5, **battery)))

    assert ran.code == 2
    assert said in ran.err

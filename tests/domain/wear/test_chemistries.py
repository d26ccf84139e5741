"""The shipped chemistries against the package that their parameters come from, and what they warn of."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept, WearModel
from ridethrough.domain.wear.chemistries.known import CHEMISTRIES
from ridethrough.domain.wear.fade import DAYS_A_YEAR, Day, Lost

_ORACLE = Path(__file__).parents[2] / "support" / "oracles" / "blast_lite" / "fade.csv"
_YEARS = (1, 5, 10)


def charge_of(day: str) -> tuple[float, ...]:
    kind, value = day.split()
    if kind == "rest":
        return (float(value),) * 25
    low = float(value)
    fall = [1 - (1 - low) * step / 4 for step in range(1, 5)]
    rise = [low + (1 - low) * step / 4 for step in range(1, 5)]
    return (*(1.0,) * 14, *fall, *rise, *(1.0,) * 3)


@pytest.mark.parametrize(
    "row", list(csv.DictReader(_ORACLE.read_text().splitlines())), ids=lambda row: "-".join(list(row.values())[:3])
)
def test_capacity_is_that_of_the_package_within_one_percent(row: dict[str, str]) -> None:
    fade = CHEMISTRIES[row["chemistry"]].fade
    day = Day(charge=charge_of(row["day"]), temperature_c=float(row["temperature_c"]))

    lost, health = Lost(), {}
    for number in range(1, 10 * 365 + 1):
        lost = lost.after(fade, day, 1.0)
        health[number] = lost.state_of_health

    for years in _YEARS:
        assert health[years * 365] == pytest.approx(float(row[f"q{years}"]), rel=0.01)


@pytest.mark.parametrize("name", CHEMISTRIES)
def test_every_chemistry_names_its_source_and_licence(name: str) -> None:
    chemistry = CHEMISTRIES[name]
    model = WearModel(chemistry=name, replacement_cost_per_kwh=300.0)

    assert chemistry.source
    assert chemistry.licence
    assert chemistry.caveats
    assert model.segment_costs(0.98), "cycles have a price"
    assert model.resting_lines_per_kwh_h, "rest has a price"


@given(
    st.sampled_from(sorted(CHEMISTRIES)),
    st.lists(st.floats(0.05, 1.0), min_size=3, max_size=25),
    st.floats(-10.0, 55.0),
    st.floats(0.1, 400.0),
)
def test_capacity_only_falls_and_two_halves_are_one_whole(
    name: str, charge: list[float], degrees: float, days: float
) -> None:
    fade, day = CHEMISTRIES[name].fade, Day(charge=charge, temperature_c=degrees)
    half = Lost().after(fade, day, days)
    whole = half.after(fade, day, days)

    assert whole.state_of_health <= half.state_of_health <= 1.0
    assert whole.by_time == pytest.approx(Lost().after(fade, day, 2 * days).by_time, rel=1e-9)


def test_what_lies_outside_the_data_is_said() -> None:
    shallow = Day(charge=(1.0, 0.8, 1.0), temperature_c=50.0)

    assert CHEMISTRIES["lfp"].fade.doubts(shallow) == (
        "temperature 50 is outside the tested 10 to 45",
        "depth 0.2 is outside the tested 0.8 to 1",
    )
    assert CHEMISTRIES["lfp"].fade.doubts(Day(charge=(1.0, 1.0), temperature_c=25.0)) == ()


def test_heat_ages_a_lead_acid_battery_twice_as_fast_every_ten_kelvin() -> None:
    rest = {degrees: Day(charge=(1.0, 1.0), temperature_c=degrees) for degrees in (20.0, 30.0)}
    fade = CHEMISTRIES["lead-acid"].fade

    cool, warm = (Lost().after(fade, rest[degrees], 10 * DAYS_A_YEAR).by_time for degrees in (20.0, 30.0))

    assert cool == pytest.approx(0.2)
    assert warm == pytest.approx(0.4)


def test_an_unknown_chemistry_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnableToAccept, match="lfp, lfp-power, nmc, nca, lmo, lead-acid, supercapacitor"):
        WearModel(chemistry="nicd")

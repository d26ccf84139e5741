from pathlib import Path

import pytest
from hypothesis import given, settings
from tariff_strategies import tariffs

from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.calendar.written import (
    format_by_month,
    format_days,
    format_hours,
    format_months,
    parse_by_month,
    parse_days,
    parse_hours,
    parse_months,
)
from ridethrough.tariffs.native import tariff_from_document, tariff_from_yaml, tariff_to_document, tariff_to_yaml
from ridethrough.tariffs.tariff import Tariff

SMALL = """
name: a small tariff
schedules:
  hours:
    - {period: peak, months: jun-sep, days: weekday, hours: "14-18:30"}
    - {period: base}
energy:
  schedule: hours
  periods:
    peak: 0.21
    base: [{rate_per_kwh: 0.1, up_to: 1000}, {rate_per_kwh: 0.08}]
demand:
  - {name: facility, rate_per_kw: 12.5, ratchet: {fractions: 0.8}}
  - name: peak demand
    schedule: hours
    period: peak
    seasons:
      - {months: jun-sep, tiers: [{rate_per_kw: 9, up_to_kw: 100}, {rate_per_kw: 8}]}
      - {months: oct-may, rate_per_kw: 1}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(UnableToAccept) as refused:
        tariff_from_yaml(text, "t.yaml")
    assert all(fault.source == "t.yaml" for fault in refused.value.faults)
    return [fault.field for fault in refused.value.faults]


@settings(deadline=None, max_examples=60)
@given(tariff=tariffs())
def test_what_is_written_is_read_back_equal(tariff: Tariff) -> None:
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff


def test_short_forms_mean_what_they_say_and_are_written_again() -> None:
    tariff = tariff_from_yaml(SMALL)
    assert tariff.energy is not None
    assert tariff.energy.periods[0].tiers[0].rate_per_kwh == 0.21
    assert tariff.demand[0].ratchet is not None
    assert tariff.demand[0].ratchet.fractions == (0.8,) * 12
    assert tariff.demand[1].tiers(12)[0].rate_per_kw == 1
    document = tariff_to_document(tariff)
    assert document["schedules"]["hours"][0]["hours"] == "14-18:30"
    assert document["energy"]["periods"]["peak"] == 0.21
    assert document["demand"][0] == {"name": "facility", "rate_per_kw": 12.5, "ratchet": {"fractions": 0.8}}
    assert tariff_from_document(document) == tariff


def test_a_tariff_may_say_very_little() -> None:
    tariff = tariff_from_yaml("{name: a, coincident: [{name: c, rate_per_kw: 3}]}")
    assert tariff_to_document(tariff) == {"name": "a", "coincident": [{"name": "c", "rate_per_kw": 3.0}]}


def test_every_fault_is_listed_with_the_names_of_its_place() -> None:
    text = """
name: x
bogus: 1
energy: {periods: {day: soon, night: {rate_per_kwh: 1, oops: 2}}}
demand: [{name: facility, rate_per_kw: much}, 3]
schedules: {hours: [{period: a, months: jux, days: someday, hours: noon}], other: 5}
fixed: [{amount: 1}]
"""
    assert set(faults(text)) >= {
        "bogus",
        "demand.facility.seasons.0.tiers.0.rate_per_kw",
        "demand.1",
        "energy.periods.day.tiers",
        "energy.periods.night.tiers.0.oops",
        "schedules.hours.rules.0.months",
        "schedules.hours.rules.0.days",
        "schedules.hours.rules.0.hours",
        "schedules.other",
        "fixed.0.name",
    }


def test_faults_of_the_tariff_as_a_whole_have_their_own_path() -> None:
    assert faults("{name: x, demand: [{name: a, rate_per_kw: 1, schedule: s, period: p}]}") == ["demand.0.schedule"]
    assert faults("{name: x, demand: [{name: a, seasons: 3}]}") == ["demand.a.seasons"]
    assert faults("{name: x, demand: [{name: a, seasons: [3]}]}") == ["demand.a.seasons.0"]


def test_text_that_is_no_tariff_is_refused() -> None:
    assert faults("- 1") == [""]
    assert faults("a: [") == ["line 1"]
    assert faults("\x00") == [""]
    assert faults("{name: a, name: b}") == ["line 1"]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("jun-sep", (6, 7, 8, 9)),
        ("nov-feb", (1, 2, 11, 12)),
        ("July", (7,)),
        ("jan, mar", (1, 3)),
        ("jan-dec", tuple(range(1, 13))),
    ],
)
def test_months_are_written_as_ranges(text: str, months: tuple[int, ...]) -> None:
    assert parse_months(text) == months
    assert parse_months(format_months(months)) == months
    assert parse_months(months) == months


@pytest.mark.parametrize("days", ["all", "weekday", "weekend", "weekday, holiday", "saturday", "weekend, holiday"])
def test_days_are_written_as_words(days: str) -> None:
    parsed = parse_days(days)
    assert format_days(parsed) == days  # type: ignore[arg-type]
    assert parse_days(parsed) == parsed


@pytest.mark.parametrize("hours", ["0-24", "7-11, 17-21", "0-6, 22:30-24"])
def test_hours_are_written_as_stretches(hours: str) -> None:
    parsed = parse_hours(hours)
    assert format_hours(parsed) == hours  # type: ignore[arg-type]
    assert parse_hours(parsed) == parsed
    assert parse_hours("22:30-6") == ((0, 360), (1350, 1440))


def test_one_number_stands_for_every_month() -> None:
    assert parse_by_month(3) == (3.0,) * 12
    assert parse_by_month("many") == "many"
    assert format_by_month((1.0, 2.0)) == [1.0, 2.0]


def test_on_and_off_are_names_like_others() -> None:
    rules = "[{period: on, days: weekday}, {period: off}]"
    tariff = tariff_from_yaml(
        f"{{name: x, schedules: {{s: {rules}}}, energy: {{schedule: s, periods: {{on: 2, off: 1}}}}}}"
    )
    assert tariff.schedules["s"].periods == ("on", "off")
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff


def test_the_example_of_the_documentation_is_a_tariff() -> None:
    text = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text()
    example = text.split("```yaml\n")[1].split("```")[0]
    tariff = tariff_from_yaml(example, "docs/tariffs.md")
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff
    assert len(tariff.schedules["hours"].periods) == 3

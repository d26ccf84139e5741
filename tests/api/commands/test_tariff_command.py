"""`ridethrough tariff`: the catalog, tariffs for people, heat maps, and the import of URDB rates."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from documents import run
from rich.console import Console
from tariff_documents import URDB, write_meter, write_tariff, write_urdb

from ridethrough.api.answers.tariff.heat_map import heat_maps
from ridethrough.api.answers.tariff.tariff_map import demand_maps, energy_maps, price_notes
from ridethrough.api.answers.tariff.tariff_view import tariff_view
from ridethrough.tariffs import catalog
from ridethrough.tariffs.charges.kind import KIND_NAMES
from ridethrough.tariffs.native import tariff_from_document, tariff_from_yaml
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.document import tariff_from_urdb


def tariff(**changes: Any) -> Tariff:  # noqa: ANN401
    return tariff_from_document({"name": "example", **changes})


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def shown(found: Tariff) -> list[str]:
    with io.StringIO() as file:
        Console(file=file, width=132).print(tariff_view(found))
        return lines(file.getvalue())


def by_hours(*periods: str) -> list[dict[str, str]]:
    """A schedule that changes its period every hour, the last of them until midnight."""
    rules = [{"period": period, "hours": f"{hour}-{hour + 1}"} for hour, period in enumerate(periods)]
    return [*rules, {"period": periods[-1]}]


def test_the_catalog_is_listed_in_every_format() -> None:
    table = run("tariff", "list").out
    listed = run("tariff", "list", "--format", "json").document["tariffs"]
    rows = list(csv.DictReader(io.StringIO(run("tariff", "list", "--format", "csv").out)))
    assert [row["name"] for row in listed] == [row["name"] for row in rows] == list(catalog.names())
    assert all(name in table for name in catalog.names())
    assert max(map(len, table.splitlines())) <= 132
    assert next(row for row in listed if row["name"] == "dominion-gs-4")["effective_until"] == "2023-09-01"


@pytest.mark.parametrize("name", catalog.names())
def test_every_tariff_of_the_catalog_is_shown_and_drawn(tmp_path: Path, name: str) -> None:
    ran = run("tariff", "show", name, "--plot", tmp_path / "map.html")
    assert (ran.code, ran.err) == (0, "")
    assert catalog.load(name).name in ran.out
    assert all(line == line.rstrip() and len(line) <= 132 for line in ran.out.splitlines())
    page = (tmp_path / "map.html").read_text()
    assert "<title>" in page
    assert '<svg class="panel heat heat-' in page


def test_weekdays_and_weekends_have_a_map_each_where_they_differ() -> None:
    found = catalog.load("aps-e-32-l-tou")
    weekday, weekend = energy_maps(found)
    assert (weekday.days, weekend.days) == ("weekday", "weekend")
    assert weekday.prices[6, 15 * 4] == 0.072362
    assert weekend.prices[6, 15 * 4] == 0.059482
    assert weekday.names[6][15 * 4] == "summer on-peak"
    assert weekday.levels[0.044822] == ("winter off-peak",)
    assert [each.days for each in energy_maps(catalog.load("pge-b-20"))] == ["every day"]


def test_holidays_have_a_map_of_their_own_where_the_tariff_knows_them() -> None:
    hours = [{"period": "high", "days": "weekday"}, {"period": "low"}]
    energy = {"schedule": "hours", "periods": {"high": 0.2, "low": 0.1}}
    found = tariff(schedules={"hours": hours}, energy=energy, holidays={"country": "US", "only": ["Labor Day"]})
    assert [each.days for each in energy_maps(found)] == ["weekday", "weekend, holiday"]
    assert "holidays US; Labor Day" in shown(found)


def test_the_demand_price_of_an_hour_sums_the_charges_that_count_in_it() -> None:
    (every_day,) = demand_maps(catalog.load("pge-b-20"))
    assert every_day.prices[6, 17 * 4] == pytest.approx(21.03 + 25.64)
    assert every_day.names[6][17 * 4] == "facility + summer peak demand"
    assert every_day.prices[0, 0] == 21.03
    assert demand_maps(tariff(demand=[{"name": "free", "rate_per_kw": 0}])) == ()


def test_fuel_adjustments_and_market_adders_are_in_the_price() -> None:
    fuel = [0.01] * 11 + [0.02]
    market = {"loss_factor": 1.05, "adder_per_kwh": 0.1}
    energy = {"periods": {"all": 0.5}, "fuel_adjustment_per_kwh": fuel, "market": market}
    (every_day,) = energy_maps(tariff(energy=energy))
    assert (every_day.prices[0, 0], every_day.prices[11, 0]) == (0.61, 0.62)
    assert every_day.title == "Energy price on top of the market"
    assert "and the market price x 1.05 + 0.1" in shown(tariff(energy=energy))
    assert any(line.startswith("fuel adjustment by month: 0.01, 0.01") for line in shown(tariff(energy=energy)))
    assert "fuel adjustment 0.01" in shown(tariff(energy={"periods": {"all": 0.5}, "fuel_adjustment_per_kwh": 0.01}))


OF_KIND: dict[str, tuple[dict[str, Any], str]] = {
    "energy": ({"energy": {"periods": {"all": 0.1234}}}, "all 0.1234"),
    "demand": ({"demand": [{"name": "work peak", "rate_per_kw": 12.5}]}, "work peak all hours all 12.5 kW"),
    "coincident": (
        {"coincident": [{"name": "4CP", "rate_per_kw": 3.5}]},
        "4CP: coincident with the system's peak, the highest of its events",
    ),
    "reactive": (
        {"reactive": [{"name": "kVAR", "rate_per_kvar": 0.45, "free_kvar_per_kw": 0.5}]},
        "kVAR 0.45 a kVAR above 0.5 kVAR a kW, all",
    ),
    "fixed": ({"fixed": [{"name": "meter", "amount": 41.5}]}, "meter 41.5 USD a month"),
    "minimum": ({"minimum": [{"amount": 99}]}, "minimum bill 99 USD a month"),
    "export": (
        {"energy": {"periods": {"all": [{"rate_per_kwh": 0.1, "sell_per_kwh": 0.025}]}}},
        "period price export earns",
    ),
}


def test_each_entry_of_the_list_of_kinds_is_shown(tmp_path: Path) -> None:
    assert set(OF_KIND) == set(KIND_NAMES)
    for document, expected in OF_KIND.values():
        (tmp_path / "mine.json").write_text(json.dumps({"name": "mine", **document}))
        assert expected in lines(run("tariff", "show", tmp_path / "mine.json").out)


def test_what_the_maps_leave_out_is_said() -> None:
    riders = [{"name": "tax", "fraction": 0.05, "tax": True}, {"name": "rider", "fraction": 0.01}]
    tiers = [{"up_to": 100, "rate_per_kwh": 0.2}, {"rate_per_kwh": 0.1}]
    steps = [{"up_to_kw": 100, "rate_per_kw": 2}, {"rate_per_kw": 1}]
    found = tariff(energy={"periods": {"all": tiers}}, demand=[{"name": "x", "tiers": steps}], riders=riders)
    assert len(price_notes(found)) == 3
    text = shown(found)
    assert any(line.startswith("tax 5.0000% tax on energy, demand, ") for line in text)
    assert "all 100 kWh 0.2" in text
    assert "the rest 0.1" in text


def test_every_kind_of_charge_is_shown() -> None:
    found = tariff(
        source="the price sheet",
        cycle={"day_of_month": 17},
        applicability={"most_peak_kw": 500, "least_month_kwh": 1000, "phases": "three"},
        energy={"periods": {"all": {"rate_per_kwh": 0.2, "sell_per_kwh": 0.05}}},
        demand=[
            {"name": "daily", "rate_per_kw": 1, "daily": True, "minimum_kw": 50},
            {"name": "agreed", "rate_per_kw": 2, "contract": {"contract_kw": 900, "overrun_rate_per_kw": 4}},
            {"name": "kept", "rate_per_kw": 2, "contract": {"contract_kw": 900}},
            {"name": "by month", "rate_per_kw": 3, "ratchet": {"fractions": [0.5] * 6 + [0.8] * 6}},
        ],
        coincident=[{"name": "system peak", "rate_per_kw": 9.62, "months": "jun-sep"}],
        fixed=[{"name": "customer charge", "amount": 4.1, "per": "day"}],
        minimum=[{"amount": 2500}],
    )
    text = shown(found)
    for line in (
        "bills from day 17 of each month",
        "offered for 0 to 500 kW of peak, at least 1,000 kWh a month, phases three",
        "all 0.20 0.05",
        "daily: billed every day, at least 50 kW",
        "agreed: at least 100% of the contracted 900 kW, 4 per kW above the contract",
        "kept: at least 100% of the contracted 900 kW",
        "by month: at least a share by month of the highest peak of the 11 months before",
        "system peak: coincident with the system's peak, the highest of its events",
        "system peak all hours jun-sep 9.62 kW",
        "customer charge 4.1 USD a day",
        "minimum bill 2,500 USD a month",
    ):
        assert line in text, line
    read = tariff(cycle={"read_dates": ["2026-01-01", "2026-02-03"]})
    assert "bills between readings, 2026-01-01 to 2026-02-03" in shown(read)


def heat_map_of(found: Tariff) -> str:
    with io.StringIO() as file:
        Console(file=file, width=132).print(heat_maps(energy_maps(found)))
        return file.getvalue()


def test_a_few_prices_are_shades_more_are_digits_and_many_share_them() -> None:
    few = [f"p{number}" for number in range(3)]
    more = [f"p{number}" for number in range(7)]
    many = [f"p{number}" for number in range(20)]
    drawn = []
    for periods in (few, more, many):
        energy = {"schedule": "hours", "periods": {name: 0.1 + index / 100 for index, name in enumerate(periods)}}
        drawn.append(heat_map_of(tariff(schedules={"hours": by_hours(*periods)}, energy=energy)))
    assert "Jan  ··▒▒██" in drawn[0]
    assert "Jan  11223344556677" in drawn[1]
    assert "Jan  111122" in drawn[2]
    assert "0.28 .. 0.29" in drawn[2]
    single = heat_map_of(tariff(energy={"periods": {"all": 0.2}}))
    assert "··  0.2  all" in single


def test_a_price_that_changes_on_a_quarter_hour_is_said_and_drawn(tmp_path: Path) -> None:
    hours = [{"period": "high", "hours": "7:15-22"}, {"period": "low"}]
    path = write_tariff(
        tmp_path,
        {"schedules": {"h": hours}, "energy": {"schedule": "h", "periods": {"high": 0.2, "low": 0.1}}, "demand": []},
    )
    ran = run("tariff", "show", path, "--plot", tmp_path / "map.html")
    assert "the mark shows its first quarter" in ran.out
    assert "07:15 to 22:00" in (tmp_path / "map.html").read_text()


def test_a_tariff_without_prices_is_shown_and_drawn(tmp_path: Path) -> None:
    path = tmp_path / "tariff.yaml"
    path.write_text("name: <b>nothing</b>\n")
    ran = run("tariff", "show", path, "--plot", tmp_path / "map.html")
    assert "<b>nothing</b>" in ran.out
    page = (tmp_path / "map.html").read_text()
    assert "<title>&lt;b&gt;nothing" in page
    assert "no price that depends on time" in page


def test_a_tariff_may_be_shown_in_a_file(tmp_path: Path) -> None:
    ran = run("tariff", "show", "oncor-medium", "--out", tmp_path / "tariff.txt")
    assert (ran.code, ran.out) == (0, "")
    assert "Oncor" in (tmp_path / "tariff.txt").read_text()


def test_an_imported_rate_round_trips_and_bills_alike(tmp_path: Path) -> None:
    rate = write_urdb(tmp_path)
    ran = run("tariff", "import", rate, "--out", tmp_path / "native.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert tariff_from_yaml((tmp_path / "native.yaml").read_text()) == tariff_from_urdb(URDB)
    assert run("tariff", "import", rate).out == (tmp_path / "native.yaml").read_text()
    meter = write_meter(tmp_path, "2026-07-01T00:00-04:00", [1000.0] * 744)
    bills = [
        run("bill", path, "--meter", meter, "--timezone", "America/New_York", "--format", "json").out
        for path in (rate, tmp_path / "native.yaml")
    ]
    assert bills[0] == bills[1]
    assert json.loads(bills[0])["total"] == 98231.00


def test_the_readings_of_lookback_are_a_choice(tmp_path: Path) -> None:
    rate = write_urdb(tmp_path)
    every, flagged = (
        tariff_from_yaml(run("tariff", "import", rate, "--lookback", each).out) for each in ("reopt", "sam")
    )
    assert every != flagged


def test_a_file_of_several_rates_needs_the_day(tmp_path: Path) -> None:
    older = {**URDB, "label": "older", "startdate": 1577836800, "enddate": 1767225600}
    rate = tmp_path / "rates.json"
    rate.write_text(json.dumps({"items": [URDB, older]}))
    refused = run("tariff", "import", rate)
    assert refused.code == 2
    assert "holds 2 rates" in refused.err
    assert "effective_from: 2020-01-01" in run("tariff", "import", rate, "--on", "2021-05-01").out.replace("'", "")


def test_every_reason_for_a_refused_rate_is_given(tmp_path: Path) -> None:
    rate = write_urdb(tmp_path, {"fixedchargeunits": "$/mile", "energyweekdayschedule": [[9] * 24] * 12})
    ran = run("tariff", "import", rate)
    assert (ran.code, ran.out) == (2, "")
    refused = ran.err.splitlines()
    assert all(line.startswith("error: rate.json: ") for line in refused)
    assert any("fixedchargeunits" in line for line in refused)
    assert any("energyweekdayschedule" in line for line in refused)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "dominion"], "tariff is 'dominion', must be in the catalog, such as dominion-gs-"),
        (["show", "absent.yaml"], "absent.yaml is 'No such file or directory', must be a readable UTF-8 file"),
        (["show", "oncor-medium", "--plot", "no/such/map.html"], "must be a file that can be written"),
        (["import", "absent.json"], "absent.json is 'No such file or directory', must be a readable UTF-8 file"),
        (["import", "bad.json"], "bad.json: line 1 is"),
        (["import", "list.json"], "list.json: "),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    ran = run("tariff", *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_page_draws_nothing_that_costs_nothing() -> None:
    found = tariff(energy={"periods": {"all": 0.0}})
    (free,) = energy_maps(found)
    assert free.levels == {0.0: ("all",)}

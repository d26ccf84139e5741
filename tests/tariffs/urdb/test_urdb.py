import json
from datetime import date
from typing import Any

import pytest

from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.document import tariff_from_urdb

NIGHT_AND_DAY = [[0] * 8 + [1] * 12 + [0] * 4] * 12
ALWAYS = [[0] * 24] * 12
RATE: dict[str, Any] = {
    "name": "General service",
    "energyratestructure": [[{"rate": 0.05, "adj": 0.01}], [{"rate": 0.09}]],
    "energyweekdayschedule": NIGHT_AND_DAY,
    "energyweekendschedule": ALWAYS,
}


def rate(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**RATE, **fields}


def reasons(document: object) -> list[str]:
    with pytest.raises(UnableToPrice) as refused:
        tariff_from_urdb(document)
    return [reason.field for reason in refused.value.reasons]


def remarks(document: object) -> dict[str, str]:
    return {entry.field: entry.reason for entry in tariff_from_urdb(document).not_priced}


def energy_limits(tariff: Tariff) -> list[tuple[float | None, str]]:
    assert tariff.energy is not None
    return [(tier.up_to, tier.unit) for tier in tariff.energy.periods[0].tiers]


@pytest.mark.parametrize(
    "document",
    [
        RATE,
        {"items": [RATE]},
        {"Items": [{key.upper(): value for key, value in RATE.items()}]},
        json.dumps(RATE),
        json.dumps(json.dumps({"items": [RATE]})),
        json.dumps({"items": [RATE]}).encode(),
        [RATE],
    ],
)
def test_every_wrapping_seen_in_the_wild_is_the_same_rate(document: object) -> None:
    assert tariff_from_urdb(document) == tariff_from_urdb(RATE)


def test_the_tables_become_rules_that_a_person_can_read() -> None:
    rules = tariff_from_urdb(RATE).schedules["energy hours"].rules
    assert [(rule.period, rule.days, rule.hours) for rule in rules] == [
        ("period-1", ("weekday",), ((480, 1200),)),
        ("period-0", ("weekday", "saturday", "sunday", "holiday"), ((0, 1440),)),
    ]


def test_documents_without_a_rate_are_refused() -> None:
    assert reasons("{") == ["document"]
    assert reasons({"error": {"message": "bad key"}}) == ["document"]
    assert reasons({"items": []}) == ["document"]
    assert reasons(7) == ["document"]
    assert reasons({"name": "nothing"}) == ["energyratestructure"]


def test_of_several_rates_the_one_that_holds_is_read() -> None:
    older = rate(label="a", startdate=1262325600, enddate=1420092000.0)
    newer = rate(label="b", name="New", startdate="2015-01-01")
    assert tariff_from_urdb({"items": [older, newer]}, on=date(2020, 1, 1)).name == "New"
    assert reasons({"items": [older, newer]}) == ["items"]
    with pytest.raises(UnableToPrice, match="holds 2 rates"):
        tariff_from_urdb({"items": [older, newer]}, on=date(2000, 1, 1))


def test_both_generations_say_the_same() -> None:
    older = rate(fixedmonthlycharge=20, minmonthlycharge=50, annualmincharge=700)
    newer = rate(fixedchargefirstmeter=20, fixedchargeunits="$/month", mincharge=50, minchargeunits="$/month")
    assert tariff_from_urdb(older).fixed == tariff_from_urdb(newer).fixed
    assert [(least.amount, least.per) for least in tariff_from_urdb(older).minimum] == [(50, "month"), (700, "year")]
    assert [(least.amount, least.per) for least in tariff_from_urdb(newer).minimum] == [(50, "month")]
    spelled = {"flatDemandStructure": [[{"rate": 3}]], "flatDemandUnits": "kVA", "DemandReactPwrCharge": 0.2}
    tariff = tariff_from_urdb(rate(**spelled))
    assert tariff.demand[0].unit == "kVA"
    assert "demandreactivepowercharge" in {entry.field for entry in tariff.not_priced}


def test_fixed_charges_have_their_units_and_count_meters() -> None:
    document = rate(fixedchargefirstmeter=1.5, fixedchargeeaaddl=0.5, fixedchargeunits="$/day")
    assert [(charge.amount, charge.per) for charge in tariff_from_urdb(document).fixed] == [(1.5, "day")]
    assert [charge.amount for charge in tariff_from_urdb(document, meters=3).fixed] == [1.5, 1.0]
    assert reasons(rate(fixedchargefirstmeter=1, fixedchargeunits="$/kW")) == ["fixedchargeunits"]
    assert tariff_from_urdb(rate(fixedchargeunits="?")).fixed == ()
    assert "mincharge" in remarks(rate(mincharge=5, minchargeunits="$/kW"))


@pytest.mark.parametrize("no_limit", [None, "", 0, 1e38, 9.9999996802856925e37])
def test_no_limit_is_written_in_many_ways(no_limit: object) -> None:
    structure = [[{"max": 100, "rate": 0.1}, {"max": no_limit, "rate": 0.2}]]
    assert energy_limits(tariff_from_urdb({"energyratestructure": structure})) == [(100, "kWh"), (None, "kWh")]


def test_a_last_tier_with_a_limit_stays_open_and_says_so() -> None:
    document = {"energyratestructure": [[{"max": 100, "rate": 0.1}]], "flatdemandstructure": [[{"rate": 1, "max": 50}]]}
    said = remarks(document)
    assert "no price above 100 kWh" in said["energyratestructure.0"]
    assert "no price above 50 kW" in said["flatdemandstructure.0.0"]


def test_tiers_without_any_price_cost_nothing_and_say_so() -> None:
    document = {"energyratestructure": [[{"unit": "kWh"}]], "flatdemandstructure": [[{}], [{"rate": 1}]]}
    document["flatdemandmonths"] = [0] * 6 + [1] * 6  # type: ignore[assignment]
    assert set(remarks(document)) == {"energyratestructure.0.0", "flatdemandstructure.0.0"}


def test_limits_per_kva_and_hp_become_limits_per_kw() -> None:
    def limits(unit: str) -> list[tuple[float | None, str]]:
        tiers = [{"max": 200, "unit": unit, "rate": 0.1}, {"unit": unit, "rate": 0.05}]
        return energy_limits(tariff_from_urdb({"energyratestructure": [tiers]}, power_factor=0.8))

    assert limits("kWh/kVA") == [(250, "kWh/kW"), (None, "kWh/kW")]
    assert limits("kWh/hp daily")[0] == (pytest.approx(200 / 0.7457), "kWh/kW daily")
    assert limits("kWh/kW")[0] == (200, "kWh/kW")


def test_limits_per_kw_follow_facility_demand_or_a_demand_that_costs_nothing() -> None:
    tiers = [[{"max": 200, "unit": "kWh/kW", "rate": 0.1}, {"unit": "kWh/kW", "rate": 0.05}]]
    free = tariff_from_urdb({"energyratestructure": tiers, "lookbackPercent": 0.5, "lookbackRange": 3})
    assert [charge.name for charge in free.demand] == ["billing-demand"]
    assert free.demand[0].ratchet is not None
    flat = tariff_from_urdb({"energyratestructure": tiers, "flatdemandstructure": [[{"rate": 2}]]})
    assert flat.energy is not None
    assert flat.energy.demand == "facility"
    daily = {"energyratestructure": tiers, "flatdemandstructure": [[{"rate": 2}]], "flatdemandunit": "kW daily"}
    assert [charge.name for charge in tariff_from_urdb(daily).demand] == ["facility", "billing-demand"]


def test_demand_by_the_hour_drops_fillers_and_keeps_units_and_windows() -> None:
    document = rate(
        demandratestructure=[[{"rate": 0}], [{"rate": 13.451, "adj": 5.628, "max": 5000}, {"rate": 13.3}]],
        demandweekdayschedule=NIGHT_AND_DAY,
        demandweekendschedule=ALWAYS,
        demandrateunit="hp daily",
        demandwindow=30,
    )
    (charge,) = tariff_from_urdb(document).demand
    assert (charge.name, charge.unit, charge.daily, charge.window_minutes) == ("demand-1", "hp", True, 30)
    assert charge.tiers(1)[0].rate_per_kw == 19.079
    document["demandratestructure"] = [[{"rate": 0}], [{"rate": 0}]]
    assert tariff_from_urdb(document).demand == ()


def test_flat_demand_that_costs_nothing_is_left_out() -> None:
    assert (
        tariff_from_urdb(rate(flatdemandstructure=[[{"rate": 0}]], lookbackpercent=0.5, lookbackrange=2)).demand == ()
    )


def test_seasons_of_flat_demand_are_one_charge() -> None:
    document = rate(flatdemandstructure=[[{"rate": 5}], [{"rate": 9}]], flatdemandmonths=[0] * 5 + [1] * 4 + [0] * 3)
    (charge,) = tariff_from_urdb(document).demand
    assert charge.name == "facility"
    assert [charge.tiers(month)[0].rate_per_kw for month in (5, 6, 10)] == [5, 9, 5]


def test_ratchets_of_both_generations_are_read() -> None:
    flat = {"flatdemandstructure": [[{"rate": 5}]]}

    def ratchet(**fields: Any) -> Any:  # noqa: ANN401
        return tariff_from_urdb(rate(**flat, **fields)).demand[0].ratchet

    assert ratchet(demandratchetpercentage=[0.35] * 12).fractions == (0.35,) * 12
    assert ratchet(demandratchetpercentage=[0] * 12) is None
    assert ratchet(lookbackPercent=80, lookbackRange=11).fractions[0] == 0.8
    assert ratchet(lookbackPercent=0.8, lookbackMonths=[True] + [False] * 11).counted_months == (1,)
    assert ratchet(lookbackPercent=0.8) is None
    assert ratchet() is None
    assert "lookbackpercent" in remarks(rate(**flat, lookbackPercent=0.8))
    assert reasons(rate(**flat, lookbackPercent=-0.8, lookbackRange=1)) == ["lookbackpercent"]
    assert reasons(rate(**flat, demandratchetpercentage=[0.5])) == ["demandratchetpercentage"]


def test_a_ratchet_without_facility_demand_acts_on_each_demand_and_says_so() -> None:
    hours = {"demandratestructure": [[{"rate": 4}], [{"rate": 9}]], "demandweekdayschedule": NIGHT_AND_DAY}
    document = rate(**hours, demandweekendschedule=ALWAYS, lookbackPercent=0.8, lookbackMonths=[1] * 12)
    tariff = tariff_from_urdb(document)
    assert all(charge.ratchet for charge in tariff.demand)
    assert "lookback" in {entry.field for entry in tariff.not_priced}
    sam = tariff_from_urdb({**document, "flatdemandstructure": [[{"rate": 5}]]}, lookback="sam")
    assert all(charge.ratchet for charge in sam.demand)
    reopt = tariff_from_urdb({**document, "flatdemandstructure": [[{"rate": 5}]]})
    assert [charge.ratchet is not None for charge in reopt.demand] == [True, False, False]
    daily = rate(flatdemandstructure=[[{"rate": 5}]], flatdemandunit="kW daily", lookbackPercent=0.8, lookbackRange=3)
    assert "no demand charge by the month" in remarks(daily)["lookback"]


def test_coincident_demand_is_read() -> None:
    document = rate(coincidentratestructure=[[{"rate": 0}], [{"rate": 12}]], coincidentRateSchedule=NIGHT_AND_DAY)
    (charge,) = tariff_from_urdb(document).coincident
    assert (charge.name, charge.unit, charge.period) == ("coincident-1", "kW", "period-1")
    assert reasons(rate(coincidentratestructure=[[{"rate": 1}], [{"rate": 2}]])) == ["coincidentschedule"]
    assert reasons(rate(coincidentratestructure=[[{"rate": 1}]], coincidentrateunit="kW daily")) == [
        "coincidentrateunit"
    ]
    assert tariff_from_urdb(rate(coincidentratestructure=[[{"rate": 0}]])).coincident == ()


def test_fuel_adjustments_are_twelve_numbers() -> None:
    tariff = tariff_from_urdb(rate(fueladjustmentsmonthly=[0.01] * 12))
    assert tariff.energy is not None
    assert tariff.energy.fuel_adjustment_per_kwh == (0.01,) * 12
    assert reasons(rate(fueladjustmentsmonthly=[0.01])) == ["fueladjustmentsmonthly"]
    zero = tariff_from_urdb(rate(fueladjustmentsmonthly=[0] * 12)).energy
    assert zero is not None
    assert zero.fuel_adjustment_per_kwh == ()


def test_free_text_and_what_is_not_priced_surface() -> None:
    said = remarks(
        rate(
            energycomments="Holidays:\r\n see tariff",
            demandattrs=[{"Discount": "0.20/kW"}],
            demandreactivepowercharge=0.14,
            servicetype="Delivery",
        )
    )
    assert said["energycomments"] == "free text: Holidays: see tariff"
    assert set(said) == {"energycomments", "demandattrs", "demandreactivepowercharge", "servicetype"}


def test_sell_rates_are_kept_and_differing_ones_are_named() -> None:
    structure = [[{"max": 10, "rate": 0.1, "sell": 0.05}, {"rate": 0.1, "sell": 0.04}]]
    tariff = tariff_from_urdb({"energyratestructure": structure})
    assert tariff.energy is not None
    assert tariff.energy.periods[0].tiers[0].sell_per_kwh == 0.05
    assert [entry.field for entry in tariff.not_priced] == ["energyratestructure.0.sell"]


def test_limits_of_use_and_validity_are_read_or_left_out_with_a_word() -> None:
    document = rate(peakkwcapacitymin=500, peakkwhusagemax=1000, startdate=1625126400, enddate=1693555200)
    tariff = tariff_from_urdb(document)
    assert (tariff.applicability.least_peak_kw, tariff.applicability.most_month_kwh) == (500, 1000)
    assert (tariff.effective_from, tariff.effective_until) == (date(2021, 7, 1), date(2023, 9, 2))
    said = remarks(rate(peakkwcapacitymin=500, peakkwcapacitymax=100, startdate=1693555200, enddate=1625126400))
    assert set(said) == {"peakkwcapacity", "enddate"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"energyratestructure": "text"}, "energyratestructure"),
        ({"energyratestructure": [[{"rate": "a lot"}], [{"rate": 1}]]}, "energyratestructure.0.0.rate"),
        ({"energyratestructure": [[{"rate": 1, "unit": "therm"}], [{"rate": 1}]]}, "energyratestructure.0.0.unit"),
        ({"energyratestructure": [[{"rate": 1}, {"rate": 2}], [{"rate": 1}]]}, "energyratestructure.0"),
        ({"energyweekdayschedule": [[0] * 24] * 11}, "energyweekdayschedule"),
        ({"energyweekdayschedule": None}, "energyweekdayschedule"),
        ({"energyweekendschedule": [[7] * 24] * 12}, "energyweekendschedule"),
        ({"flatdemandstructure": [[{"rate": 1}]], "flatdemandunit": "MW"}, "flatdemandunit"),
        ({"flatdemandstructure": [[{"rate": 1}]], "demandunits": "kW weekly"}, "demandunits"),
        ({"flatdemandstructure": [[{"rate": 1}], [{"rate": 2}]]}, "flatdemandmonths"),
        (
            {"flatdemandstructure": [[{"rate": 1, "max": 9}, {"rate": 1, "max": 3}, {"rate": 1}]]},
            "flatdemandstructure.0",
        ),
        ({"demandratestructure": [[{"rate": 1}], [{"rate": 2}]]}, "demandweekdayschedule"),
        ({"startdate": "1st-of-May"}, "startdate"),
        ({"demandwindow": "quarter"}, "demandwindow"),
    ],
)
def test_what_cannot_be_priced_is_refused_with_its_field(fields: dict[str, Any], expected: str) -> None:
    assert expected in reasons(rate(**fields))

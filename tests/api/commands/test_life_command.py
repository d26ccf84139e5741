"""`ridethrough life` on the example whose batteries are scarce."""

from datetime import date
from pathlib import Path

import pytest
from documents import refused, run

EXAMPLE = Path(__file__).parents[3] / "examples" / "scarce-hall" / "site.yaml"


@pytest.mark.long
def test_the_scarce_example_lasts_until_new_batteries_can_be_had() -> None:
    asked = ("life", EXAMPLE, "--days", 3, "--from", "2026-12-01")
    document = run(*asked, "--format", "json").document
    recommended = document["recommended"]

    start, wanted = date(2026, 12, 1), date(2032, 7, 1)
    least = document["lasts_from"]
    reached = (date.fromisoformat(least["reserve_fits_until"]) - start).days / (wanted - start).days
    assert 1.0 <= reached <= 1.02
    assert least["waiting_per_kwh"] > 0
    fits, order = (date.fromisoformat(recommended[name]) for name in ("reserve_fits_until", "order_by"))
    assert fits >= wanted
    assert (fits - order).days == 365
    prices = [point["life_price_per_kwh"] for point in document["points"]]
    assert prices[:2] == [0, 300]
    assert {600, 1200, 2400, least["life_price_per_kwh"], recommended["life_price_per_kwh"]} < {*prices}
    assert prices[-1] is None
    cycles = [point["full_cycles_per_year"] for point in document["points"]]
    assert cycles == sorted(cycles, reverse=True)
    years = document["certificates"]
    feasible = [all(ups["years"][each["after_years"]]["feasible"] for ups in recommended["ups"]) for each in years]
    assert [each["certified"] for each in years] == feasible, "certified as long as the reserve fits, and no longer"
    for ups in recommended["ups"]:
        health = [each["state_of_health"][ups["id"]] for each in years]
        assert health == [ups["years"][each["after_years"]]["state_of_health"] for each in years]
        assert health == sorted(health, reverse=True)
    assert feasible[0]
    assert not feasible[-1]
    assert any("outside the tested" in doubt for doubt in document["doubts"])
    assert document["curve_doubts"][0].startswith("only 3 days stand for a year")
    assert set(document["curve_doubts"]) <= set(document["doubts"])
    lasting = [point for point in document["points"] if point["reserve_fits_until"] >= str(wanted)]
    assert recommended["net_per_year"] == max(point["net_per_year"] for point in lasting)


@pytest.mark.long
def test_the_table_says_what_to_do_and_what_it_rests_on() -> None:
    table = run("life", EXAMPLE, "--days", 1, "--from", "2026-12-01").out

    for said in (
        "recommended: a life at",
        "order a replacement by 20",
        "outside the tested",
        "real trading earns less",
        "warning: only 1 day stands for a year",
    ):
        assert said in table


def test_a_site_without_a_wear_model_is_told_what_is_missing() -> None:
    site = EXAMPLE.parents[1] / "ai-pod" / "site.yaml"

    assert refused("life", site, "--days", 1)[0].startswith("ups.0.battery.wear.chemistry")
    assert len(refused("life", site, "--days", 0)) == 1

"""The trade-off: the least price of a life with which batteries last until new ones can be had."""

import math
from dataclasses import replace
from datetime import date

import pytest
from sites import site, ups_system

from ridethrough.domain import Site, UnableToAccept, WearModel
from ridethrough.finance.life.trade_off import Traded, trade_off

START = date(2026, 1, 1)


def pod(**wear: object) -> Site:
    given = {"chemistry": "lead-acid", "temperature_c": 20.0, "replacement_cost_per_kwh": 300.0, **wear}
    return site(ups_system(wear_cost_per_kwh=0.0, wear=WearModel(**given)))


def trade(asked: Site) -> Traded:
    """The dearer a life, the less deep the day's cycle and the less it earns."""
    ups = asked.ups[0]
    assert ups.battery.wear is not None
    part = math.exp(-ups.battery.wear.life_price_per_kwh / 900)
    full = ups.max_stored_kwh
    day = (full, full - 0.3 * part * full, full)
    return Traded(saved_per_year=20_000 * part, days_kwh={ups.id: (day,)}, full_cycles_per_year=365 * 0.3 * part)


def test_a_life_reaches_the_day_of_a_replacement_within_two_percent() -> None:
    wanted = date(2039, 1, 1)
    free = trade_off(pod(), trade, start=START)
    found = trade_off(pod(earliest_replacement=wanted, lead_time_days=300.0), trade, start=START)

    assert free.points[1].ends is not None
    assert free.points[1].ends < wanted, "at the price of a new battery alone they do not last"
    least = found.lasts_from
    assert least is not None
    assert least.ends is not None
    days = (wanted - START).days
    assert days <= (least.ends - START).days <= 1.02 * days
    assert found.waiting_per_kwh > 0
    assert least.life_price_per_kwh == pytest.approx(300 + found.lost_window_per_kwh + found.waiting_per_kwh)
    assert least in found.points
    assert found.order_by is not None
    assert found.recommended.ends is not None
    assert found.recommended.ends >= wanted
    assert (found.recommended.ends - found.order_by).days == 300


def test_of_what_lasts_long_enough_the_point_that_leaves_most_is_recommended() -> None:
    """A battery that must last is not traded as much as it may: a shallower day can leave more a year."""

    def worn_out(asked: Site) -> Traded:
        return replace(trade(asked), saved_per_year=2_000.0)

    wanted = date(2039, 1, 1)
    found = trade_off(pod(earliest_replacement=wanted), worn_out, start=START)
    assert found.lasts_from is not None
    assert found.recommended.life_price_per_kwh is not None
    assert found.recommended.net_per_year > found.lasts_from.net_per_year
    assert found.scarcity_cost_per_kwh == pytest.approx(found.recommended.life_price_per_kwh - 300)
    lasting = [point for point in found.points if point.ends is None or point.ends >= wanted]
    assert found.recommended in lasting
    assert round(found.recommended.net_per_year) == max(round(point.net_per_year) for point in lasting)


def test_without_a_date_the_best_net_year_is_recommended() -> None:
    found = trade_off(pod(), trade, start=START)

    assert found.recommended.net_per_year >= max(point.net_per_year for point in found.points) - 0.5
    assert found.waiting_per_kwh == 0


def test_a_day_that_not_even_rest_reaches_is_said() -> None:
    found = trade_off(pod(earliest_replacement=date(2055, 1, 1)), trade, start=START)

    assert found.recommended.life_price_per_kwh is None
    assert "not even without trading" in found.why


@pytest.mark.parametrize(
    ("chemistry", "gains"), [("nca", True), ("nmc", True), ("lead-acid", False), ("supercapacitor", False)]
)
def test_resting_below_full_is_advised_only_where_the_chemistry_gains(chemistry: str, *, gains: bool) -> None:
    premises = pod(chemistry=chemistry, replacement_cost_per_kwh=300.0)
    found = trade_off(premises, trade, start=START)

    assert bool(found.rests) is gains
    assert all(rest.health_below >= rest.health_at_full + 0.005 for rest in found.rests)


def test_no_rest_below_full_is_advised_that_the_reserve_does_not_allow() -> None:
    premises = pod(chemistry="nca")
    weak = replace(premises, ups=(replace(premises.ups[0], protected_load_kw=5500.0),))

    assert all(rest.fraction > 0.7 for rest in trade_off(weak, trade, start=START).rests)


def test_few_days_are_doubted_and_seven_of_a_smooth_curve_are_not() -> None:
    assert trade_off(pod(), trade, start=START, days=7).doubts == ()
    (doubt,) = trade_off(pod(), trade, start=START, days=2).doubts
    assert doubt.startswith("only 2 days stand for a year: other days can recommend another price")


@pytest.mark.parametrize(
    ("part_at", "expected"),
    [
        (
            {0: 1.0, 300: 0.3, 600: 0.6},
            "the curve jumps: a life at 600 per kWh saves 12,000 a year, more than the 6,000",
        ),
        ({0: 1.0, 300: 0.6, 600: 0.597, 1200: 0.601}, ""),
    ],
)
def test_a_dearer_life_that_saves_more_is_doubted(part_at: dict[int, float], expected: str) -> None:
    """Whole segments of depth move in and out of a plan: what the curve recommends is then by chance."""

    def uneven(asked: Site) -> Traded:
        wear = asked.ups[0].battery.wear
        assert wear is not None
        usual = min(part_at.values()) * math.exp(-wear.life_price_per_kwh / 1e5)
        part = part_at.get(round(wear.life_price_per_kwh), usual)
        return replace(trade(asked), saved_per_year=20_000 * part)

    found = trade_off(pod(), uneven, start=START).doubts
    assert [each.startswith(expected) for each in found] == ([True] if expected else [])


def test_a_dearer_life_that_ends_sooner_is_doubted() -> None:
    def deeper(asked: Site) -> Traded:
        wear, full = asked.ups[0].battery.wear, asked.ups[0].max_stored_kwh
        assert wear is not None
        depth = 0.3 if round(wear.life_price_per_kwh) == 600 else 0.02
        return replace(trade(asked), days_kwh={asked.ups[0].id: ((full, full - depth * full, full),)})

    assert any("a life at 600 per kWh batteries last" in each for each in trade_off(pod(), deeper, start=START).doubts)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        trade_off(site(ups_system()), trade, start=START)

    assert [fault.field for fault in refused.value.faults] == [
        "ups.0.battery.wear.chemistry",
        "ups.0.battery.wear.replacement_cost_per_kwh",
    ]

"""What batteries were put through is counted from readings, and never too little, whatever the plan expected."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from live import plan, situation, telemetry
from live import reading as ups_reading
from sites import site, ups_system

from ridethrough.domain import Site
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.telemetry import Telemetry
from ridethrough.domain.wear.cycles import CycleStress
from ridethrough.domain.wear.wear_model import WearModel
from ridethrough.operation.live.metered_wear import (
    MeteredWear,
    discharges_today,
    metered_document,
    metered_wear,
    read_metered,
)
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.warranty_used import throughput_kwh, unread_notes, warranty_notes

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ETA_C, ETA_D, CAPACITY_KWH = 0.97, 0.98, 5 * 200.0 * 0.92


def premises(limit_kwh: float | None = 20_000.0, **more: object) -> Site:
    """One pod of five batteries of 200 kWh at 92 % health, whose yearly limit is of all of them together."""
    limit = None if limit_kwh is None else limit_kwh / 5
    wear = WearModel(throughput_limit_kwh_per_year=limit, **more)  # type: ignore[arg-type]
    return site(ups_system(wear=wear, wear_cost_per_kwh=0.0))


def counted(asked: Site, readings: Sequence[Telemetry]) -> MeteredWear:
    metered: dict[str, MeteredWear] = {}
    for each in readings:
        metered = metered_wear(asked, metered, each)
    return metered["pod-1"]


def told(
    at: datetime, stored_kwh: float | None, discharge_kw: float | None = None, charge_kw: float = 0.0
) -> Telemetry:
    given_kw = None if discharge_kw is None else charge_kw
    return telemetry(ups_reading(stored_kwh=stored_kwh, discharge_kw=discharge_kw, charge_kw=given_kw), measured_at=at)


def test_powers_are_counted_by_their_mean() -> None:
    found = counted(premises(), [told(YEAR, 900.0, 0.0), told(YEAR + 6 * MINUTE, 885.0, 300.0)])
    assert found.discharged_kwh == pytest.approx(15.0)
    assert (found.unread_kwh, found.since) == (0.0, YEAR)


def test_without_powers_every_fall_of_stored_energy_is_discharge() -> None:
    at = [YEAR + index * 10 * MINUTE for index in range(4)]
    found = counted(premises(), [told(*each) for each in zip(at, (900.0, 850.0, 880.0, 870.0), strict=True)])
    assert found.discharged_kwh == pytest.approx((50 + 10) * ETA_D)


def test_a_power_that_cannot_be_is_none() -> None:
    found = counted(premises(), [told(YEAR, 900.0, 1e9), told(YEAR + MINUTE, 890.0, 1e9)])
    assert found.discharged_kwh == pytest.approx(10 * ETA_D)


def test_what_powers_do_not_explain_is_discharge_from_2_percent_of_capacity_on() -> None:
    """The sensor of powers is dead: it tells 0 while 100 kWh leave in steps of 1 kWh. At most 2 % are left out."""
    readings = [told(YEAR + index * MINUTE, 900.0 - index, 0.0) for index in range(101)]
    found = counted(premises(), readings)
    assert 100 * ETA_D - 0.02 * CAPACITY_KWH <= found.discharged_kwh <= 100 * ETA_D + 1e-9
    noisy = [told(YEAR + index * MINUTE, 900.0 + 8 * (-1) ** index, 0.0) for index in range(101)]
    assert counted(premises(), noisy).discharged_kwh == 0, "an error of a gauge is no discharge"


def test_a_time_without_readings_is_a_discharge_of_full_batteries_each_day() -> None:
    found = counted(premises(), [told(YEAR, 900.0, 0.0), told(YEAR + 2.5 * DAY, 900.0, 0.0)])
    assert found.discharged_kwh == found.unread_kwh == pytest.approx(3 * CAPACITY_KWH * ETA_D)
    assert found.segments_filled == ()


def test_a_short_time_without_readings_is_no_more_than_the_charger_can_have_put_back() -> None:
    found = counted(premises(), [told(YEAR, 900.0, 0.0), told(YEAR + 20 * MINUTE, 890.0, 0.0)])
    assert found.unread_kwh == pytest.approx((10 + 5 * 240 * ETA_C / 3) * ETA_D)
    slow = site(
        ups_system(wear=WearModel(throughput_limit_kwh_per_year=4000.0), charge_limit_kw=10.0),
    )
    found = counted(slow, [told(YEAR, 900.0, 0.0), told(YEAR + 20 * MINUTE, 890.0, 0.0)])
    assert found.unread_kwh == pytest.approx((10 + 50 * ETA_C / 3) * ETA_D)


def test_many_times_without_readings_are_one_discharge_of_full_batteries_a_day() -> None:
    """A way that fails every 20 minutes for three days, while batteries rest: the warranty's year is not used up."""
    readings = [told(YEAR + index * 20 * MINUTE, 900.0, 0.0) for index in range(3 * 72 + 1)]
    found = counted(premises(), readings)
    assert found.discharged_kwh == found.unread_kwh == pytest.approx(3 * CAPACITY_KWH * ETA_D)
    emptied = [told(YEAR + index * 20 * MINUTE, 900.0 * (index % 2), 0.0) for index in range(73)]
    assert counted(premises(), emptied).discharged_kwh >= 36 * 900 * ETA_D, "what is seen to fall counts every time"


def test_readings_of_a_quarter_of_an_hour_that_come_seconds_late_are_not_missing() -> None:
    at = YEAR + HOUR
    for index in range(96):
        late = timedelta(seconds=(0, 20, 7, 90)[index % 4])
        found = counted(premises(), [told(at, 900.0, 0.0), told(at + 15 * MINUTE + late, 900.0, 0.0)])
        assert found.discharged_kwh == 0


@pytest.mark.parametrize("float_kw", [0.5, 5.0, 20.0])
def test_what_full_batteries_take_all_the_time_hides_no_discharge(float_kw: float) -> None:
    """A float current, or a sensor that is not 0 at rest, is not counted; a fall that it would hide is."""
    day = [told(YEAR + index * MINUTE, CAPACITY_KWH, 0.0, charge_kw=float_kw) for index in range(24 * 60)]
    assert counted(premises(), day).discharged_kwh == 0
    falls = [told(YEAR + index * MINUTE, CAPACITY_KWH - index, 0.0, charge_kw=float_kw) for index in range(101)]
    assert counted(premises(), falls).discharged_kwh >= 100 * ETA_D - 0.02 * CAPACITY_KWH


def test_readings_that_cannot_be_believed_are_a_time_without_readings() -> None:
    lost = [told(YEAR + index * MINUTE, None, 0.0) for index in range(1, 20)]
    found = counted(premises(), [told(YEAR, 900.0, 0.0), *lost, told(YEAR + 20 * MINUTE, 900.0, 0.0)])
    assert found.unread_kwh > 0


def test_an_earlier_reading_changes_nothing() -> None:
    first = [told(YEAR + HOUR, 900.0, 0.0)]
    assert counted(premises(), [*first, told(YEAR, 500.0, 300.0)]) == counted(premises(), first)


def test_before_the_first_reading_the_part_of_the_limit_is_counted() -> None:
    half, asked = YEAR + 182.5 * DAY, premises()
    assert not list(unread_notes(asked, {}, half))
    metered = metered_wear(asked, {}, told(half, 900.0, 0.0))
    assert throughput_kwh(asked, metered, half) == {"pod-1": pytest.approx(10_000.0)}
    assert "10,000.0 kWh of its warranty are counted for the time before its first" in next(
        unread_notes(asked, metered, half)
    )
    assert "10,000.0 kWh of the 20,000.0 kWh" in next(warranty_notes(asked, metered, half))
    new = premises(installed=date(2026, 7, 1))
    assert throughput_kwh(new, metered_wear(new, {}, told(half, 900.0, 0.0)), half)["pod-1"] == pytest.approx(
        20_000 * 1.5 / 365
    )
    free = premises(None)
    assert throughput_kwh(free, metered_wear(free, {}, told(half, 900.0, 0.0)), half) == {"pod-1": 0.0}


def test_a_new_year_begins_at_nothing() -> None:
    asked, eve = premises(), YEAR - 10 * MINUTE
    metered = metered_wear(asked, {}, told(eve - HOUR, 900.0, 0.0))
    metered = metered_wear(asked, metered, told(eve, 900.0, 0.0))
    assert throughput_kwh(asked, metered, YEAR) == {"pod-1": 0.0}, "nothing was read this year so far"
    after = metered_wear(asked, metered, told(YEAR + 2 * MINUTE, 880.0, 200.0))
    assert after["pod-1"].since == YEAR
    assert throughput_kwh(asked, after, YEAR + HOUR)["pod-1"] == pytest.approx(100 * 0.2)
    assert not list(unread_notes(asked, after, YEAR + HOUR))


@pytest.mark.parametrize("timezone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_a_year_begins_at_local_midnight(timezone: str) -> None:
    asked = replace(premises(), timezone=timezone)
    midnight = datetime(2027, 1, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    eve = [told(midnight - 11 * MINUTE, 900.0, 0.0), told(midnight - MINUTE, 800.0, 600.0)]
    found = counted(asked, eve)
    assert found.discharged_kwh == pytest.approx(300.0 * 10 / 60 + (100 * ETA_D - 50), abs=1)
    after = metered_wear(asked, {"pod-1": found}, told(midnight + MINUTE, 800.0, 0.0))["pod-1"]
    assert after.since == midnight
    assert after.discharged_kwh == pytest.approx(10.0), "all that was given between the two counts for the new year"
    used = throughput_kwh(asked, {"pod-1": found}, midnight - timedelta(seconds=1))["pod-1"]
    assert used > throughput_kwh(asked, {"pod-1": found}, midnight)["pod-1"] == 0.0


def test_new_batteries_have_a_new_warranty_from_their_day_on_and_not_before() -> None:
    old, new_day = premises(installed=date(2020, 1, 1)), YEAR + 60 * DAY
    before = counted(old, [told(new_day - 40 * MINUTE, 900.0, 0.0), told(new_day - 30 * MINUTE, 700.0, 1200.0)])
    assert before.discharged_kwh > 190.0
    new = premises(installed=new_day.date())
    eve = metered_wear(new, {"pod-1": before}, told(new_day - 20 * MINUTE, 700.0, 0.0))["pod-1"]
    assert eve.discharged_kwh > before.discharged_kwh, "they are the old ones until their day"
    there = metered_wear(new, {"pod-1": eve}, told(new_day - 10 * MINUTE, 700.0, 0.0))
    there = metered_wear(new, there, told(new_day + MINUTE, 920.0, 0.0))
    assert there["pod-1"].since == new_day
    assert throughput_kwh(new, there, new_day + MINUTE) == {"pod-1": 0.0}
    given = metered_wear(new, there, told(new_day + 11 * MINUTE, 900.0, 240.0))
    assert throughput_kwh(new, given, new_day + HOUR)["pod-1"] == pytest.approx(20.0)


def test_a_day_of_new_batteries_that_is_written_later_takes_nothing_off() -> None:
    old, late = premises(), premises(installed=date(2026, 3, 1))
    found = counted(old, [told(YEAR + 70 * DAY, 900.0, 0.0), told(YEAR + 70 * DAY + 10 * MINUTE, 700.0, 1200.0)])
    after = metered_wear(late, {"pod-1": found}, told(YEAR + 70 * DAY + 20 * MINUTE, 700.0, 0.0))["pod-1"]
    assert after.discharged_kwh >= found.discharged_kwh
    assert after.since == found.since


def test_two_readings_of_one_time_count_once_and_the_first_stays() -> None:
    first = counted(premises(), [told(YEAR, 900.0, 0.0), told(YEAR + 10 * MINUTE, 850.0, 600.0)])
    again = metered_wear(premises(), {"pod-1": first}, told(YEAR + 10 * MINUTE, 500.0, 900.0))["pod-1"]
    assert again == first
    later = metered_wear(premises(), {"pod-1": again}, told(YEAR + 20 * MINUTE, 500.0, 900.0))["pod-1"]
    assert later.discharged_kwh - first.discharged_kwh >= 350 * ETA_D - 0.02 * CAPACITY_KWH


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_discharges_of_a_day_on_which_clocks_change_are_counted_by_the_local_day(day: date) -> None:
    """A day of 23 or of 25 hours: a discharge each hour, and none is of the day before or after."""
    local = ZoneInfo("America/Chicago")
    asked = replace(premises(), timezone=local.key, dispatch=DispatchLimits(most_discharges_per_day=30))
    start, end = (datetime.combine(each, time(), local).astimezone(UTC) for each in (day, day + DAY))
    metered, at, kw = dict[str, MeteredWear](), start - 2 * HOUR, 0.0
    while at < end:
        metered = metered_wear(asked, metered, told(at, 900.0, kw))
        at, kw = at + 10 * MINUTE, 300.0 if at.minute == 0 else 0.0
    hours = round((end - start) / HOUR)
    assert discharges_today(asked, metered, end - MINUTE) == {"pod-1": hours}
    assert discharges_today(asked, metered, end) == {"pod-1": 0}


def test_open_cycles_go_on_from_reading_to_reading_and_are_forgotten_without() -> None:
    """40 kWh are one segment of five: discharged to 820, charged to 870, so that the second segment is open."""
    stress = CycleStress(coefficient=5.24e-4, exponent=2.03)
    asked = premises(replacement_cost_per_kwh=300.0, cycles=stress, depth_segments=25)
    at = [YEAR + index * 10 * MINUTE for index in range(3)]
    found = counted(asked, [told(*each) for each in zip(at, (920.0, 830.0, 870.0), strict=True)])
    assert found.segments_filled[:4] == pytest.approx((1.0, 0.0, 0.75, 1.0))
    later = metered_wear(asked, {"pod-1": found}, told(at[-1] + HOUR, 870.0))["pod-1"]
    assert later.segments_filled[:3] == pytest.approx((0.0, 0.75, 1.0)), "as after one discharge from full"


def test_a_system_without_a_wear_model_is_not_counted() -> None:
    assert metered_wear(site(), {}, told(YEAR, 900.0, 0.0)) == {}


@example(steps=[(1.0, 3 * HOUR, "lost"), (-1.0, 3 * HOUR, "none")] * 3)
@given(
    steps=st.lists(
        st.tuples(
            st.floats(-1, 1),
            st.sampled_from([MINUTE, 5 * MINUTE, 14 * MINUTE, 3 * HOUR, 30 * HOUR]),
            st.sampled_from(["powers", "dead", "none", "lost"]),
        ),
        min_size=2,
        max_size=30,
    )
)
def test_no_discharge_is_left_out(steps: list[tuple[float, timedelta, str]]) -> None:
    """A sensor of powers that is dead tells 0, and hides at most 2 % of capacity each time.

    What batteries give without readings beyond one discharge of full ones a day is the only other thing left out.
    """
    at, stored, given_kwh, hidden_kwh = YEAR, 600.0, 0.0, 0.0
    unseen: list[tuple[datetime, datetime, float]] = []
    unread_kwh: Counter[date] = Counter()
    metered = metered_wear(premises(), {}, told(at, stored, 0.0))
    for power, passed, kind in [*steps, (0.0, MINUTE, "none")]:
        hours, discharges = passed / HOUR, power > 0
        room_kwh = stored * ETA_D if discharges else (CAPACITY_KWH - stored) / ETA_C
        kw = abs(power) * min(1000.0 if discharges else 240.0, room_kwh / hours)
        discharge_kw, charge_kw = (kw, 0.0) if discharges else (0.0, kw)
        told_kw = {"powers": (discharge_kw, charge_kw), "dead": (0.0, 0.0)}.get(kind, (None, 0.0))
        if kind == "powers":  # powers are constant between two readings that tell them
            metered = metered_wear(premises(), metered, told(at + timedelta(microseconds=1), stored, *told_kw))
        stored = max(0.0, min(CAPACITY_KWH, stored + (charge_kw * ETA_C - discharge_kw / ETA_D) * hours))
        given_kwh += discharge_kw * hours
        hidden_kwh += 0.02 * CAPACITY_KWH + 1e-6
        unseen.append((at, at + passed, discharge_kw))
        at += passed
        if kind != "lost":
            if at - metered["pod-1"].at > timedelta(seconds=1.2 * 900):
                unread_kwh.update(by_day(unseen))
            unseen.clear()
            metered = metered_wear(premises(), metered, told(at, stored, *told_kw))
    beyond_kwh = sum(max(0.0, kwh - CAPACITY_KWH * ETA_D) for kwh in unread_kwh.values())
    assert metered["pod-1"].at == at
    assert metered["pod-1"].discharged_kwh >= given_kwh - hidden_kwh - beyond_kwh


def by_day(unseen: Sequence[tuple[datetime, datetime, float]]) -> Counter[date]:
    """What was given on each day."""
    given_kwh: Counter[date] = Counter()
    for begin, end, discharge_kw in unseen:
        at = begin
        while at < end:
            midnight = min(end, datetime.combine(at.date(), time(), tzinfo=UTC) + DAY)
            given_kwh[at.date()] += discharge_kw * ((midnight - at) / HOUR)  # type: ignore[assignment]
            at = midnight
    return given_kwh


@given(st.lists(st.tuples(st.floats(0, 920), st.floats(0, 500)), min_size=1, max_size=10))
def test_what_is_counted_is_read_back_as_it_was_written(told_kwh: list[tuple[float, float]]) -> None:
    metered: dict[str, MeteredWear] = {}
    for index, (stored_kwh, kw) in enumerate(told_kwh):
        metered = metered_wear(premises(), metered, told(YEAR + index * 7 * MINUTE, stored_kwh, kw))
    assert read_metered(metered_document(metered)) == metered


def year_of_orders(asked: Site, dice: random.Random) -> tuple[float, float, int]:
    """Follow plans that want 500 kW each evening; batteries give up to a tenth more or less than they are told.

    Readings come every hour, and some are lost; half of the days tell powers. The answer: what batteries really gave
    (kWh), what is counted, and in how many hours they gave anything.
    """
    metered: dict[str, MeteredWear] = {}
    stored_kwh, given_kwh, discharge_kw, hours = CAPACITY_KWH, 0.0, 0.0, 0
    for index in range(365 * 24):
        at = YEAR + index * HOUR
        read = told(at, stored_kwh, discharge_kw if index // 24 % 2 else None)
        discharge_kw = 0.0
        if dice.random() > 1e-3:
            metered = metered_wear(asked, metered, read)
            discharge_kw = ordered_kw(asked, read, metered) * dice.uniform(0.9, 1.1) if index % 24 == 18 else 0.0
        given_kwh, hours = given_kwh + discharge_kw, hours + (discharge_kw > 0)
        stored_kwh = CAPACITY_KWH if index % 24 == 22 else max(0.0, stored_kwh - discharge_kw / ETA_D)
    return given_kwh, metered["pod-1"].discharged_kwh, hours


def ordered_kw(asked: Site, read: Telemetry, metered: Mapping[str, MeteredWear]) -> float:
    """The setpoint of a plan that knows nothing of the warranty."""
    wanted = plan(asked, discharge_kw=500.0, made_at=read.measured_at, expires_at=read.measured_at + HOUR)
    orders = replace(wanted.orders, horizon=replace(wanted.orders.horizon, start=read.measured_at))
    now = situation(asked, now=read.measured_at, telemetry=read, plan=replace(wanted, orders=orders), metered=metered)
    return setpoints_now(now).ups["pod-1"].discharge_kw


def test_a_year_never_exceeds_its_warranty_though_batteries_do_not_do_what_they_are_told() -> None:
    asked = replace(premises(40_000.0), telemetry_max_age_s=3600.0)
    dice = random.Random(1)  # noqa: S311 - a test that is repeated
    given_kwh, counted_kwh, hours = year_of_orders(asked, dice)
    assert 20_000 < given_kwh <= 40_000.0 < counted_kwh, "times without readings are counted to the end of the year"
    assert 50 < hours < 300, "nothing is given once all is spent"

"""The closed loop beside a peak-shaving rule that knows as much: two months of one tariff and one load."""

import math
from pathlib import Path

import numpy as np
import pytest
from peak_shaving_rule import RuleBattery, level_of, peak_shaving_kw

from benchmarks.savings import loops, setting
from ridethrough.finance.study.closed_loop import Loop, run

SHARED = Path(__file__).parents[4] / "shared"
FIRST, LAST = 3624, 5088  # June and July
BATTERY = RuleBattery(usable_kwh=0.955 * 3500, power_kw=2400.0, one_way=math.sqrt(0.911))


def test_the_rule_sets_the_level_above_which_yesterday_had_what_the_battery_can_give() -> None:
    day_kw = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 0.0])
    battery = RuleBattery(usable_kwh=3.0, power_kw=9.0, one_way=1.0)
    assert level_of(day_kw, battery) == pytest.approx(2.0 * 1.03)
    weak = RuleBattery(usable_kwh=3.0, power_kw=1.0, one_way=1.0)
    assert level_of(day_kw, weak) == pytest.approx(3.0 * 1.03)


def test_the_rule_holds_a_day_like_yesterday_at_its_level() -> None:
    load_kw = np.tile([1000.0] * 20 + [1500.0] * 4, 3)
    month = np.zeros(len(load_kw), dtype=np.intp)
    held_kw = peak_shaving_kw(load_kw, month, RuleBattery(usable_kwh=800.0, power_kw=500.0, one_way=1.0))
    assert held_kw[:24].max() == 1500.0
    assert held_kw[24:].max() == pytest.approx(1300.0 * 1.03)


@pytest.mark.shared
@pytest.mark.long
@pytest.mark.skipif(not SHARED.exists(), reason="no data beside the repository")
def test_with_only_past_load_known_we_save_half_as_much_again_as_the_rule() -> None:
    load = setting.synthetic(SHARED)
    case = setting.case(SHARED, "coned", load, first=FIRST, intervals=LAST - FIRST)
    loop = run(case, loops.only_past(), Loop.at_start(case))

    month = np.array([start.month for start in load.horizon.starts()])
    rule_kw = peak_shaving_kw(load.kw[:LAST], month[:LAST], BATTERY, first=FIRST)

    ours, rules = (loops.saved_within(case, kw, 0, LAST - FIRST) for kw in (loop.grid_kw, rule_kw))
    assert rules > 0
    assert ours >= 1.5 * rules
    assert loop.stored_kwh.min() >= 0.25 * 5001.0 - 1e-6  # the reserve

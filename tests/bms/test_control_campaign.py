"""A day of the control loop with 50 random faults: the reserve is kept, and every fault is met within two cycles."""

import asyncio
from dataclasses import replace
from typing import Any

import control_campaign
import pytest

from ridethrough.bms import controller
from ridethrough.bms.guard import Guarded


@pytest.mark.long
def test_a_day_with_fifty_faults() -> None:
    tally = control_campaign.run_days(1, first_seed=7)
    print(tally.table())  # noqa: T201 - the figures of the safety case
    assert tally.violations == []
    assert sum(len(each) for each in tally.reactions.values()) == control_campaign.FAULTS_A_DAY
    assert tally.outages_in_discharge >= 3
    assert tally.discharged_kwh > 500


@pytest.mark.long
def test_the_campaign_finds_a_controller_that_guards_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(_: Any, asked: Any) -> Guarded:  # noqa: ANN401
        return Guarded(setpoint=replace(asked, charge_kw=0.0, discharge_kw=900.0))

    monkeypatch.setattr(controller, "guarded", blind)
    tally = control_campaign.Tally()
    day = control_campaign.Day(7, tally)
    day.cycles = 600
    asyncio.run(day.run())
    assert tally.below_floor
    assert any("cycles" in each for each in tally.violations)


@pytest.mark.long
def test_more_outages_than_the_reserve_promises_are_told_apart_and_nothing_is_discharged_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seven outages in an hour and a half, without time to recharge; the reserve is for two."""
    others = {"own clock set", "another's setpoint"}
    monkeypatch.setattr(control_campaign, "KINDS", [each for each in control_campaign.KINDS if each not in others])
    tally = control_campaign.Tally()
    day = control_campaign.Day(1121, tally)
    day.cycles = 650
    asyncio.run(day.run())
    assert tally.violations == []
    assert len(tally.beyond_promise) == 1

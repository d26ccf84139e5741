"""Events of a simulated day happen at their times, and end."""

from datetime import timedelta

import pytest
from sites import START, site, ups_system

from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.simulated.events import KINDS, Event, Scenario
from ridethrough.bms.simulated.site import SimulatedSite
from ridethrough.domain import UpsMode


def simulated(load_kw: float = 4300.0, **more: float) -> SimulatedSite:
    return SimulatedSite(site(), now=START, loads_kw={"pod-1": load_kw}, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_begins_and_ends_at_its_times(kind: str) -> None:
    premises, said = simulated(), []
    scenario = Scenario(premises, (Event.parse(f"30:{kind}:20"),), tell=said.append)
    ups = premises.ups["pod-1"]
    ups.order(DeviceSetpoint(charge_kw=0.0, discharge_kw=100.0, valid_for_s=900.0))
    seen = []
    for second in (29, 40, 49, 60):
        scenario.advance_to(START + timedelta(seconds=second))
        reading = ups.reading()
        seen.append((ups.faults, reading.ups.mode if reading.ups else None, ups.state.generator, ups.state.working))
    assert seen[1] == seen[2]
    assert seen[1] != seen[0]
    assert len(said) == 2
    assert premises.now == START + timedelta(seconds=60)
    if kind != "outage":
        assert seen[3][0] == seen[0][0]
        assert seen[3][3] == 5


def test_a_system_in_bypass_loses_its_load_in_an_outage_and_keeps_its_batteries() -> None:
    premises = simulated()
    ups = premises.ups["pod-1"]
    ups.change(bypass=True)
    premises.advance(60)
    assert (ups.mode, ups.state.input_kw, premises.unserved_kwh) == (UpsMode.BYPASS, 4300.0, 0.0)
    premises.outage()
    premises.advance(36)
    assert premises.unserved_kwh == pytest.approx(4300 * 36 / 3600)
    assert ups.state.stored_kwh == pytest.approx(920.0)


def test_batteries_help_rectifiers_that_are_too_small() -> None:
    """5 rectifiers of 900 kW give 4,365 kW to the DC bus, and the load takes 4,526.3: batteries give the rest."""
    small = site(ups_system(unit_input_limit_kw=900.0))
    premises = SimulatedSite(small, now=START, loads_kw={"pod-1": 4300.0})
    premises.advance(10)
    state = premises.ups["pod-1"].state
    assert state.discharge_kw == pytest.approx(4300 / 0.95 - 5 * 900 * 0.97)
    assert state.input_kw == pytest.approx(4500.0)
    assert premises.unserved_kwh == 0

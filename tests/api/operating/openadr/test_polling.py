"""A server of events on loopback, read by us and by a client of another maker, and what a controller makes of it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import live
import pytest
import toadr3
from control_benches import control_bench
from peer_programs import wait_until
from vtn import CLIENT, SECRET, Vtn, event, quarter_before, settings_of, vtn

from ridethrough.api.operating.openadr.client import PAGE, OpenAdrClient, UnableToAskServer
from ridethrough.api.operating.openadr.polling import OpenAdrPolling
from ridethrough.api.reading.openadr_settings import read_openadr_settings
from ridethrough.domain import ConditionKind, ReserveCondition
from ridethrough.operation.live.grid_signals import GridSignals

ALERT, LIMIT = "ALERT_GRID_EMERGENCY", "IMPORT_CAPACITY_LIMIT"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vtn]:
    monkeypatch.setenv("VTN_SECRET", SECRET)
    with vtn() as found:
        yield found


def polling(server: Vtn) -> OpenAdrPolling:
    return OpenAdrPolling(settings=read_openadr_settings(settings_of(server, silent_s=3600)))


def test_another_makers_client_reads_the_same_events_with_the_same_credentials(server: Vtn) -> None:
    start = datetime(2026, 7, 6, 12, tzinfo=UTC)
    server.events = [event(ALERT, "x", start), event(LIMIT, 4000.0, start, 2.0), event("SIMPLE", 2, start)]

    async def theirs() -> list[toadr3.models.Event]:
        oauth = toadr3.OAuthScopeConfig(f"{server.url}/auth/token", "client_credentials", "", CLIENT, SECRET)
        async with aiohttp.ClientSession() as session, toadr3.ToadrClient(server.url, oauth, session) as client:
            return list(await client.get_events())

    others, ours = asyncio.run(theirs()), OpenAdrClient(read_openadr_settings(settings_of(server))).events()
    assert [each.id for each in others] == [each["id"] for each in ours]
    shown = json.loads(json.dumps([each.model_dump(mode="json", by_alias=True) for each in others]))
    assert [each["intervals"][0]["payloads"] for each in shown] == [each["intervals"][0]["payloads"] for each in ours]
    assert [datetime.fromisoformat(each["intervalPeriod"]["start"]) for each in shown] == [start] * 3


def test_events_are_asked_for_page_by_page_and_a_token_that_ended_is_made_anew(server: Vtn) -> None:
    server.events = [event(ALERT, "x", datetime(2026, 7, 6, tzinfo=UTC), id=f"e{n}") for n in range(PAGE + 3)]
    client = OpenAdrClient(read_openadr_settings(settings_of(server)))
    assert len(client.events()) == PAGE + 3
    server.tokens.clear()
    assert len(client.events()) == PAGE + 3
    assert server.given == 2


def test_what_a_server_answers_wrongly_is_an_error_without_the_secret(server: Vtn) -> None:
    client = OpenAdrClient(read_openadr_settings(settings_of(server)))
    server.status = 500
    with pytest.raises(UnableToAskServer, match="answered 500"):
        client.events()
    server.status, server.events = 200, [1, 2]
    with pytest.raises(UnableToAskServer, match="no list of events"):
        client.events()
    wrong = OpenAdrClient(read_openadr_settings(settings_of(server, client_id="somebody")))
    with pytest.raises(UnableToAskServer, match="gave no token") as refused:
        wrong.events()
    assert SECRET not in str(refused.value)
    gone = OpenAdrClient(read_openadr_settings(settings_of(server, url="http://127.0.0.1:1")))
    with pytest.raises(UnableToAskServer, match="ConnectError"):
        gone.events()


def test_it_asks_again_and_again_and_tells_what_is_new(server: Vtn) -> None:
    asked, now = polling(server), datetime.now(UTC)
    assert "not answered yet" in asked.signals(now).held_because
    asked.start()
    wait_until(lambda: asked.signals(now) == GridSignals(), "the first answer")
    server.events = [event(ALERT, "x", quarter_before(now))]
    wait_until(lambda: bool(asked.signals(now).conditions), "the event")
    server.events = []
    wait_until(lambda: not asked.signals(now).conditions, "the end of the event")
    server.status = 503
    said: list[tuple[str, str]] = []
    wait_until(lambda: bool(said.extend(asked.told()) or (said and said[-1][0] == "openadr_failed")), "the failure")
    asked.stop()
    assert [what for what, _ in said] == ["openadr_events", "openadr_events", "openadr_failed"]
    assert said[0][1].startswith("alert_grid_emergency: grid_alert from ")
    assert said[1][1] == ""


def test_an_alert_stops_the_discharge_of_a_controller_at_once_and_its_end_lets_it_go_on() -> None:
    bench = control_bench(requalify_s=2.0, reversal_s=0.0)
    bench.cycle(2)
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)
    alert = live_alert(bench.simulated.now, timedelta(seconds=30))
    bench.ordering.signals = lambda _: alert
    cycle = bench.cycle()
    assert bench.ups.state.discharge_kw == 0
    assert cycle.ups["pod-1"].reserve_kwh == pytest.approx(920.0), "an alert asks for full batteries"
    bench.ordering.signals = lambda _: GridSignals()
    bench.cycle(5)
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)


@pytest.mark.parametrize("limit_kw", [0.0, 3000.0])
def test_a_limit_of_the_grid_below_the_load_stops_no_cycle_and_no_charge_of_the_reserve(limit_kw: float) -> None:
    """Who may write events at the grid's server must not keep a site below its reserve after an outage."""
    bench = control_bench(plan=lambda site: live.plan(site, discharge_kw=0.0))
    low = tuple(replace(each, stored_kwh=60.0) for each in bench.ups.state.units)
    bench.ups.state = replace(bench.ups.state, units=low)
    bench.ordering.signals = lambda _: GridSignals(import_limit_kw=limit_kw)
    cycle = bench.cycle(3)
    assert cycle.ups["pod-1"].told is not None
    assert cycle.ups["pod-1"].told.charge_kw > 500.0
    bench.ups.state = replace(bench.ups.state, units=tuple(replace(each, stored_kwh=150.0) for each in low))
    cycle = bench.cycle(60)
    assert cycle.ups["pod-1"].told is not None
    assert cycle.ups["pod-1"].told.charge_kw == 0, "above the reserve the limit holds again"


def live_alert(now: datetime, lasts: timedelta) -> GridSignals:
    alert = ReserveCondition(start=now, end=now + lasts, kind=ConditionKind.GRID_ALERT)
    return GridSignals(conditions=(alert,))


def test_a_limit_of_the_grid_is_held_at_the_meter_as_far_as_the_reserve_allows() -> None:
    bench = control_bench(plan=lambda site: live.plan(site, discharge_kw=0.0))
    bench.cycle(3)
    without_kw = bench.simulated.meter_reading().grid_kw
    assert without_kw is not None
    bench.ordering.signals = lambda _: GridSignals(import_limit_kw=without_kw - 150.0)
    cycle = bench.cycle(3)
    assert cycle.meter_ceiling_kw == pytest.approx(without_kw - 150.0)
    assert bench.simulated.meter_reading().grid_kw == pytest.approx(without_kw - 150.0, abs=1.0)
    bench.ordering.signals = lambda _: GridSignals(import_limit_kw=10.0)
    cycle = bench.cycle(3)
    assert cycle.reading.grid_kw is not None, "a limit far below the load makes no reading unbelievable"
    assert cycle.mode.value == "plan"
    bench.ordering.signals = lambda _: GridSignals()
    bench.cycle(3)
    assert bench.simulated.meter_reading().grid_kw == pytest.approx(without_kw, abs=1.0)

"""The page of battery life, asked without a browser: empty, at work, answered and failed."""

import asyncio
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from documents import site_document
from living_sites import SITE, Here, reading
from stored_sites import Client, Clock, keeping_service

from ridethrough.api.http.running.solvers import UnableToSolve
from ridethrough.store.database import Database

PAGE = "/sites/pod/life"
FORM = {"origin": "http://ridethrough", "content-type": "application/x-www-form-urlencoded"}
WEAR = {
    "chemistry": "lead-acid",
    "replacement_cost_per_kwh": 300,
    "lead_time_days": 365,
    "throughput_limit_kwh_per_year": 40000,
}


@pytest.fixture
def client(sqlite_database: Database) -> Client:
    client = keeping_service(sqlite_database, Clock())
    client.app.state.solvers = Here()
    keep(client, **WEAR)
    return client


def keep(client: Client, **wear: Any) -> None:  # noqa: ANN401
    document = site_document({"ups.0.battery.wear": wear, "dispatch": {"most_discharges_per_day": 2}})
    written = client.put(SITE, json=document)
    assert written.is_success, written.text


def words(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def begun(client: Client) -> None:
    answer = client.post(PAGE, headers=FORM, content="days=1")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


def test_the_page_says_what_the_api_answers_until_the_site_changes(client: Client) -> None:
    assert "Not asked for today" in words(client)
    begun(client)
    said, told = words(client), client.get(f"/v1{PAGE}?days=1").json()
    chosen = told["recommended"]
    assert chosen["why"] in said
    assert "Doubtful only 1 day stands for a year" in said
    assert all(each in said for each in told["curve_doubts"])
    for point in told["points"]:
        assert f"{point['full_cycles_per_year']:,.1f} {point['life_years']:,.1f}" in said
    ends, order = (date.fromisoformat(chosen[each]) for each in ("reserve_fits_until", "order_by"))
    assert f"The reserve fits until {ends.day} {ends:%B %Y}" in said
    assert f"{order.day} {order:%B %Y}" in said
    assert client.get(PAGE).text.count("<rect") >= 2 * len([each for each in told["points"] if each["saved_per_year"]])
    keep(client, **WEAR | {"replacement_cost_per_kwh": 310})
    assert "Not asked for today" in words(client)


def test_a_life_of_a_site_that_was_deleted_is_not_shown_of_the_one_made_again(client: Client) -> None:
    """Also where its document is the same to the last character, and no time has passed."""
    begun(client)
    assert "Recommended" in words(client)
    assert client.delete(SITE).is_success
    assert client.get(PAGE).status_code == 404
    keep(client, **WEAR)
    assert "Not asked for today" in words(client)


def test_a_life_is_that_of_its_day(client: Client) -> None:
    begun(client)
    assert "Recommended" in words(client)
    client.app.state.clock.pass_by(timedelta(days=1))
    assert "Not asked for today" in words(client)


def test_what_a_life_lacks_is_told_and_can_be_asked_for_again(client: Client) -> None:
    keep(client)
    begun(client)
    said = words(client)
    assert "ups.0.battery.wear.chemistry" in said
    assert "ups.0.battery.wear.replacement_cost_per_kwh" in said
    assert "Ask again" in said


@pytest.mark.parametrize("days", ["0", "8", "-1", "1.5", "00071", "9" * 5000])
def test_days_that_cannot_be_are_refused(client: Client, days: str) -> None:
    answer = client.post(PAGE, headers=FORM, content=f"days={days}")
    assert answer.status_code == 422
    assert "a whole number from 1 to 7" in answer.text
    assert "Not asked for today" in words(client)


def test_solvers_without_an_answer_and_faults_of_ours_are_told(client: Client) -> None:
    for error, expected in (
        (UnableToSolve("every solver was busy for 5 s; ask again"), "every solver was busy for 5 s"),
        (RuntimeError("the secret of the log"), "Its log says why."),
    ):
        client.app.state.solvers = Failing(error)
        begun(client)
        assert expected in words(client)
        assert "secret" not in words(client)


def test_a_life_at_work_is_begun_once_and_loads_the_page_again(client: Client) -> None:
    slow = client.app.state.solvers = Slow()

    async def watched() -> tuple[str, str, int]:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ridethrough") as asking:
            for _ in range(2):
                await asking.post(PAGE, headers=FORM, content="days=1")
            shown = (await asking.get(PAGE)).text
            asyncio.get_running_loop().call_later(0.1, slow.goes_on.set)
            stream = (await asking.get(f"{PAGE}/live")).text
            return shown, stream, slow.asked

    shown, stream, asked = asyncio.run(watched())
    assert asked == 1
    assert "Working it out" in shown
    assert f'data-live="{PAGE}/live"' in shown
    assert "event: alive" in stream
    assert stream.rstrip().rpartition("\n\n")[2].startswith("event: reload")
    assert "Recommended" in words(client)


def test_fleet_shows_what_readings_tell_of_the_year(client: Client) -> None:
    assert "no reading yet" in words(client, "/sites/pod/fleet")
    clock = client.app.state.clock
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now, stored_kwh=900.0)).is_success
    said = words(client, "/sites/pod/fleet")
    limit_kwh = 5 * 40000
    part = (clock.now.timetuple().tm_yday - 1 + 8 / 24) / 365
    ((shown_kwh, before_kwh),) = re.findall(
        r"pod-1 ([\d,.]+) kWh ([\d,.]+) kWh of it before the first reading [\d.]+ % of 200,000.0 kWh 0 of 2", said
    )
    assert shown_kwh == before_kwh
    assert float(shown_kwh.replace(",", "")) == pytest.approx(limit_kwh * part, rel=1e-3)
    at = clock.pass_by(timedelta(minutes=10))
    gives = {"discharge_kw": 600.0, "charge_kw": 0.0}
    assert client.post(f"{SITE}/telemetry", json=reading(at, stored_kwh=850.0, ups=gives)).is_success
    later = re.findall(r"pod-1 ([\d,.]+) kWh .* 1 of 2 92.0 %", words(client, "/sites/pod/fleet"))
    given_kwh = 50.0  # the first reading has no power: the fall of stored energy counts
    assert float(later[0].replace(",", "")) - float(shown_kwh.replace(",", "")) == pytest.approx(given_kwh, abs=2.5)
    keep_without_limits(client)
    assert "Wear is not counted" in words(client, "/sites/pod/fleet")


def keep_without_limits(client: Client) -> None:
    assert client.put(SITE, json=site_document({})).is_success


class Failing:
    """Solvers that fail in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def run(self, *_: object, **__: object) -> Any:  # noqa: ANN401
        raise self._error


class Slow(Here):
    """Solvers that go on when they are told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.goes_on = asyncio.Event()

    async def run(self, work: Any, *arguments: object, within_s: float | None = None) -> Any:  # noqa: ANN401
        self.asked += 1
        await self.goes_on.wait()
        return await super().run(work, *arguments, within_s=within_s)

"""A campus with a past that is the same in every run: for pages, their tests and their pictures.

Three UPS systems on a Virginia tariff with market prices. Four weeks of loads are known; a plan was made at midnight,
readings came every quarter of an hour, and an operator held the site for a while this morning.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from living_sites import Here
from stored_sites import Client, Clock

from ridethrough.api.cases.sites.situations import site_of
from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.server import create_app
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.operation.live.metered_wear import MeteredWear, metered_document, metered_wear
from ridethrough.store.database import Database
from ridethrough.store.operating import telemetry
from ridethrough.store.schema import canonical

T = TypeVar("T")
SITE_ID = "ashburn"
SITE = f"/v1/sites/{SITE_ID}"
MIDNIGHT = datetime(2026, 7, 14, 4, tzinfo=UTC)
NOW = datetime(2026, 7, 14, 18, 40, 8, tzinfo=UTC)
"""Twenty to three in the afternoon, in Virginia."""
_QUARTER = timedelta(minutes=15)
_KNOWN = timedelta(days=28)
_SYSTEMS = ("hall-a", "hall-b", "hall-c")
_LOWEST = 0.57
_STATE_OF_HEALTH = {"hall-a": 0.95, "hall-b": 0.92, "hall-c": 0.84}


WEAR = {
    "chemistry": "lead-acid",
    "replacement_cost_per_kwh": 300,
    "lead_time_days": 420,
    "earliest_replacement": "2031-07-01",
    "throughput_limit_kwh_per_year": 36000,
}
"""A wear model of the batteries, for what shows wear."""


def campus(*, worn: bool = False) -> dict[str, Any]:
    """The document of the site; where it is `worn`, with what wears its batteries and how often they may discharge."""
    if worn:
        batteries = campus()
        for ups in batteries["ups"]:
            del ups["battery"]["wear_cost_per_kwh"]
            ups["battery"]["wear"] = WEAR
        return batteries | {"dispatch": {"most_discharges_per_day": 2}}
    return {
        "id": SITE_ID,
        "name": "Ashburn campus",
        "timezone": "America/New_York",
        "currency": "USD",
        "interval_minutes": 15,
        "interconnection": {"import_limit_kw": 18500},
        "tariff": "dominion-gs-4",
        "prices": {"series": "prices", "adder_per_kwh": 0.011},
        "unprotected_load": {"csv": "cooling.csv"},
        "ups": [_system(ups_id) for ups_id in _SYSTEMS],
    }


def _system(ups_id: str) -> dict[str, Any]:
    battery = {
        "nominal_kwh": 200,
        "state_of_health": _STATE_OF_HEALTH[ups_id],
        "cutoff_fraction": 0.05,
        "charge_limit_kw": 60,
        "discharge_limit_kw": 1300,
        "charge_efficiency": 0.98,
        "discharge_efficiency": 0.98,
        "wear_cost_per_kwh": 0.02,
    }
    return {
        "id": ups_id,
        "units": 5,
        "tolerated_failures": 1,
        "unit_output_limit_kw": 1200,
        "unit_input_limit_kw": 1500,
        "rectifier_efficiency": 0.97,
        "inverter_efficiency": 0.95,
        "load": {"csv": f"{ups_id}.csv"},
        "protected_load_kw": 4700,
        "battery": battery,
        "reserve": {"ride_through_s": 240},
    }


def load_kw(ups_id: str, at: datetime) -> float:
    """The load of a system: flat, with a rise in the afternoon."""
    hour = (at - MIDNIGHT) / timedelta(hours=1)
    phase = _SYSTEMS.index(ups_id)
    return round(4000 + 220 * math.sin((hour - 9 + phase) * math.pi / 12) + 60 * math.sin(hour * 2.3 + phase), 1)


def cooling_kw(at: datetime) -> float:
    """The load that no UPS carries: chillers, which follow the day."""
    hour = (at - MIDNIGHT) / timedelta(hours=1)
    return round(2100 + 700 * math.sin((hour - 9) * math.pi / 12), 1)


def price_per_kwh(at: datetime) -> float:
    """The market: cheap at night, dear in the late afternoon."""
    hour = ((at - MIDNIGHT) / timedelta(hours=1)) % 24
    dear = 0.21 * math.exp(-(((hour - 17.5) / 1.6) ** 2))
    return round(0.034 + 0.012 * math.sin((hour - 8) * math.pi / 12) + dear, 4)


def grid_kw(at: datetime) -> float:
    """The meter with batteries at rest."""
    carried = sum(load_kw(each, at) for each in _SYSTEMS)
    return round(carried / 0.95 / 0.97 + cooling_kw(at), 1)


def empty_service(
    database: Database, clock: Clock | None = None, *, known: timedelta = _KNOWN, worn: bool = False
) -> Client:
    """A service with the campus and its series of the time before now, where nothing has happened yet."""
    app = create_app(store=database)
    app.state.clock = clock or Clock(MIDNIGHT)
    app.state.solvers = Here()
    client = Client(app)
    _require(client.put(SITE, json=campus(worn=worn)))
    starts = [MIDNIGHT - known + index * _QUARTER for index in range(int((known + timedelta(days=3)) / _QUARTER))]
    past = [each for each in starts if each < MIDNIGHT]
    for ups_id in _SYSTEMS:
        _keep(client, ups_id, past, [load_kw(ups_id, each) for each in past])
    _keep(client, "cooling", past, [cooling_kw(each) for each in past])
    _keep(client, "prices", starts, [price_per_kwh(each) for each in starts])
    return client


def service_with_history(database: Database, *, known: timedelta = _KNOWN, worn: bool = False) -> tuple[Client, Clock]:
    """A service over the campus and its past, and the clock that it goes by."""
    clock = Clock(MIDNIGHT + timedelta(seconds=5))
    client = empty_service(database, clock, known=known, worn=worn)
    _live_before(database, worn=worn)
    _send(client, MIDNIGHT, dict.fromkeys(_SYSTEMS, _LOWEST))
    _require(client.post(f"{SITE}/plans", json={"why": "every day at midnight"}))
    plan = client.get(f"{SITE}/plans/current").json()
    for at, stored in _lived(plan):
        clock.now = at + timedelta(seconds=8)
        if at == MIDNIGHT + timedelta(hours=9):
            _require(client.post(f"{SITE}/hold", json={"why": "generator 2 is tested"}))
        if at == MIDNIGHT + timedelta(hours=9, minutes=30):
            _require(client.post(f"{SITE}/release", json={"why": "the test is over"}))
        _send(client, at, stored)
    clock.now = NOW
    _send(client, NOW - timedelta(seconds=8), stored)
    return client, clock


def _lived(plan: dict[str, Any]) -> Iterator[tuple[datetime, dict[str, float]]]:
    """What the systems stored, as fractions of what they hold, at the quarters of today: as planned, nearly."""
    for each in plan["intervals"]:
        at = datetime.fromisoformat(each["start"]) + _QUARTER
        if at > NOW:
            return
        hour = (at - MIDNIGHT) / timedelta(hours=1)
        full = {ups["id"]: 1000 * _STATE_OF_HEALTH[ups["id"]] for ups in each["ups"]}
        drift = 0.004 * math.sin(hour)
        yield at, {ups["id"]: min(1.0, ups["stored_kwh"] / full[ups["id"]] + abs(drift)) for ups in each["ups"]}


def _live_before(database: Database, *, worn: bool) -> None:
    """The days of this month before today: batteries give energy from five to six, and are charged after midnight."""
    month, metered = MIDNIGHT - timedelta(days=13), dict[str, MeteredWear]()
    with database.writing() as connection:
        site = site_of(stored_site(connection, SITE_ID), {})
        for index in range(13 * 96):
            at = month + index * _QUARTER
            document = _reading(at, dict.fromkeys(_SYSTEMS, _stored_at(at)))
            if worn:
                metered = metered_wear(site, metered, read_telemetry(document, source="telemetry"))
            telemetry.add(
                connection,
                SITE_ID,
                canonical(document),
                measured_at=at,
                in_outage=False,
                sender="local",
                now=at,
                counted=canonical(metered_document(metered)) if worn else None,
            )


def _stored_at(at: datetime) -> float:
    """What batteries hold at a time of a past day, as a fraction."""
    hour = ((at - MIDNIGHT) / timedelta(hours=1)) % 24
    given = (1 - _LOWEST) * min(1.0, max(0.0, hour - 17))
    charged = (1 - _LOWEST) * min(1.0, hour / 2)
    return 1.0 - given if hour >= 2 else _LOWEST + charged


def _battery_kw(at: datetime) -> float:
    """What batteries add to the meter in the quarter from a time on, on a past day."""
    gained = (_stored_at(at + timedelta(minutes=14, seconds=59)) - _stored_at(at)) * sum(
        1000 * each for each in _STATE_OF_HEALTH.values()
    )
    return 4 * gained / 0.98 / 0.97 if gained > 0 else 4 * gained * 0.98 / 0.97


def in_a_thread(work: Callable[[], T]) -> T:
    """Do work in a thread of its own: a browser's library keeps an event loop in the one that it is used in."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def add_neighbours(client: Client, now: datetime) -> None:
    """Three more sites: one is well, an operator holds one, and one was last heard two hours ago."""
    for site_id, name, age, stored in (
        ("leesburg", "Leesburg hall", timedelta(seconds=20), 0.9),
        ("manassas", "Manassas annex", timedelta(hours=2), 0.9),
        ("sterling", "Sterling campus", timedelta(seconds=11), 0.7),
    ):
        site = f"/v1/sites/{site_id}"
        _require(client.put(site, json=campus() | {"id": site_id, "name": name}))
        _require(client.post(f"{site}/telemetry", json=_reading(now - age, dict.fromkeys(_SYSTEMS, stored))))
    _require(client.post("/v1/sites/sterling/hold", json={"why": "the chillers are serviced"}))


def send_reading(client: Client, at: datetime) -> None:
    """Send a reading of full batteries, also from a thread with a browser."""
    in_a_thread(lambda: _send(client, at, dict.fromkeys(_SYSTEMS, 1.0)))


def _send(client: Client, at: datetime, stored: dict[str, float]) -> None:
    _require(client.post(f"{SITE}/telemetry", json=_reading(at, stored)))


def _reading(at: datetime, stored: dict[str, float]) -> dict[str, Any]:
    systems = {
        ups_id: {
            "stored_kwh": round(1000 * _STATE_OF_HEALTH[ups_id] * fraction, 2),
            "load_kw": load_kw(ups_id, at),
            "mode": "normal",
        }
        for ups_id, fraction in stored.items()
    }
    batteries_kw = _battery_kw(at) if at < MIDNIGHT else 0.0
    return {"measured_at": at.isoformat(), "grid_kw": round(grid_kw(at) + batteries_kw, 1), "ups": systems}


def _keep(client: Client, name: str, starts: list[datetime], values: list[float]) -> None:
    series = {"start": starts[0].isoformat(), "interval_minutes": 15, "values": values}
    _require(client.post(f"{SITE}/series/{name}", json=series))


def _require(answer: Any) -> None:  # noqa: ANN401 - httpx's answer
    if not answer.is_success:
        raise RuntimeError(answer.text)

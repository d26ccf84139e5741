"""Bodies that a client should not send: requests with odd values in odd places, and what is no request at all.

Every body is made from a seed alone, so that one that was answered badly can be sent again.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from documents import DAY, site_document
from tariff_documents import TARIFF

SITE_PATH = "/v1/sites/pod"
"""The path of the stored site whose routes are asked."""
_METER = {"start": f"{DAY}T00:00-04:00", "interval_minutes": 60, "values": [4000.0] * 24}
_SITE = site_document(
    {
        "ups.0.load": {"start": f"{DAY}T00:00-04:00", "values": [4300.0] * 24},
        "ups.0.battery.usable_fraction_by_c_rate": {"1": 1.0, "8": 0.8},
        "conditions": [{"from": f"{DAY}T10:00-04:00", "to": f"{DAY}T11:00-04:00", "kind": "maintenance"}],
    }
)
_STATE = {"ups": {"pod-1": {"stored_kwh": 800}}, "peaks_kw": {}, "energy_kwh": 0}
_READINGS = {"pod-1": {"stored_kwh": 900.0, "load_kw": 4300.0, "mode": "normal"}}
_INTERVAL = {"id": "pod-1", "load_kw": 4300.0, "charge_kw": 0.0, "discharge_kw": 0.0, "stored_kwh": 800.0}
_PLAN = {
    "horizon": {"interval_minutes": 60},
    "stored_at_start_kwh": {"pod-1": 800.0},
    "intervals": [{"start": f"{DAY}T{hour:02d}:00-04:00", "grid_kw": 5600.0, "ups": [_INTERVAL]} for hour in range(3)],
}
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/plans": {"site": _SITE, "date": DAY, "state": _STATE, "look_ahead_h": 0, "time_limit_s": 5},
    "/v1/reserve": {"site": _SITE},
    "/v1/bills": {"tariff": TARIFF, "meter": _METER, "timezone": "America/New_York", "events": []},
    "/v1/studies": {"site": _SITE, "from": DAY, "to": DAY, "information": "perfect"},
    "/v1/certify": {"site": _SITE, "plan": _PLAN, "state": _STATE},
}
"""Requests without a stored site, each right as it stands."""
SITE_REQUESTS: dict[tuple[str, str], dict[str, Any]] = {
    ("PUT", SITE_PATH): {**_SITE, "id": "pod"},
    ("POST", f"{SITE_PATH}/series/load"): _METER,
    ("POST", f"{SITE_PATH}/telemetry"): {"measured_at": f"{DAY}T00:00-04:00", "grid_kw": 5600.0, "ups": _READINGS},
    ("POST", f"{SITE_PATH}/plans"): {"why": "asked for"},
    ("POST", f"{SITE_PATH}/plans/plan-1/cancel"): {"why": "asked for"},
    ("POST", f"{SITE_PATH}/hold"): {"why": "asked for"},
    ("POST", f"{SITE_PATH}/release"): {"why": "asked for"},
    ("POST", f"{SITE_PATH}/alarms/1/acknowledge"): {},
    ("POST", f"{SITE_PATH}/webhooks"): {"url": "https://receiver.invalid/", "events": []},
    ("POST", f"{SITE_PATH}/studies"): {"from": DAY, "to": DAY, "information": "perfect"},
    ("POST", "/v1/keys"): {"name": "wall", "role": "viewer", "sites": ["pod"]},
    ("POST", "/v1/life"): {"site": _SITE, "days": 1},
}
"""Requests about a stored site, and those that need a service with a store or a site that tells more."""
_SHARES = {"/v1/plans": 40, "/v1/reserve": 30, "/v1/bills": 25, "/v1/studies": 5, f"{SITE_PATH}/plans": 3}
"""Studies take longest, so they are fewest; every other route has ten."""
_LONE_SURROGATES = ('"\\ud800"', '"\\udfffx"', '"a\\ud83d"', '"\\ude00\\ud83d"')
_HUGE = ("1e308", "-1e308", "1e400", "-1e999", "1" + "0" * 400, "1" * 5000, "0.1e-400", "1e-308", "9007199254740993")
_NESTED = ("[" * 400 + "]" * 400, "[" * 3000 + "]" * 3000, '{"a":' * 3000 + "1" + "}" * 3000)
_ODD = (
    "null", "true", "false", "0", "-1", "0.5", "-0.0", '""', '" "', '"x"', "[]", "{}", "[null]", '[{"id":"x"}]', "[[]]",
    '{"csv":"/etc/passwd"}', '{"csv_text":"start,load_kw\\n1,2"}', '{"values":[1,2],"start":"2026-07-15T00:00Z"}',
    '"\\u0000"', '"\\u001b[2J"', '"\\u202eevil"', '"=1+1"', '"NaN"', "NaN", "Infinity", '"9999-12-31T23:59:59Z"',
    '"0001-01-01T00:00Z"', '"2026-07-15"', '"2026-02-30T00:00Z"', '"dominion-gs-4"', '"../../etc/tariff.yaml"',
    '"America/New_York"', '"Mars/Olympus"', '"optimal"', "[1e308,-1e308]", '{"1":1e308}', '{"\\ud800":1}',
    '"' + "a" * 5000 + '"',
)  # fmt: skip
_FRAGMENTS = (*_LONE_SURROGATES, *_HUGE, *_NESTED, *_ODD)
_MARK = "@raw{}@"


def hostile_bodies(seed: int) -> Iterator[tuple[str, bytes]]:
    """Paths and bodies without end, for routes without a stored site."""
    asked = {("POST", path): request for path, request in REQUESTS.items()}
    for _, path, body in hostile_requests(seed, asked):
        yield path, body


def hostile_requests(
    seed: int, requests: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Iterator[tuple[str, str, bytes]]:
    """Methods, paths and bodies without end, made from requests that are right."""
    drawn = random.Random(seed)  # noqa: S311 - no secret is drawn
    routes = list(requests)
    shares = [_SHARES.get(path, 10) for _, path in routes]
    while True:
        ((method, path),) = drawn.choices(routes, shares)
        make = drawn.choices((_with_odd_parts, _broken, _no_request), (80, 12, 8))[0]
        yield method, path, make(requests[method, path], drawn)


def _with_odd_parts(request: Mapping[str, Any], drawn: random.Random) -> bytes:
    """A request in which one to four parts are replaced, left out, or given under another name."""
    document = copy.deepcopy(dict(request))
    fragments = []
    for number in range(*drawn.choices((1, 2, 4), (70, 20, 10))):
        places = list(_places(document))
        if not places:
            break
        holder, key = drawn.choice(places)
        if drawn.random() < 0.1 and isinstance(holder, dict):
            del holder[key]
        elif drawn.random() < 0.1 and isinstance(holder, dict):
            holder[drawn.choice(("oops", "id", "=x", "\x1b", "", "constructor", "values"))] = holder.pop(key)
        else:
            holder[key] = _MARK.format(number)
            fragments.append((number, drawn.choice(_FRAGMENTS)))
    text = json.dumps(document)
    for number, fragment in fragments:
        text = text.replace(f'"{_MARK.format(number)}"', fragment)
    return text.encode()


def _places(document: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    keys: Any = list(document) if isinstance(document, dict) else range(min(3, len(document)))
    for key in keys:
        yield document, key
        if isinstance(document[key], (dict, list)):
            yield from _places(document[key])


def _broken(request: Mapping[str, Any], drawn: random.Random) -> bytes:
    """A request that is cut off, said twice, or has bytes changed."""
    body = json.dumps(request).encode()
    at = drawn.randrange(len(body))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: body[:at],
        lambda: body[:at] + bytes([drawn.randrange(256)]) + body[at + 1 :],
        lambda: body[:at] + drawn.randbytes(8) + body[at:],
        lambda: body + body,
        lambda: body[:-1] + b"," + body[1:],
        lambda: body.decode().encode("utf-16"),
        lambda: b"\xef\xbb\xbf" + body,
    )
    return drawn.choice(changes)()


def _no_request(_request: Mapping[str, Any], drawn: random.Random) -> bytes:
    """What is no request at all."""
    depth = drawn.choice((100, 1_000, 10_000, 50_000))
    bodies: tuple[bytes, ...] = (
        b"",
        b"null",
        b"\x00" * 100,
        drawn.randbytes(200),
        b"[" * depth,
        b'{"site":' * depth,
        b'{"site":' + b"[" * depth + b"]" * depth + b"}",
        drawn.choice(_FRAGMENTS).encode(),
        b'{"site":' + drawn.choice(_FRAGMENTS).encode() + b"}",
        b'{"tariff":' + drawn.choice(_FRAGMENTS).encode() + b',"meter":{},"timezone":"UTC"}',
        b"start,load_kw\n2026-07-15T00:00Z,1\n",
    )
    return drawn.choice(bodies)

"""One question to a server on the network: within a time, up to a size, and to the host that was named.

The limits hold for the whole answer, however slowly it comes. Redirects lead to the same host only. Secrets stay out of
messages and logs: a message names a host and a path, never the query.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from ridethrough.api.reading.price_sources.price_source import UnableToFetchPrices
from ridethrough.tariffs.documents.printable import printable

LONGEST_RETRY_AFTER = timedelta(days=1)
_MOST_REDIRECTS = 3
_QUOTED = 200
_TEXT = ("text/", "application/json", "application/xml", "application/problem+json")
_WAIT = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_LATER = "it is asked again"

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they write whole addresses, with the keys in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may take in all, and how large it may be when unpacked."""

    seconds: float = 30.0
    size_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of which server; `secrets` are the parts of it that no message repeats.

    With a `form` it is sent (POST), and a redirect is not followed: what it holds goes to this address only.
    `address_of` gives the address to connect to for a URL, or refuses it: so a name that was checked cannot lead
    elsewhere a moment later. Without it the system looks the name up.
    """

    source: str
    url: str
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    secrets: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    address_of: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    content: bytes


def fetch(request: Request, *, also: Collection[int] = ()) -> Answer:
    """Ask, and give the answer: one of status 200, or of a status in `also`.

    Raises `UnableToFetchPrices` for everything else.
    """
    try:
        response, content = asyncio.run(_asked(request))
    except TimeoutError as error:
        raise _unable(request, f"no whole answer within {request.limits.seconds:g} s", _LATER) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise _unable(request, f"no answer ({_shown(request, str(error) or type(error).__name__)})", _LATER) from error
    status = response.status_code
    if status == HTTPStatus.OK or status in also:
        return Answer(status=status, content=content)
    raise _refused(request, response, content)


async def _asked(request: Request) -> tuple[httpx.Response, bytes]:
    seconds = request.limits.seconds
    headers = {"Accept-Encoding": "gzip", "User-Agent": "ridethrough", **request.headers}
    async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds, follow_redirects=False) as client:
        form = None if request.form is None else dict(request.form)
        method = "GET" if form is None else "POST"
        asked = client.build_request(
            method, request.url, params=dict(request.query) or None, headers=headers, data=form
        )
        for _ in range(_MOST_REDIRECTS + 1):
            response = await client.send(_to_its_address(request, asked), stream=True)
            try:
                if response.next_request is None or form is not None:
                    return response, await _content(request, response)
                next_url = asked.url.join(response.headers["location"])
                _check_same_host(request, asked.url, next_url)
                asked = client.build_request("GET", next_url, headers=headers)
            finally:
                await response.aclose()
    raise _unable(request, f"more than {_MOST_REDIRECTS} redirects", "write the address that answers")


def _to_its_address(request: Request, asked: httpx.Request) -> httpx.Request:
    """The same request to the address that its host was found at; certificates are still those of the name."""
    if request.address_of is None:
        return asked
    url = asked.url.copy_with(host=request.address_of(str(asked.url)))
    extensions = {**asked.extensions, "sni_hostname": asked.url.host}
    return httpx.Request(asked.method, url, headers=asked.headers, stream=asked.stream, extensions=extensions)


async def _content(request: Request, response: httpx.Response) -> bytes:
    content, most = bytearray(), request.limits.size_bytes
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > most:
            raise _unable(request, f"the answer is larger than {most:,} bytes", "ask for a shorter time")
    return bytes(content)


def _check_same_host(request: Request, asked: httpx.URL, next_url: httpx.URL) -> None:
    if (asked.scheme, asked.host, asked.port) != (next_url.scheme, next_url.host, next_url.port):
        reason = f"the server sends to another host ({next_url.scheme}://{next_url.host})"
        raise _unable(request, reason, "write that address, if it is the right one: keys are not carried there")


def _refused(request: Request, response: httpx.Response, content: bytes) -> UnableToFetchPrices:
    status = response.status_code
    kind = response.headers.get("content-type", "")
    text = _shown(request, content[: 10 * _QUOTED].decode("utf-8", "replace")) if kind.startswith(_TEXT) else ""
    reason = f"the server answers {status}" + (f": {text}" if text else "")
    wait = retry_after(response.headers.get("retry-after"), request.now)
    if status in _WAIT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unable(request, reason, _LATER if wait is None else f"{_LATER} after {wait}", wait)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _unable(request, reason, "check the key of this source and what it may read")
    return _unable(request, reason, "check the address and the zone")


def retry_after(written: str | None, now: datetime) -> timedelta | None:
    """How long a server asks to wait (`Retry-After`: seconds or a date), at most a day; None where it does not say.

    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    """
    if written is None:
        return None
    text = written.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def _unable(request: Request, reason: str, remedy: str, wait: timedelta | None = None) -> UnableToFetchPrices:
    return UnableToFetchPrices(f"{request.source} ({_address(request)})", reason, remedy=remedy, retry_after=wait)


def _address(request: Request) -> str:
    """The host and the path: never the query, which may hold a key."""
    return _shown(request, request.url.split("?")[0].split("#")[0])


def _shown(request: Request, text: str) -> str:
    for secret in filter(None, request.secrets):
        text = text.replace(secret, "***")
    return " ".join(printable(text).split())[:_QUOTED]

"""Streams that keep pages up to date: every part that changed, and a sign of life where none did."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite
from ridethrough.api.http.dashboard.site_pages import SiteAsked
from ridethrough.api.pages.assets import PAGES_VERSION
from ridethrough.api.pages.frame import site_address
from ridethrough.store.database import UnableToStore

LOOKED_EVERY_S = 1.0
"""How soon a page shows what happened, and that its figures are old."""
STREAM_S = 300.0
"""A stream ends after this; the browser opens the next one."""
RETRY_MS = 1000
Version = Annotated[str, Query(alias="v", max_length=80)]
"""A parameter of a stream: the version of the page that listens."""
PartsStream = AsyncIterator[ServerSentEvent]


def live_address(asked: SiteAsked, path: str, **query: str) -> str:
    """The address of a stream of a site, for the pages of this version."""
    return f"{site_address(asked.stored.site_id, path)}?{urlencode({'v': PAGES_VERSION, **query})}"


async def stream_of(request: Request, parts_now: Callable[[], dict[str, str]], version: str) -> PartsStream:
    """Send the parts that changed; a page of another version, or whose key is not valid any more, loads again.

    The stream ends where the store does not answer: the page says that the link is lost, and asks again.
    """
    yield ServerSentEvent(event="alive", data="", retry=RETRY_MS)
    if version != PAGES_VERSION:
        yield ServerSentEvent(event="reload", data="")
        return
    sent: dict[str, str] = {}
    for _ in range(int(STREAM_S / LOOKED_EVERY_S)):
        try:
            if not await is_signed_in(request):
                yield ServerSentEvent(event="reload", data="")
                return
            parts = await run_in_threadpool(parts_now)
        except (UnableToStore, UnableToFindSite):
            return
        changed = {name: text for name, text in parts.items() if sent.get(name) != text}
        sent = parts
        yield ServerSentEvent(event="parts" if changed else "alive", raw_data=json.dumps(changed))
        await asyncio.sleep(LOOKED_EVERY_S)


async def is_signed_in(request: Request) -> bool:
    """Whether the key of a request is valid still.

    Raises `UnableToStore` where the store does not answer.
    """
    try:
        await request.app.state.access.caller_of(request)
    except HTTPException:
        return False
    return True

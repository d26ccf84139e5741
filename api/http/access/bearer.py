"""`Authorization: Bearer ...`: a key of the store, or a token of an identity provider.

A request without one, or with one that is not valid, is answered with 401 and `WWW-Authenticate`, always in the same
words: nobody learns whether a key is unknown, revoked or expired.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import CHALLENGE, Caller, address_of

LONGEST = 8192
"""A longer credential is not looked at."""
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)


class Verifier(Protocol):
    """Tells who shows a credential of one kind."""

    def takes(self, credential: str) -> bool:
        """Whether this is a credential of the kind."""

    def caller(self, credential: str, now: datetime) -> Caller | None:
        """Who shows it; None where it is not valid."""


class BearerAccess:
    """Access by what requests show: the first verifier that takes a credential decides."""

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        self._verifiers = tuple(verifiers)

    async def caller_of(self, request: Request) -> Caller:
        """The caller of a request.

        Raises `HTTPException` 401 where there is none, and 429 where the address has shown too many that are not valid.
        """
        credential = credential_of(request)
        if credential is None:
            raise HTTPException(401, "this asks for a key: send Authorization: Bearer KEY", headers=CHALLENGE)
        verifier = next((each for each in self._verifiers if each.takes(credential)), None)
        caller = None
        if verifier is not None:
            caller = await run_in_threadpool(verifier.caller, credential, request.app.state.clock())
        if caller is None:
            request.app.state.limits.count_failure(address_of(request))
            headers = {"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
            raise HTTPException(401, "the key is not valid", headers=headers)
        return caller


def credential_of(request: Request) -> str | None:
    """What a request shows, or None."""
    written = request.headers.getlist("authorization")
    if len(written) != 1 or len(written[0]) > LONGEST:
        return None
    found = _BEARER.fullmatch(written[0].strip())
    return None if found is None else found[1]

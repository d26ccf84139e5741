"""Tokens of an identity provider (OpenID Connect): who shows one, what it may do, and which sites it may ask about.

A token is a JWT that the issuer signed. Its claims say the rest:

| claim | says |
|---|---|
| `iss`, `aud`, `exp`, `sub` | the issuer, this service, until when, who: all are needed |
| `ridethrough_role` | `viewer`, `operator` or `admin`; without it a token is not valid |
| `ridethrough_sites` | a list of site ids, or `["*"]` for all; without it none |

The issuer's public keys (a JWK set) come from a file or a URL. Only asymmetric keys and their algorithms are taken.
"""

import json
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.domain import Fault, UnableToAccept

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
LEEWAY_S = 60
"""How far the issuer's clock and ours may be apart."""
LEAST_BETWEEN_READS = timedelta(seconds=60)
"""Keys are read again for a token that none of them signed, but no more often than this."""
ROLE_CLAIM = "ridethrough_role"
SITES_CLAIM = "ridethrough_sites"
ALL_SITES = "*"
_ASYMMETRIC = frozenset({"RSA", "EC", "OKP"})
_MOST_BYTES = 1024 * 1024
_FETCH_S = 5.0
_PARTS = 3


@dataclass(kw_only=True, slots=True)
class OidcTokens:
    """Verifies tokens of one issuer for one audience; `keys` is a path or a URL (http on this machine only)."""

    issuer: str
    audience: str
    keys: str
    _set: KeySet | None = None
    _read_at: datetime | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Refuse a place of keys that someone on the network could change on the way."""
        _check_place(self.keys)

    def takes(self, credential: str) -> bool:
        """Whether a credential has the three parts of a signed token."""
        return len(credential.split(".")) == _PARTS

    def caller(self, credential: str, now: datetime) -> Caller | None:
        """Who the issuer says shows the token; None where it is not valid."""
        claims = self._claims(credential, now)
        return None if claims is None else _caller(claims)

    def _claims(self, credential: str, now: datetime) -> Mapping[str, Any] | None:
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        for again in (False, True):
            try:
                token = jwt.decode(credential, self._key_set(now, again=again), algorithms=list(ALGORITHMS))
                registry.validate(token.claims)
            except (JoseError, ValueError):
                continue
            return token.claims
        return None

    def _key_set(self, now: datetime, *, again: bool) -> KeySet:
        """The issuer's keys: read where there are none, or `again`, where that is not too soon.

        Raises `ValueError` where there are none.
        """
        with self._reading:
            soon = self._read_at is not None and now - self._read_at < LEAST_BETWEEN_READS
            if not soon and (self._set is None or again):
                self._read_at = now
                self._set = read_key_set(self.keys)
            if self._set is None:
                raise ValueError("the issuer's keys could not be read")
            return self._set


def read_key_set(place: str) -> KeySet:
    """The asymmetric keys of a JWK set.

    Raises `ValueError` where it cannot be read, or has none.
    """
    try:
        if urlsplit(place).scheme in {"http", "https"}:
            with urllib.request.urlopen(place, timeout=_FETCH_S) as answer:  # noqa: S310 - the scheme is checked
                written = answer.read(_MOST_BYTES)
        else:
            written = Path(place).read_bytes()
        listed = json.loads(written)["keys"]
        keys = [each for each in listed if each.get("kty") in _ASYMMETRIC and "d" not in each]
        if not keys:
            raise ValueError(f"{place} has no public key")
        return KeySet.import_key_set({"keys": keys})
    except (OSError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise ValueError(f"{place} cannot be read as a JWK set: {error}") from error


def _check_place(place: str) -> None:
    parts = urlsplit(place)
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        allowed = "a file, an https URL, or an http URL of this machine"
        raise UnableToAccept([Fault(field="--oidc-keys", value=place, allowed=allowed)])


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _caller(claims: Mapping[str, Any]) -> Caller | None:
    """The caller that claims describe; None where they give no role, or are not written as they should be."""
    role, sites = claims.get(ROLE_CLAIM), claims.get(SITES_CLAIM, [])
    if role not in set(Role) or not isinstance(sites, list) or not all(isinstance(each, str) for each in sites):
        return None
    known = None if ALL_SITES in sites else frozenset(sites)
    return Caller(name=f"oidc:{claims['sub']}", role=Role(role), sites=known)

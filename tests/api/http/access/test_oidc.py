"""Tokens of an identity provider: an issuer of this test's own, on this machine."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from http_servers import Answering, served
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.oidc import OidcTokens
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.api.http.server import create_app
from ridethrough.domain import UnableToAccept

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
ISSUER, AUDIENCE = "http://127.0.0.1/issuer", "ridethrough"
FIRST = RSAKey.generate_key(2048, {"kid": "first"})
SECOND = ECKey.generate_key("P-256", {"kid": "second"})


class Issuer:
    """An identity provider that publishes its keys."""

    def __init__(self) -> None:
        self.keys: list[Any] = [FIRST]
        self.asked = 0
        issuer = self

        class _Handler(Answering):
            def do_GET(self) -> None:
                issuer.asked += 1
                self.answer(200, json.dumps(KeySet(issuer.keys).as_dict(private=False)).encode())

        self.handler = _Handler
        self.url = ""


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    with served(issuer.handler) as address:
        issuer.url = f"{address}/jwks"
        yield issuer


def token(key: Any = FIRST, algorithm: str = "RS256", **changes: Any) -> str:  # noqa: ANN401
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ann",
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
        "ridethrough_role": "operator",
        "ridethrough_sites": ["pod-1"],
        **changes,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid}, given, key, algorithms=[algorithm])


def signed_with_the_public_key(body: str) -> str:
    """A token whose signature takes the public key, which everyone has, for a shared secret."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=")
    signed = head + b"." + body.encode()
    signature = hmac.digest(FIRST.as_pem(private=False), signed, "sha256")
    return (signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def verifier(keys: str) -> OidcTokens:
    return OidcTokens(issuer=ISSUER, audience=AUDIENCE, keys=keys)


def test_a_token_says_who_asks_what_it_may_do_and_about_which_sites() -> None:
    with running_issuer() as issuer:
        tokens = verifier(issuer.url)
        ann = Caller(name="oidc:ann", role=Role.OPERATOR, sites=frozenset({"pod-1"}))
        assert tokens.caller(token(), NOW) == ann
        assert tokens.caller(token(aud=["other", AUDIENCE]), NOW) == ann
        everywhere = tokens.caller(token(ridethrough_sites=["*"]), NOW)
        assert everywhere is not None
        assert everywhere.sites is None
        nowhere = tokens.caller(token(ridethrough_sites=None), NOW)
        assert nowhere is not None
        assert nowhere.sites == frozenset()
        assert issuer.asked == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://127.0.0.1/other"},
        {"aud": "another service"},
        {"exp": int((NOW - timedelta(minutes=5)).timestamp())},
        {"nbf": int((NOW + timedelta(minutes=5)).timestamp())},
        {"iss": None},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"ridethrough_role": None},
        {"ridethrough_role": "owner"},
        {"ridethrough_sites": "pod-1"},
        {"ridethrough_sites": [1]},
    ],
    ids=str,
)
def test_a_token_whose_claims_are_not_right_is_not_valid(changes: dict[str, Any]) -> None:
    with running_issuer() as issuer:
        assert verifier(issuer.url).caller(token(**changes), NOW) is None


def test_a_token_that_the_issuer_did_not_sign_is_not_valid(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(KeySet([FIRST]).as_dict(private=False)))
    tokens = verifier(str(keys))
    head, body, signature = token().split(".")
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    assert tokens.caller(token(), NOW) is not None
    assert tokens.caller(token(stranger), NOW) is None
    assert tokens.caller(f"{head}.{body}.", NOW) is None
    assert tokens.caller(f"{head}.{token(ridethrough_role='admin').split('.')[1]}.{signature}", NOW) is None
    assert tokens.caller(signed_with_the_public_key(body), NOW) is None


def test_a_new_key_of_the_issuer_is_read_but_not_for_every_token() -> None:
    with running_issuer() as issuer:
        tokens = verifier(issuer.url)
        assert tokens.caller(token(), NOW) is not None
        issuer.keys.append(SECOND)
        rotated = token(SECOND, "ES256", exp=int((NOW + timedelta(hours=1)).timestamp()))
        assert [tokens.caller(rotated, NOW + timedelta(seconds=each)) for each in range(5)] == [None] * 5
        assert issuer.asked == 1
        assert tokens.caller(rotated, NOW + timedelta(seconds=61)) is not None
        assert issuer.asked == 2


def test_an_issuer_that_is_gone_lets_nobody_in(tmp_path: Path) -> None:
    assert verifier(str(tmp_path / "none.json")).caller(token(), NOW) is None
    shared = tmp_path / "shared.json"
    shared.write_text(json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "first"}]}))
    assert (
        verifier(str(shared)).caller(token(OctKey.import_key("secret-secret-secret", {"kid": "first"}), "HS256"), NOW)
        is None
    )


def test_keys_do_not_come_over_an_open_network() -> None:
    with pytest.raises(UnableToAccept, match="an https URL"):
        verifier("http://issuer.example.com/jwks")


def test_a_token_opens_a_route() -> None:
    with running_issuer() as issuer:
        app = create_app(access=BearerAccess([verifier(issuer.url)]))
        app.state.clock = lambda: NOW
        answers = [
            ask(app, "GET", "/v1/tariffs", headers={"authorization": f"Bearer {shown}"})
            for shown in (token(), token(exp=0), "no-token")
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert 'error="invalid_token"' in answers[1].headers["www-authenticate"]
    assert answers[1].json()["detail"] == answers[2].json()["detail"] == "the key is not valid"

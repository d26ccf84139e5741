"""The options by which `ridethrough serve` is told who may ask."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.api.http.access.bearer import Verifier
    from ridethrough.api.http.access.roles import Access
    from ridethrough.store.database import Database

NoAuthOption = Annotated[bool, typer.Option("--no-auth", help="Ask for no keys; on an address of this machine only.")]
IssuerOption = Annotated[
    str | None, typer.Option(metavar="URL", help="An identity provider whose tokens are taken as well (its `iss`).")
]
AudienceOption = Annotated[str, typer.Option(metavar="NAME", help="What its tokens call this service (their `aud`).")]
IssuerKeysOption = Annotated[str | None, typer.Option(metavar="FILE|URL", help="Its public keys, a JWK set.")]
LimitOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="How often one key may ask; an address may twice as often.")
]

REQUESTS_PER_MINUTE = 6000
"""What one key may ask: a hundred sites, each asked for its setpoints every second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """What is known of an identity provider, as options give it."""

    issuer: str | None
    audience: str
    keys: str | None


def access_of(host: str, store: "Database | None", provider: IdentityProvider, *, no_auth: bool) -> "Access":
    """Who may ask. The first start on a store prints an administrator's key.

    Raises `UnableToAccept` where others than this machine could ask without a key.
    """
    from ridethrough.api.http.access.bearer import BearerAccess  # noqa: PLC0415 - FastAPI is slow to load
    from ridethrough.api.http.access.roles import NoAuth  # noqa: PLC0415

    verifiers = _provider(provider)
    if no_auth or (store is None and not verifiers):
        _require_this_machine(host, no_auth=no_auth)
        return NoAuth()
    return BearerAccess([*_store_keys(store), *verifiers])


def _store_keys(store: "Database | None") -> "list[Verifier]":
    from ridethrough.api.http.access.store_keys import StoreKeys, first_key  # noqa: PLC0415

    if store is None:
        return []
    key = first_key(store, datetime.now(UTC))
    if key is not None:
        typer.echo(f"The first key of this store, an administrator's; it is shown only now:\n{key}")
    return [StoreKeys(store)]


def _provider(given: IdentityProvider) -> "list[Verifier]":
    if given.issuer is None and given.keys is None:
        return []
    if given.issuer is None or given.keys is None:
        field = "--oidc-issuer" if given.issuer is None else "--oidc-keys"
        raise UnableToAccept([Fault(field=field, value=None, allowed="given, both or neither of these two")])
    try:
        from ridethrough.api.http.access.oidc import OidcTokens  # noqa: PLC0415 - an optional library
    except ModuleNotFoundError as error:
        allowed = "left out without joserfc: pip install 'ridethrough[oidc]'"
        raise UnableToAccept([Fault(field="--oidc-issuer", value=given.issuer, allowed=allowed)]) from error
    return [OidcTokens(issuer=given.issuer, audience=given.audience, keys=given.keys)]


def _require_this_machine(host: str, *, no_auth: bool) -> None:
    try:
        is_this_machine = ip_address(host).is_loopback
    except ValueError:
        is_this_machine = host == "localhost"
    if not is_this_machine:
        way = "without --no-auth" if no_auth else "with --data DIR, so that keys are asked for"
        raise UnableToAccept([Fault(field="--host", value=host, allowed=f"127.0.0.1, or another {way}")])

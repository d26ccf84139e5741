"""`ridethrough serve`: plans, reserves, bills and tariffs over HTTP, and sites that are stored."""

import socket
from typing import Annotated

import typer

from ridethrough.api.commands.service.access_options import (
    REQUESTS_PER_MINUTE,
    AudienceOption,
    IdentityProvider,
    IssuerKeysOption,
    IssuerOption,
    LimitOption,
    NoAuthOption,
    access_of,
)
from ridethrough.api.commands.service.store_options import DatabaseOption, DataOption, store_of
from ridethrough.api.logs import LogFormat
from ridethrough.domain import Fault, UnableToAccept


def serve(  # noqa: PLR0917 - one parameter an option
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes solve.")] = 1,
    log_format: Annotated[LogFormat, typer.Option(help="How a line of the log is written.")] = LogFormat.TEXT,
    data: DataOption = None,
    database: DatabaseOption = None,
    no_auth: NoAuthOption = False,  # noqa: FBT002 - a flag
    requests_per_minute: LimitOption = REQUESTS_PER_MINUTE,
    oidc_issuer: IssuerOption = None,
    oidc_audience: AudienceOption = "ridethrough",
    oidc_keys: IssuerKeysOption = None,
) -> None:
    """Serve plans and reserves over HTTP, and with a place to keep them, sites that live."""
    from ridethrough.api.http.access.limits import Limits  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.api.http.running.serving import run  # noqa: PLC0415
    from ridethrough.api.http.server import create_app  # noqa: PLC0415

    _check_address(host, port)
    provider = IdentityProvider(issuer=oidc_issuer, audience=oidc_audience, keys=oidc_keys)
    with store_of(data, database) as store:
        access = access_of(host, store, provider, no_auth=no_auth)
        limits = Limits(requests_per_minute=requests_per_minute)
        app = create_app(workers=workers, access=access, limits=limits, store=store, with_jobs=True)
        run(app, host=host, port=port, workers=workers, log_format=log_format)


def _check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before any worker starts."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        allowed = f"an address that is free to listen on ({error.strerror})"
        raise UnableToAccept([Fault(field="--host and --port", value=f"{host}:{port}", allowed=allowed)]) from error

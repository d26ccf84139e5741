"""Where webhooks may go: the rule that keeps the service from being sent to what only it can reach.

A webhook goes by `https` to any address but these: loopback, link-local (where clouds keep their secrets), multicast,
reserved and unspecified ones. A service that only its own machine reaches also sends to loopback, and there by `http`.
The host's name is looked up when a message is sent, every address that it has must be allowed, and the connection is
made to the address that was checked. Redirects are not followed.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from ridethrough.domain import Fault, UnableToAccept

LONGEST_URL = 2000
_PORTS = {"https": 443, "http": 80}


class UnableToReach(RuntimeError):
    """A webhook's address is not one that messages are sent to, or is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A webhook's URL in its parts."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Take a URL apart.

    Raises `UnableToAccept` for one that no webhook can have.
    """
    allowed = "a URL such as https://example.com/hook, without user, password and fragment"
    fault = UnableToAccept([Fault(field="url", source="request", value=url[:100], allowed=allowed)])
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain:
        raise fault
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise fault from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise fault
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(
        scheme=parts.scheme, host=parts.hostname, port=_PORTS[parts.scheme] if port is None else port, path=path
    )


def check_target(target: Target, *, to_loopback: bool) -> None:
    """Refuse a URL that no message would be sent to, as far as that shows without looking up its name.

    Raises `UnableToAccept` with what to write instead.
    """
    try:
        address = ipaddress.ip_address(target.host)
    except ValueError:
        is_local = target.host == "localhost" or target.host.endswith(".localhost")
        refused = _refused_name(target, is_local=is_local, to_loopback=to_loopback)
    else:
        refused = _refused(target, address, to_loopback=to_loopback)
    if refused:
        raise UnableToAccept([Fault(field="url", source="request", value=target.host, allowed=refused)])


def address_of(target: Target, *, to_loopback: bool) -> str:
    """Look up the address to connect to.

    Raises `UnableToReach` where one of the host's addresses is not allowed, or it has none.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnableToReach("the host's name is not known") from error
    addresses = [str(each[4][0]) for each in found]
    for each in addresses:
        refused = _refused(target, ipaddress.ip_address(each.split("%")[0]), to_loopback=to_loopback)
        if refused:
            raise UnableToReach(f"the host's address is not {refused}")
    if not addresses:
        raise UnableToReach("the host has no address")
    return addresses[0]


def _refused_name(target: Target, *, is_local: bool, to_loopback: bool) -> str:
    if is_local:
        return "" if to_loopback else "a host that other machines reach: this service does not send to itself"
    return "" if target.scheme == "https" else "sent to by https"


def _refused(target: Target, address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, to_loopback: bool) -> str:
    """What an address would have to be; empty where it is allowed."""
    mapped = getattr(address, "ipv4_mapped", None)
    plain = address if mapped is None else mapped
    if plain.is_loopback:
        return "" if to_loopback else "one that other machines reach: this service does not send to itself"
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved:
        return "an address of one machine: not link-local, multicast, reserved or unspecified"
    return "" if target.scheme == "https" else "sent to by https"

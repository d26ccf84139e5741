"""Keys of sources, from the environment: sent to whom they are for, wherever a site's document leads.

Documents come from outside, also from an administrator of one site only. An address that a document names is sent a
key only where it is this machine, or a host that the environment of the service names.
"""

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from ridethrough.api.reading.price_sources.price_source import PriceQuestion, UnableToFetchPrices

HOSTS_NAME = "RIDETHROUGH_PRICE_KEY_HOSTS"
"""The variable with the hosts, separated by commas, that documents may lead a key to."""


def key_for(source: str, variable: str, url: str, question: PriceQuestion) -> str:
    """The key in a variable of the environment; empty where there is none.

    Raises `UnableToFetchPrices` where a document leads it to a host that it is not for.
    """
    key = os.environ.get(variable, "").strip()
    if not key or question.address_of is None:
        return key
    host = (urlsplit(url).hostname or "").lower()
    named = {each.strip().lower() for each in os.environ.get(HOSTS_NAME, "").split(",")}
    if host not in named and not _is_loopback(host):
        remedy = f"name the host in {HOSTS_NAME} of the service's environment, if the key is for it"
        raise UnableToFetchPrices(source, f"the key in {variable} is not sent to {host}", remedy=remedy)
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

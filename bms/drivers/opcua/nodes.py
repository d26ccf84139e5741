"""Nodes that a site file names, in the numbers that a server gives to namespaces in this session.

A server may number its namespaces otherwise when it starts again. `nsu=URI;...` names a namespace by its URI. One that
is named by its number (`ns=2;...`) must mean the same URI as in the first session: else another value would be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asyncua import ua
from asyncua.ua.uaerrors import UaError

NAMESPACES = ua.NodeId.from_string("i=2255")
"""Where a server lists its namespaces."""


@dataclass(slots=True, kw_only=True)
class Namespaces:
    """The URIs of a server's namespaces in their order: in the first session, and in the one of now."""

    first: Sequence[str] = ()
    now: Sequence[str] = field(default=())

    def begin(self, told: object) -> None:
        """Begin a session with what the server says; without a list of texts nothing is known."""
        known = isinstance(told, list) and all(isinstance(each, str) for each in told)
        self.now = tuple(told) if known and isinstance(told, list) else ()
        self.first = self.first or self.now

    def node(self, text: str) -> ua.NodeId:
        """The node of a text. Raises `UnableToFindNode`."""
        named = ua.NodeId.from_string(text)
        uri = getattr(named, "NamespaceUri", None)
        if uri is not None:
            if uri not in self.now:
                raise UnableToFindNode(f"the server has no namespace {uri}")
            return ua.NodeId.from_string(f"ns={self.now.index(uri)};{text.partition(';')[2]}")
        number = named.NamespaceIndex
        was, is_now = (spaces[number] if number < len(spaces) else "none" for spaces in (self.first, self.now))
        if was != is_now:
            raise UnableToFindNode(f"namespace {number} was {was} and is {is_now} now: write nsu={was};")
        return named


class UnableToFindNode(Exception):
    """It is not known which node of the server a text names."""


def is_node(text: str) -> bool:
    """Whether a text names a node, as `ns=2;s=UPS.StoredEnergy`, or `nsu=urn:maker:ups;s=UPS.StoredEnergy`.

    >>> is_node("ns=2;s=UPS.StoredEnergy"), is_node("nsu=urn:ups;i=1001"), is_node("i=2258"), is_node("UPS")
    (True, True, True, False)
    """
    try:
        node = ua.NodeId.from_string(text)
    except (UaError, ValueError, TypeError):
        return False
    elsewhere = getattr(node, "ServerIndex", None)
    named = getattr(node, "NamespaceUri", None) is not None
    return "=" in text and not elsewhere and (named or not node.is_null())


def nodes_of(texts: Mapping[str, str], namespaces: Namespaces) -> tuple[dict[str, ua.NodeId], dict[str, str]]:
    """The nodes of texts by name, and why others have none."""
    found, missing = {}, {}
    for name, text in texts.items():
        try:
            found[name] = namespaces.node(text)
        except UnableToFindNode as error:
            missing[name] = str(error)
    return found, missing

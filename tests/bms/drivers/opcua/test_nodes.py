"""Nodes by the number or the URI of their namespace, and values that a person set."""

import pytest
from asyncua import ua

from ridethrough.bms.drivers.opcua.link import _told
from ridethrough.bms.drivers.opcua.nodes import Namespaces, is_node, nodes_of

STANDARD, LOCAL = "http://opcfoundation.org/UA/", "urn:server"


def test_a_namespace_is_found_by_its_uri_in_every_session() -> None:
    spaces = Namespaces()
    for order in (["urn:a", "urn:b"], ["urn:b", "urn:a"], ["urn:b"]):
        spaces.begin([STANDARD, LOCAL, *order])
        found, missing = nodes_of({"load_kw": "nsu=urn:a;i=7", "mode": "i=2258"}, spaces)
        assert found["mode"] == ua.NodeId(2258)
        if "urn:a" in order:
            assert found["load_kw"] == ua.NodeId(7, 2 + order.index("urn:a"))
        else:
            assert missing == {"load_kw": "the server has no namespace urn:a"}


@pytest.mark.parametrize("now", [["urn:b", "urn:a"], ["urn:b"], []])
def test_a_number_that_means_another_uri_than_at_first_is_no_node(now: list[str]) -> None:
    spaces = Namespaces()
    spaces.begin([STANDARD, LOCAL, "urn:a"])
    assert not nodes_of({"load_kw": "ns=2;i=7"}, spaces)[1]
    spaces.begin([STANDARD, LOCAL, *now])
    found, missing = nodes_of({"load_kw": "ns=2;i=7"}, spaces)
    assert not found
    assert "write nsu=urn:a;" in missing["load_kw"]
    spaces.begin([STANDARD, LOCAL, "urn:a", "urn:new"])
    assert not nodes_of({"load_kw": "ns=2;i=7"}, spaces)[1]


@pytest.mark.parametrize("told", [None, 7, "urn:a", ["urn:a", 3]])
def test_a_server_that_does_not_tell_its_namespaces_is_read_by_number_alone(told: object) -> None:
    spaces = Namespaces()
    spaces.begin(told)
    found, missing = nodes_of({"load_kw": "ns=2;i=7", "mode": "nsu=urn:a;i=1"}, spaces)
    assert (set(found), set(missing)) == ({"load_kw"}, {"mode"})


def test_a_node_of_another_server_or_without_an_identifier_is_none() -> None:
    texts = ("srv=1;ns=2;i=4", "nsu=urn:a", "ns=2", "i=0", "")
    assert [is_node(text) for text in texts] == [False] * len(texts)


@pytest.mark.parametrize(
    ("status", "known"), [("Good", True), ("GoodClamped", True), ("GoodLocalOverride", False), ("Uncertain", False)]
)
@pytest.mark.parametrize("limits", [0x0, 0x400])
def test_a_value_that_a_person_set_is_not_known(status: str, limits: int, *, known: bool) -> None:
    code = ua.StatusCode(getattr(ua.StatusCodes, status) | limits)
    told = _told(ua.DataValue(ua.Variant(400.0), StatusCode=code))
    assert (told.value == 400.0, told.problem == "") == (known, known)

"""Values of BACnet points that are neither here nor there are not known, and no good word."""

import math

import pytest

from ridethrough.bms.drivers.bacnet.link import PRESENT_VALUE, STATUS_FLAGS
from ridethrough.bms.drivers.bacnet.points import BacnetPoints, Told
from ridethrough.domain import UpsMode

PLACE = "multi-state-value,1"


def told(name: str, value: object, flags: object = None) -> Told:
    values = {(PLACE, PRESENT_VALUE): value, (PLACE, STATUS_FLAGS): flags}
    return Told(points=BacnetPoints(objects={name: PLACE}), values=values)


@pytest.mark.parametrize("value", [2, -1, 0.5, math.nan, 10**400, "1", None])
def test_a_flag_of_many_states_is_neither_true_nor_false(value: object) -> None:
    """State 2 of a fault was read as no fault, and of an overload as none."""
    assert told("overloaded", value).flag("overloaded") is None
    assert told("fault", value).fault() == "not known"


@pytest.mark.parametrize(("value", "flag"), [(0, False), (1, True), (1.0, True)])
def test_a_flag_of_two_states_is_known_unless_the_device_doubts_it(value: float, flag: bool) -> None:  # noqa: FBT001
    assert told("overloaded", value).flag("overloaded") is flag
    assert told("overloaded", value, (0, 0, 0, 0)).flag("overloaded") is flag
    for doubted in ((0, 1, 0, 0), (0, 0, 0, 1)):
        assert told("overloaded", value, doubted).flag("overloaded") is None


def test_a_mode_between_two_is_none() -> None:
    assert told("mode", 1).mode() is UpsMode.NORMAL
    assert [told("mode", value).mode() for value in (1.9, 0.99, math.inf, 10**400, "1")] == [None] * 5

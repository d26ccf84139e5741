"""Whatever an MQTT device says, its message is a reading of what is known, or an error of the driver."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ridethrough.bms.drivers.driver import UnableToRead
from ridethrough.bms.drivers.mqtt.link import _object_of
from ridethrough.bms.drivers.mqtt.ups import _ups

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(stored=values, mode=values, fault=values)
@example(stored=10**400, mode="normal", fault=None)
def test_a_message_of_any_values_tells_numbers_or_nothing(stored: object, mode: object, fault: object) -> None:
    text = json.dumps({"stored_kwh": stored, "mode": mode, "fault": fault, "unit_stored_kwh": [stored]})
    ups = _ups(_object_of(text.encode(), "device"))
    number = isinstance(stored, int | float) and not isinstance(stored, bool) and abs(stored) < 1e308
    for told in (ups.stored_kwh, *ups.unit_stored_kwh):
        assert (told is not None and math.isfinite(told)) is (number and math.isfinite(stored))  # type: ignore[arg-type]
    assert (ups.mode is not None) is (mode in ("normal", "stored_energy", "bypass"))
    assert bool(ups.fault) is (fault is None or bool(fault))


@pytest.mark.parametrize("payload", [b"[" * 60_000, b"{", b"\xff", b"[]", b"7", b"9" * 5000, b" " * 70_000, "text", 7])
def test_what_is_no_object_is_an_error_of_the_driver(payload: object) -> None:
    with pytest.raises(UnableToRead):
        _object_of(payload, "device")

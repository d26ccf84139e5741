"""The conformance suite for drivers that only tell: without the tests of setpoints, which there are none of."""

from typing import Any

from driver_conformance import Bench, DriverConformance
from peer_relays import Relay

from ridethrough.bms.drivers.driver import Driver, system_clock


def relayed(driver: Driver, relay: Relay, **able: Any) -> Bench:  # noqa: ANN401 - what a bench can do
    """The bench of a device behind a relay, which stores 400 kWh and carries 400 kW."""
    ways = {"stall": relay.stall, "resume": relay.resume, "answer_late": relay.hold}
    return Bench(driver=driver, stored_kwh=400.0, load_kw=400.0, now=system_clock(), **{**ways, **able})


class TellingConformance(DriverConformance):
    """What is asked of every driver, less what is asked of those that dispatch."""

    test_a_setpoint_is_followed_and_read_back = None  # type: ignore[assignment]
    test_a_setpoint_takes_the_place_of_the_one_before = None  # type: ignore[assignment]
    test_release_returns_to_normal_operation_and_may_come_at_any_time = None  # type: ignore[assignment]
    test_a_setpoint_that_is_not_written_again_ends_by_itself = None  # type: ignore[assignment]
    test_writing_a_setpoint_again_starts_its_time_again = None  # type: ignore[assignment]
    test_a_device_that_reads_back_another_setpoint_is_not_believed = None  # type: ignore[assignment]
    test_a_refused_setpoint_is_an_error = None  # type: ignore[assignment]

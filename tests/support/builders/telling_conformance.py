"""The conformance suite for drivers that only tell: without the tests of setpoints, which there are none of."""

from driver_conformance import DriverConformance


class TellingConformance(DriverConformance):
    """What is asked of every driver, less what is asked of those that dispatch."""

    test_a_setpoint_is_followed_and_read_back = None  # type: ignore[assignment]
    test_a_setpoint_takes_the_place_of_the_one_before = None  # type: ignore[assignment]
    test_release_returns_to_normal_operation_and_may_come_at_any_time = None  # type: ignore[assignment]
    test_a_setpoint_that_is_not_written_again_ends_by_itself = None  # type: ignore[assignment]
    test_writing_a_setpoint_again_starts_its_time_again = None  # type: ignore[assignment]
    test_a_device_that_reads_back_another_setpoint_is_not_believed = None  # type: ignore[assignment]
    test_a_refused_setpoint_is_an_error = None  # type: ignore[assignment]

"""What a start loads does not delay a cycle."""

import gc

from ridethrough.bms.running import leave_start_uncollected


def test_what_a_start_loaded_is_not_looked_through_again() -> None:
    loaded = [[str(number)] for number in range(1000)]
    try:
        leave_start_uncollected()
        assert gc.get_freeze_count() > len(loaded)
        assert not any(each is loaded for each in gc.get_objects())
    finally:
        gc.unfreeze()

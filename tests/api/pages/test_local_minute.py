"""A minute on a site's clock, also where the clock is put forward or back."""

from datetime import UTC, datetime

import pytest

from ridethrough.api.pages.local_minute import local_minute

NEW_YORK = "America/New_York"


def test_a_minute_is_read_on_the_sites_clock_or_with_its_own_offset() -> None:
    assert local_minute("2026-07-14T14:30", NEW_YORK).at == datetime(2026, 7, 14, 18, 30, tzinfo=UTC)
    assert local_minute("2026-07-14T14:30+02:00", NEW_YORK).at == datetime(2026, 7, 14, 12, 30, tzinfo=UTC)


def test_a_minute_that_the_clock_shows_twice_is_both() -> None:
    found = local_minute("2026-11-01T01:30", NEW_YORK)
    assert found.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert found.again == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-03-08T02:30", "yesterday", "2026-13-01T00:00"])
def test_a_minute_that_never_was_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"never shows|is no time"):
        local_minute(written, NEW_YORK)

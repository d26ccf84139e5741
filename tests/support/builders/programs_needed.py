"""Programs that some tests need: skipped without them, with the reason, but never where all tests must run."""

import os
import shutil

import pytest

REQUIRED = os.environ.get("RIDETHROUGH_REQUIRE_SERVICES") == "1"


def needs(*names: str) -> tuple[str, pytest.MarkDecorator]:
    """The first of some programs that is there, and the mark for the tests that need it."""
    found = next((path for path in map(shutil.which, names) if path), None)
    reason = f"{' or '.join(names)} is not installed"
    return found or names[0], pytest.mark.skipif(found is None and not REQUIRED, reason=reason)

"""A controller that is killed leaves its equipment to its own watchdog, and the next one goes on."""

from pathlib import Path

import control_kills
import pytest


@pytest.mark.long
def test_equipment_returns_to_normal_and_the_next_controller_goes_on(tmp_path: Path) -> None:
    found = control_kills.run_kills(2, tmp_path)
    assert found.problems == []
    assert found.kills == 2
    assert found.in_discharge >= 1

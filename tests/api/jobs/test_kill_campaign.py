"""Processes that run jobs are killed. The long form: `python tests/support/campaigns/kill_campaign.py sqlite 1000`."""

from pathlib import Path

import pytest
from kill_campaign import campaign

KILLS = 7
NO_LONGER_THAN_S = 60.0


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_lose_no_job_show_none_half_and_leave_none_stuck(kind: str, tmp_path: Path) -> None:
    with campaign(kind, tmp_path, seed=KILLS, dead_after_s=1.5) as given:
        found = given.run(KILLS)
    assert sum(found.kills.values()) >= KILLS
    assert found.acknowledged > 0
    assert (found.lost, found.half, found.done) == ([], [], found.acknowledged), str(found)
    assert found.longest_still_s < NO_LONGER_THAN_S

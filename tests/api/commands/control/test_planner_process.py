"""A planner that is killed costs one plan, and no cycle of the loop after it."""

import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest

from ridethrough.api.commands.control.planner_process import PlannerProcess


def test_after_a_kill_the_next_plan_is_made_by_another_process() -> None:
    with PlannerProcess() as planner:
        first = planner.submit(os.getpid).result(timeout=60)
        with pytest.raises(BrokenProcessPool):
            planner.submit(os.kill, first, signal.SIGKILL).result(timeout=60)
        assert planner.submit(os.getpid).result(timeout=60) != first

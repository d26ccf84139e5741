"""A service that lives for months holds no more after each reading than before it."""

import os
import subprocess
import sys
from pathlib import Path

import held_memory
import pytest


@pytest.mark.long
def test_no_reading_leaves_anything_in_memory(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, held_memory.__file__, str(tmp_path)]
    ran = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr[-2000:]
    # What kept one piece of each reading would hold twice as many.
    assert int(ran.stdout) < held_memory.READINGS // 2

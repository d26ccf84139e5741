"""What has to last is counted while the machine sleeps too: a sleep is no clock that was set."""

import shutil
import subprocess
import sys
import time

import pytest

SLEPT_S = 3600
_AHEAD = "import time; from ridethrough.bms.steady_clock import counted_s; print(counted_s() - time.monotonic())"


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the system counts no time that it sleeps")
def test_the_time_that_a_machine_slept_has_passed() -> None:
    """In a namespace of time the count since the start is an hour ahead of that of the time awake."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    asked = [unshare, "--user", "--map-root-user", "--time", "--boottime", str(SLEPT_S), "--fork"]
    usable = subprocess.run([*asked, "true"], capture_output=True, check=False)
    if usable.returncode:
        pytest.skip(f"no namespace of time can be made here: {usable.stderr.decode()}")
    slept = float(subprocess.run([*asked, sys.executable, "-c", _AHEAD], capture_output=True, check=True).stdout)
    here = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    assert slept == pytest.approx(SLEPT_S + here, abs=1.0)

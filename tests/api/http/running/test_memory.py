"""Memory that is free goes back to the system."""

import asyncio
import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from ridethrough.api.http.running.memory import giving_memory_back

_MIB = 1 << 20


def resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(each for each in lines if each.startswith("RssAnon")).split()[1]) * 1024


@pytest.fixture
def libc() -> ctypes.CDLL:
    found = ctypes.CDLL(None)
    if not hasattr(found, "malloc_trim"):
        pytest.skip("this system's C library is not glibc")
    found.malloc.restype, found.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    found.free.argtypes = [ctypes.c_void_p]
    return found


def test_what_was_freed_is_given_back_while_the_event_loop_goes_on(libc: ctypes.CDLL) -> None:
    before = resident_bytes()
    pieces = [libc.malloc(4096) for _ in range(64 * _MIB // 4096)]
    above = libc.malloc(100_000)  # as long as it is used, the allocator keeps what lies below it
    for piece in pieces:
        ctypes.memset(piece, 1, 4096)
    for piece in pieces:
        libc.free(piece)
    if resident_bytes() < before + 32 * _MIB:
        pytest.skip("the allocator gave it back by itself")

    async def wait() -> None:
        async with giving_memory_back(every_s=0.01):
            while resident_bytes() > before + 16 * _MIB:  # noqa: ASYNC110 - nothing tells when the system took it
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(wait(), 60))
    libc.free(above)


ARENAS = """
import ctypes, sys, threading
from ridethrough.api.http.running.memory import share_one_arena

if sys.argv[1] == "one":
    assert share_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)

def allocate():
    together.wait()
    libc.malloc(100_000)
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def arenas(how: str, folder: Path) -> int:
    """How many arenas a process has whose threads have allocated at once."""
    report = folder / how
    subprocess.run([sys.executable, "-c", ARENAS, how, str(report)], check=True)
    return report.read_text().count("<heap nr=")


@pytest.mark.usefixtures("libc")
def test_all_threads_share_one_arena(tmp_path: Path) -> None:
    if arenas("many", tmp_path) == 1:
        pytest.skip("the environment allows one arena only")
    assert arenas("one", tmp_path) == 1

"""Memory that the service no longer uses, used again or given back to the system.

Requests are answered by many threads, and glibc's allocator keeps what they have freed, in up to eight arenas for each
core: a service under load seems to grow for minutes although it holds no more than before. The threads of Python take
turns, so that one arena is enough for them.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

EVERY_S = 15.0
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's `malloc.h`."""


def share_one_arena() -> bool:
    """Let all threads that start from now on allocate in one arena; whether this C library can be told so."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    return choose is not None and choose(_ARENA_MAX, 1) == 1


def give_back() -> bool:
    """Give free memory back; whether there was any. Other allocators do so by themselves: False."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and trim(ctypes.c_size_t(0)) == 1


@asynccontextmanager
async def giving_memory_back(every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Give free memory back now and then, beside what else the event loop does."""
    task = asyncio.create_task(_repeat(every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _repeat(every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        await asyncio.to_thread(give_back)

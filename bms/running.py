"""Runs a controller at its pace until it is told to stop, then leaves every device in normal operation."""

import asyncio
import gc
from collections.abc import Callable, Mapping

from ridethrough.bms.controller import Controller

_NOT_SOONER = 0.5
"""Of a cycle: a device that always says that something changed must not keep the others busy."""


def leave_start_uncollected() -> None:
    """Leave all that a start loaded out of the collections of garbage to come: one takes longer than a cycle may."""
    gc.collect()
    gc.freeze()


async def run(
    controller: Controller,
    stop: asyncio.Event,
    *,
    cycles: int | None = None,
    failed: Callable[[Exception], None],
) -> Mapping[str, str]:
    """Run cycles until `stop` is set, or so many; the answer names devices that could not be released, and why.

    A cycle that fails by an error of the program is told to `failed`, and the next one is tried: equipment returns to
    normal operation by itself where none succeeds. A cycle that takes too long delays the next one. Where a device says
    that something changed, the next one comes sooner, after half the time at least.
    """
    loop = asyncio.get_running_loop()
    done, starts_at = 0, loop.time()
    try:
        while not stop.is_set() and (cycles is None or done < cycles):
            try:
                await controller.cycle()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next cycle is tried
                failed(error)
            done += 1
            cycle_s = controller.equipment.cycle_s
            starts_at = max(starts_at + cycle_s, loop.time())
            if cycles is not None and done >= cycles:
                break
            await _first_of(stop, until=starts_at - _NOT_SOONER * cycle_s)
            await _first_of(stop, *controller.hints(), until=starts_at)
            starts_at = min(starts_at, loop.time())
    finally:
        kept = await controller.release()
        await controller.close()
    return kept


async def _first_of(*events: asyncio.Event, until: float) -> None:
    """Wait until one of some events is set, or the clock of the loop shows `until`."""
    left_s = until - asyncio.get_running_loop().time()
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, timeout=max(0.0, left_s), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

"""Runs a controller at its pace until it is told to stop, then leaves every device in normal operation."""

import asyncio
import gc
from collections.abc import Callable, Mapping

from ridethrough.bms.controller import Controller


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
    normal operation by itself where none succeeds. A cycle that takes too long delays the next one.
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
            starts_at = max(starts_at + controller.equipment.cycle_s, loop.time())
            if cycles is not None and done >= cycles:
                break
            try:
                async with asyncio.timeout_at(starts_at):
                    await stop.wait()
            except TimeoutError:
                continue
    finally:
        kept = await controller.release()
        await controller.close()
    return kept

"""The signals that end a command which runs until it is stopped: Ctrl-C, and what a supervisor sends."""

import asyncio
import signal


def stopped_by_signal() -> asyncio.Event:
    """An event that is set when one of the signals comes."""
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop

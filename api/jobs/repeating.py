"""Something that a thread does again and again."""

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class Repeating:
    """Calls `do` every `seconds`, and once at the start. An error is logged, and the next call comes all the same."""

    def __init__(self, name: str, seconds: float, do: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._do = do
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """End, after the call at work."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(grace_s)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._do()
            except Exception:  # noqa: BLE001 - it is tried again
                _LOG.exception("%s failed; it is tried again in %g s", self._name, self._seconds)
            self._ended.wait(self._seconds)

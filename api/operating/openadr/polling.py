"""Asks an OpenADR 3 server again and again, in a thread of its own that no cycle of a controller waits for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ridethrough.api.operating.openadr.client import OpenAdrClient, UnableToAskServer
from ridethrough.api.operating.openadr.events import GridEvent, read_events
from ridethrough.api.operating.openadr.known_events import KnownEvents
from ridethrough.api.reading.openadr_settings import OpenAdrSettings
from ridethrough.bms.steady_clock import counted_s
from ridethrough.operation.live.grid_signals import GridSignals

Tell = Callable[[str, str], None]
"""Told of what happened (`openadr_events`, `openadr_failed`, `openadr_unreadable`, `openadr_unknown`), and how."""
_GOODBYE_S = 1.0


@dataclass(slots=True, kw_only=True)
class OpenAdrPolling:
    """The events of one server; `signals` is what they ask for at a moment."""

    settings: OpenAdrSettings
    monotonic: Callable[[], float] = counted_s
    _known: KnownEvents = field(init=False)
    _said: list[tuple[str, str]] = field(default_factory=list)
    _before: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._known = KnownEvents(settings=self.settings, began_s=self.monotonic())

    def start(self) -> None:
        """Begin to ask."""
        self._thread = threading.Thread(target=self._run, name="openadr", daemon=True)
        self._thread.start()

    def signals(self, now: datetime) -> GridSignals:
        """What the grid asks for at a moment, by what is known; this never waits for the server."""
        with self._lock:
            return self._known.signals(now, self.monotonic())

    def told(self) -> list[tuple[str, str]]:
        """What happened since this was asked last."""
        with self._lock:
            said, self._said = self._said, []
        return said

    def stop(self) -> None:
        """Ask no more; a question under way ends with the process."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_GOODBYE_S)

    def _run(self) -> None:
        client = OpenAdrClient(self.settings)
        while not self._ended.is_set():
            try:
                events = read_events(client.events(), self.settings.meanings, self.settings.program)
            except UnableToAskServer as error:
                self._tell("openadr_failed", str(error))
            except Exception as error:  # noqa: BLE001 - whatever an answer brings about, the server is asked again
                self._tell("openadr_failed", f"{type(error).__name__}: {error}")
            else:
                with self._lock:
                    self._known.answer(events, self.monotonic())
                self._tell("openadr_failed", "")
                self._tell("openadr_unreadable", "; ".join(events.unreadable))
                self._tell("openadr_unknown", ", ".join(events.unknown))
                self._tell("openadr_events", "; ".join(map(_shown, events.asked)))
            self._ended.wait(self.settings.poll_s)

    def _tell(self, what: str, how: str) -> None:
        """Tell what is another than before."""
        if self._before.get(what, "") == how:
            return
        self._before[what] = how
        with self._lock:
            self._said.append((what, how))


def _shown(event: GridEvent) -> str:
    amount = "" if event.limit_kw is None else f" {event.limit_kw:,.0f} kW"
    return f"{event.name}: {event.meaning}{amount} from {event.start.isoformat()} to {event.end.isoformat()}"

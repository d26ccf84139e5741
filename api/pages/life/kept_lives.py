"""Lives of batteries that were asked for on a page: at work, answered or failed, of each site's version and day."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ridethrough.store.sites import StoredSite

MOST_KEPT = 32
"""So many lives are kept in memory: some 20 kB for each system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLife:
    """A life that was asked for at `began_at`: its document, or why there is none; without either it is at work.

    The first `days` of the site's series stand for a year.
    """

    began_at: datetime
    days: int
    document: Mapping[str, Any] | None = None
    failed: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def is_at_work(self) -> bool:
        """Whether it is being worked out."""
        return self.document is None and not self.failed


class KeptLives:
    """The lives last asked for, at most `MOST_KEPT` of them. Threads share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, KeptLife] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> KeptLife | None:
        """What is known of a life; None where nobody asked."""
        with self._lock:
            return self._kept.get(key)

    def begin(self, key: Hashable, now: datetime, days: int) -> bool:
        """Note that a life is being worked out; False where one is already, or where as many days are answered."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and (kept.is_at_work or (kept.document is not None and kept.days == days)):
                return False
            self._put(key, KeptLife(began_at=now, days=days))
            return True

    def end(self, key: Hashable, life: KeptLife) -> None:
        """Keep how the work ended."""
        with self._lock:
            self._put(key, life)

    def forget(self, key: Hashable) -> None:
        """The work was given up: a person may ask again."""
        with self._lock:
            self._kept.pop(key, None)

    def _put(self, key: Hashable, life: KeptLife) -> None:
        self._kept[key] = life
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def life_key(site: StoredSite, day: str) -> Hashable:
    """What names the life of a site's batteries: the version of the document, and the day from which lives count."""
    return site.site_id, site.version, site.recorded_at, day

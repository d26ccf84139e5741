"""What earlier readings of a site told of stored energy, kept in memory: a request reads only what came since the last.

Readings are never changed, and their ids rise as they are kept. So what this process has read stays true, and a reader
that sees an older moment leaves out the ids after its own.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from ridethrough.domain import Site
from ridethrough.domain.telemetry import CLOCK_TOLERANCE
from ridethrough.operation.live.energy_history import EnergyHistory, microseconds
from ridethrough.operation.live.stored_energy import counts_for
from ridethrough.store.database import sees_what_is_kept
from ridethrough.store.operating import telemetry
from ridethrough.store.operating.telemetry import StoredReading, ToldEnergies

MOST_SITES = 256
"""Of so many sites the readings that count are kept in memory; of others they are read each time."""
MOST_BYTES = 256 << 20
"""So much memory they take, of all sites of a database together; the site last asked for is always kept.

A reading takes 48 bytes for one system, and 24 for each further one, and 8 for each unit that is measured by itself.
"""

_MICROSECOND = timedelta(microseconds=1)
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Arrived:
    """Readings in the order in which they were kept: all that were measured since `since_us`, up to `last_id`."""

    since_us: int
    last_id: int
    ids: IntArray
    received_us: IntArray
    told: EnergyHistory

    @classmethod
    def of(cls, rows: Sequence[ToldEnergies], *, since_us: int, last_id: int) -> "_Arrived":
        return cls(
            since_us=since_us,
            last_id=last_id,
            ids=np.array([row.id for row in rows], dtype=np.int64),
            received_us=np.array([row.received_us for row in rows], dtype=np.int64),
            told=EnergyHistory.told_at([row.measured_us for row in rows], [row.ups for row in rows]),
        )

    def followed_by(self, later: "_Arrived") -> "_Arrived":
        return _Arrived(
            since_us=self.since_us,
            last_id=later.last_id,
            ids=np.concatenate([self.ids, later.ids]),
            received_us=np.concatenate([self.received_us, later.received_us]),
            told=self.told.followed_by(later.told),
        )

    @property
    def size_bytes(self) -> int:
        """The memory that the arrays take."""
        rows = sum(each.rows.nbytes for each in self.told.systems.values())
        return self.ids.nbytes + self.received_us.nbytes + self.told.measured_us.nbytes + rows

    def measured_since(self, since_us: int) -> "_Arrived":
        """These without what is no longer asked for, once that is the greater part."""
        places = np.flatnonzero(self.told.measured_us >= since_us)
        if 2 * len(places) > len(self.ids):
            return self
        told = self.told.at(places)
        ids, received_us = self.ids[places], self.received_us[places]
        return _Arrived(since_us=since_us, last_id=self.last_id, ids=ids, received_us=received_us, told=told)


class KeptHistories:
    """What is kept of the databases of this process, each with the sites last asked for."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Engine, OrderedDict[str, _Arrived]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, engine: Engine, site_id: str) -> _Arrived | None:
        """What is kept of a site; None for nothing."""
        with self._lock:
            return self._of.get(engine, OrderedDict()).get(site_id)

    def put(self, engine: Engine, site_id: str, arrived: _Arrived) -> None:
        """Keep what is read of a site, in place of what was."""
        with self._lock:
            sites = self._of.setdefault(engine, OrderedDict())
            sites[site_id] = arrived
            sites.move_to_end(site_id)
            size_bytes = sum(each.size_bytes for each in sites.values())
            while len(sites) > MOST_SITES or (size_bytes > MOST_BYTES and len(sites) > 1):
                _, forgotten = sites.popitem(last=False)
                size_bytes -= forgotten.size_bytes


KEPT = KeptHistories()


def history_before(
    connection: Connection,
    site: Site,
    last: StoredReading | None,
    *,
    now: datetime,
    after: datetime | None,
    known_id: int | None,
    in_the_past: bool,
) -> EnergyHistory:
    """What the readings before one told, as far back as they bound what can be stored by now, in order of their time.

    Only what was received until `now`, and not what was received until `after`, nor what was kept after the reading
    `known_id`. Of several readings of one time the last counts. A reading that was of the future when it was received
    does not; before a reading that is of the future itself there is none.
    """
    if last is None or last.measured_at > now + CLOCK_TOLERANCE:
        return EnergyHistory()
    since = last.measured_at - counts_for(site)
    arrived = _read(connection, last.site_id, since) if in_the_past else _recent(connection, last.site_id, since)
    measured_us, received_us = arrived.told.measured_us, arrived.received_us
    counts = (received_us <= microseconds(now)) & (measured_us <= received_us + CLOCK_TOLERANCE // _MICROSECOND)
    counts &= (measured_us >= microseconds(since)) & (measured_us < microseconds(last.measured_at))
    if known_id is not None:
        counts &= arrived.ids <= known_id
    if after is not None:
        counts &= received_us > microseconds(after)
    places = np.flatnonzero(counts)
    in_order = places[np.argsort(measured_us[places], kind="stable")]
    is_last = np.diff(measured_us[in_order], append=np.iinfo(np.int64).max) != 0
    return arrived.told.at(in_order[is_last])


def _read(connection: Connection, site_id: str, since: datetime) -> _Arrived:
    rows = telemetry.told_since(connection, site_id, since)
    last_id = telemetry.newest_id(connection, site_id)
    return _Arrived.of(rows, since_us=microseconds(since), last_id=last_id)


def _recent(connection: Connection, site_id: str, since: datetime) -> _Arrived:
    """The readings since a moment, and maybe more, of which only the new ones are read."""
    since_us, kept = microseconds(since), KEPT.get(connection.engine, site_id)
    if kept is None or kept.since_us > since_us:
        arrived = _read(connection, site_id, since)
    else:
        rows = telemetry.told_after(connection, site_id, kept.last_id)
        if not rows:
            return kept
        arrived = kept.followed_by(_Arrived.of(rows, since_us=kept.since_us, last_id=rows[-1].id))
        arrived = arrived.measured_since(since_us)
    if sees_what_is_kept(connection):
        KEPT.put(connection.engine, site_id, arrived)
    return arrived

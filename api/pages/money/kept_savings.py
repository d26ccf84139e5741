"""Savings of this month, worked out once an hour: they take seconds where readings come often."""

import threading
from collections import OrderedDict
from datetime import datetime

from ridethrough.api.cases.sites.savings_so_far import SavingsSoFar, savings_so_far
from ridethrough.store.database import Database

_MOST = 256
_Key = tuple[int, str, str]
_kept: OrderedDict[_Key, SavingsSoFar] = OrderedDict()
_lock = threading.Lock()


def known_savings(database: Database, site_id: str, now: datetime) -> SavingsSoFar | None:
    """The savings of this hour; None where they are not worked out yet."""
    with _lock:
        return _kept.get(_key(database, site_id, now))


def work_out_savings(database: Database, site_id: str, now: datetime) -> None:
    """Work out the savings of this hour, unless they are.

    Raises `UnableToFindSite` where there is no such site.
    """
    if known_savings(database, site_id, now) is not None:
        return
    with database.reading() as connection:
        found = savings_so_far(connection, site_id, now)
    with _lock:
        _kept[_key(database, site_id, now)] = found
        while len(_kept) > _MOST:
            _kept.popitem(last=False)


def _key(database: Database, site_id: str, now: datetime) -> _Key:
    return id(database), site_id, f"{now:%Y-%m-%dT%H}"

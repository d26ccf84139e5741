"""Keys of the store as credentials, and the first of them."""

import logging
import threading
from datetime import datetime, timedelta

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.api.operating.keys import make_key
from ridethrough.store.database import Database, UnableToStore
from ridethrough.store.keys import WRITTEN, StoredKey, has_keys, note_use, valid_key

NOTED_EVERY = timedelta(minutes=5)
"""How exactly the store knows when a key was last used: a write for every request would be too much."""
_LOG = logging.getLogger("ridethrough.keys")


class StoreKeys:
    """Verifies keys by the store, at every request: one that is revoked is refused at once, by every process."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self._noted: dict[str, datetime] = {}
        self._noting = threading.Lock()

    def takes(self, credential: str) -> bool:
        """Whether a credential is written as a key is."""
        return WRITTEN.fullmatch(credential) is not None

    def caller(self, credential: str, now: datetime) -> Caller | None:
        """Who shows a key; None where it is not valid.

        Raises `UnableToStore` where the store does not answer.
        """
        with self._store.reading() as connection:
            key = valid_key(connection, credential, now=now)
        if key is None:
            return None
        self._note(key, now)
        sites = None if key.site_id is None else frozenset({key.site_id})
        return Caller(name=f"key:{key.key_id}", role=Role(key.role), sites=sites, key_ends=key.expires_at)

    def _note(self, key: StoredKey, now: datetime) -> None:
        """Keep when the key was used, unless that was noted a little while ago."""
        with self._noting:
            last = self._noted.get(key.key_id, key.last_used_at)
            if last is not None and now - last < NOTED_EVERY:
                return
            self._noted[key.key_id] = now
        try:
            with self._store.writing() as connection:
                note_use(connection, key.key_id, now=now)
        except UnableToStore as error:
            _LOG.warning("the use of the key %s was not noted: %s", key.key_id, error)


def first_key(store: Database, now: datetime) -> str | None:
    """An administrator's key for a store that never had one; None where it had."""
    with store.writing() as connection:
        if has_keys(connection):
            return None
        _, written = make_key(connection, role=Role.ADMIN.value, site_id=None, who="first start", now=now)
    return written

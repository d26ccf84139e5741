"""Keys that are made and revoked: each in the journal of its site, or of the service where it is for all sites."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ridethrough.api.operating.telling import tell
from ridethrough.store.keys import StoredKey, create_key, key_of_id, key_with_those_it_made, keys_of_site, revoke_key
from ridethrough.store.operating import journal

COMMAND_LINE = "command line"
"""Who makes and revokes keys by `ridethrough key`."""


def make_key(
    connection: Connection,
    *,
    role: str,
    site_id: str | None,
    who: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[StoredKey, str]:
    """Make a key, and give it: it cannot be read again."""
    made, written = create_key(connection, role=role, site_id=site_id, now=now, expires_at=expires_at, made_by=who)
    _note(connection, "key_created", made, who=who, now=now)
    return made, written


def end_key(
    connection: Connection, key_id: str, *, who: str, now: datetime, keep_made: bool = False
) -> tuple[StoredKey, ...]:
    """Revoke a key, and unless they are to stay the keys that it made, those that these made, and so on.

    Gives the keys that are revoked now; none where there is no such key, or it was revoked before.
    """
    key = key_of_id(connection, key_id)
    if key is None or key.revoked_at is not None:
        return ()
    made = () if keep_made else key_with_those_it_made(connection, key)[1:]
    return _end(connection, (key,), who=who, now=now) + _end(
        connection, made, why=f"the key {key_id} was revoked, and this one comes from it", who=who, now=now
    )


def end_keys_of_site(
    connection: Connection, site_id: str, *, who: str, now: datetime, made_before: datetime | None = None
) -> tuple[StoredKey, ...]:
    """Revoke the keys of a site that is deleted, so that they do not open a later site of the same id.

    Nobody reads the journal of a site that is not there: each is in the journal of the service as well.
    """
    found = [each for each in keys_of_site(connection, site_id) if made_before is None or each.created_at < made_before]
    why = f"the site {site_id} was deleted"
    ended = _end(connection, found, why=why, who=who, now=now)
    for each in ended:
        detail = {**_about(each), "site_id": site_id, "why": why}
        journal.write(connection, journal.SERVICE, who=who, what="key_revoked", now=now, detail=detail)
    return ended


def key_document(key: StoredKey) -> dict[str, Any]:
    """A key without its secret."""
    times = {
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
    written = {name: None if time is None else time.isoformat(timespec="seconds") for name, time in times.items()}
    return {
        "id": key.key_id,
        "prefix": key.prefix,
        "role": key.role,
        "site_id": key.site_id,
        "made_by": key.made_by,
        **written,
    }


def _end(
    connection: Connection, keys: Iterable[StoredKey], *, who: str, now: datetime, why: str | None = None
) -> tuple[StoredKey, ...]:
    """Revoke those keys that are not revoked yet, and write each in the journal."""
    ended = tuple(each for each in keys if revoke_key(connection, each.key_id, now=now))
    for each in ended:
        _note(connection, "key_revoked", each, who=who, now=now, why=why)
    return ended


def _note(
    connection: Connection, what: str, key: StoredKey, *, who: str, now: datetime, why: str | None = None
) -> None:
    detail = _about(key) if why is None else {**_about(key), "why": why}
    if key.site_id is None:
        journal.write(connection, journal.SERVICE, who=who, what=what, now=now, detail=detail)
    else:
        tell(connection, key.site_id, what, detail, who=who, now=now)


def _about(key: StoredKey) -> dict[str, Any]:
    ends = None if key.expires_at is None else key.expires_at.isoformat(timespec="seconds")
    return {"id": key.key_id, "role": key.role, "expires_at": ends}

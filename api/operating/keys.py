"""Keys that are made and revoked: each in the journal of its site, or of the service where it is for all sites."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ridethrough.api.operating.telling import tell
from ridethrough.store.keys import StoredKey, create_key, key_of_id, revoke_key
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
    made, written = create_key(connection, role=role, site_id=site_id, now=now, expires_at=expires_at)
    _note(connection, "key_created", made, who=who, now=now)
    return made, written


def end_key(connection: Connection, key_id: str, *, who: str, now: datetime) -> bool:
    """Revoke a key; False where there is no such key, or it was revoked before."""
    key = key_of_id(connection, key_id)
    if key is None or not revoke_key(connection, key_id, now=now):
        return False
    _note(connection, "key_revoked", key, who=who, now=now)
    return True


def key_document(key: StoredKey) -> dict[str, Any]:
    """A key without its secret."""
    times = {
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
    written = {name: None if time is None else time.isoformat(timespec="seconds") for name, time in times.items()}
    return {"id": key.key_id, "prefix": key.prefix, "role": key.role, "site_id": key.site_id, **written}


def _note(connection: Connection, what: str, key: StoredKey, *, who: str, now: datetime) -> None:
    ends = None if key.expires_at is None else key.expires_at.isoformat(timespec="seconds")
    detail = {"id": key.key_id, "role": key.role, "expires_at": ends}
    if key.site_id is None:
        journal.write(connection, journal.SERVICE, who=who, what=what, now=now, detail=detail)
    else:
        tell(connection, key.site_id, what, detail, who=who, now=now)

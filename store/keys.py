"""Keys of the HTTP service: what each may do, and whether it is still valid. The keys themselves are not kept.

A key is `rt_ID_SECRET`: an id to find it by, and 256 random bits. Kept is the SHA-256 of the whole key. A slow hash
(Argon2, scrypt) protects passwords that people make up, because those can be guessed. 256 random bits cannot be, and a
slow hash for every request would let anyone keep the service busy with wrong keys.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Row, String, Table, func, insert, select, update

from ridethrough.store.schema import METADATA, microseconds, moment
from ridethrough.store.sites import LONGEST_ID

KEYS = Table(
    "keys",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("role", String(20), nullable=False),
    Column("site_id", String(LONGEST_ID)),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("made_by", String(200)),
)
WRITTEN = re.compile(r"rt_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
"""How a key is written."""
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key without its secret; `site_id` is the one site that it is for, None for all.

    `made_by` is the caller that made it; None where a process of a version that did not keep it did.
    """

    key_id: str
    role: str
    site_id: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    made_by: str | None

    @property
    def caller_name(self) -> str:
        """Who asks, where this key is shown: what `made_by` and the journal say."""
        return f"key:{self.key_id}"

    @property
    def prefix(self) -> str:
        """How the key begins: what those who hold it can tell it by."""
        return f"rt_{self.key_id}_"

    def is_valid(self, now: datetime) -> bool:
        """Whether the key opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create_key(
    connection: Connection,
    *,
    role: str,
    site_id: str | None,
    now: datetime,
    expires_at: datetime | None = None,
    made_by: str | None = None,
) -> tuple[StoredKey, str]:
    """Make a key, and give it: this is the only time that it can be read. Without `expires_at` it never runs out."""
    key_id = secrets.token_hex(6)
    written = f"rt_{key_id}_{secrets.token_urlsafe(32)}"
    row = {"key_id": key_id, "role": role, "site_id": site_id, "created_at": microseconds(now), "made_by": made_by}
    ends = None if expires_at is None else microseconds(expires_at)
    made = insert(KEYS).values(**row, expires_at=ends, sha256=_sha256(written)).returning(KEYS)
    return _key(connection.execute(made).one()), written


def valid_key(connection: Connection, written: str, *, now: datetime) -> StoredKey | None:
    """The key that was written, unless there is none such, it is revoked or it has run out.

    The time that this takes does not tell how much of a key is right, nor whether its id is.
    """
    found = WRITTEN.fullmatch(written)
    row = connection.execute(select(KEYS).where(KEYS.c.key_id == found[1])).one_or_none() if found else None
    is_right = hmac.compare_digest(_NOBODY if row is None else row.sha256, _sha256(written))
    key = _key(row) if row is not None and is_right else None
    return key if key is not None and key.is_valid(now) else None


def list_keys(connection: Connection) -> tuple[StoredKey, ...]:
    """Every key that was made, also those revoked, the oldest first."""
    rows = connection.execute(select(KEYS).order_by(KEYS.c.created_at, KEYS.c.key_id))
    return tuple(_key(row) for row in rows)


def key_of_id(connection: Connection, key_id: str) -> StoredKey | None:
    """A key by its id, also one that is revoked."""
    row = connection.execute(select(KEYS).where(KEYS.c.key_id == key_id)).one_or_none()
    return None if row is None else _key(row)


def key_with_those_it_made(connection: Connection, key: StoredKey) -> tuple[StoredKey, ...]:
    """A key, the keys that it made, those that these made, and so on: each after the one that made it."""
    found, seen = [key], {key.key_id}
    for maker in found:
        rows = connection.execute(select(KEYS).where(KEYS.c.made_by == maker.caller_name).order_by(KEYS.c.created_at))
        made = [each for each in map(_key, rows) if each.key_id not in seen]
        found += made
        seen.update(each.key_id for each in made)
    return tuple(found)


def keys_of_site(connection: Connection, site_id: str) -> tuple[StoredKey, ...]:
    """The keys that are for one site, also those revoked, the oldest first."""
    mine = select(KEYS).where(KEYS.c.site_id == site_id)
    return tuple(_key(row) for row in connection.execute(mine.order_by(KEYS.c.created_at, KEYS.c.key_id)))


def has_keys(connection: Connection) -> bool:
    """Whether a key was ever made."""
    return bool(connection.execute(select(func.count()).select_from(KEYS)).scalar_one())


def revoke_key(connection: Connection, key_id: str, *, now: datetime) -> bool:
    """Let a key be valid no longer; False where there is no such key, or it was revoked before."""
    wanted = (KEYS.c.key_id == key_id) & KEYS.c.revoked_at.is_(None)
    return connection.execute(update(KEYS).where(wanted).values(revoked_at=microseconds(now))).rowcount == 1


def note_use(connection: Connection, key_id: str, *, now: datetime) -> None:
    """Keep when a key was used."""
    connection.execute(update(KEYS).where(KEYS.c.key_id == key_id).values(last_used_at=microseconds(now)))


def _sha256(written: str) -> str:
    return hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> StoredKey:
    return StoredKey(
        key_id=row.key_id,
        role=row.role,
        site_id=row.site_id,
        created_at=moment(row.created_at),
        expires_at=_moment(row.expires_at),
        last_used_at=_moment(row.last_used_at),
        revoked_at=_moment(row.revoked_at),
        made_by=row.made_by,
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)

"""What those who run the service are answered."""

from pydantic import AwareDatetime, Field

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.schemas.schema import Schema


class SolversAnswer(Schema):
    """Processes that solve."""

    total: int
    idle: int


class HealthAnswer(Schema):
    """The service answers."""

    status: str
    solvers: SolversAnswer


class ReadinessAnswer(Schema):
    """The service can do its work."""

    status: str
    checks: dict[str, str] = Field(description="`ok`, or what is wrong, part by part.")


class VersionAnswer(Schema):
    """What answers."""

    version: str
    python: str
    solver: str


class KeyAnswer(Schema):
    """A key without its secret."""

    id: str
    prefix: str = Field(description="How the key begins, to tell it by.")
    role: Role
    site_id: str | None = Field(description="The one site that it is for; null for all.")
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None = Field(description="To within five minutes.")
    revoked_at: AwareDatetime | None
    made_by: str | None = Field(description="Who made it, as the journal names callers; null where it is not known.")


class NewKeyAnswer(KeyAnswer):
    """A key that was made: it cannot be read again."""

    key: str


class KeysAnswer(Schema):
    """Keys, the oldest first."""

    keys: list[KeyAnswer]


class KeysRevoked(Schema):
    """What a revocation ended."""

    revoked: list[str] = Field(description="The ids: the key itself, and after it the keys that it made, in chain.")

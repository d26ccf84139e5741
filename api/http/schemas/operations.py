"""What those who run the service are answered."""

from pydantic import Field

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

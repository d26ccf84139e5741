"""Certificates and reserves, as they are answered."""

from pydantic import AwareDatetime, Field

from ridethrough.api.http.schemas.schema import Schema


class WorstOutage(Schema):
    """The outage with the least margin."""

    ups: str
    start: AwareDatetime
    failed_units: int
    margin_s: float = Field(description="Seconds beyond the policy; negative where the load is lost too early.")


class CertificateAnswer(Schema):
    """The proof by replay that every outage is ridden through."""

    certified: bool
    outages_replayed: int
    failures: int = Field(description="Outages that lose the load too early.")
    worst_ride_through_s: float | None
    required_s: float | None
    worst_outage: WorstOutage
    violations: list[str] = Field(description="Limits that the plan breaks, and statements that are not so.")
    assumes: list[str] = Field(description="What is taken for given and was not measured.")
    not_checked: list[str] = Field(description="What could not be checked; then nothing is certified.")
    issued_at: AwareDatetime | None
    expires_at: AwareDatetime
    site_sha256: str | None
    state_sha256: str | None
    plan_sha256: str | None


class UpsReserve(Schema):
    """The reserve of one UPS system. A figure that is not finite is null."""

    id: str
    feasible: bool = Field(description="Whether full batteries hold the reserve.")
    reserve_fraction: float | None = Field(description="Of today's capacity, also above 1.")
    reserve_kwh: float | None = Field(description="The floor under stored energy, DC.")
    need_kwh: float | None = Field(description="Energy that the protected load takes, DC.")
    tradable_kwh: float | None
    tradable_ac_kwh: float | None
    ride_through_s: float | None = Field(description="Of full batteries, the worst tolerated failure.")
    required_s: float | None
    recharge_h: float | None
    recharge_on_generator_h: float | None
    binding: str = Field(description="The limit that decides.")
    policy: str
    build_up_s: dict[str, float]
    loss_probability: float | None
    losses_per_year: float | None
    protected_load_kw: float
    c_rate: float | None
    usable_fraction: float | None
    deficit_kwh: float | None
    deficit_s: float | None
    notes: list[str]


class ReserveAnswer(Schema):
    """The reserve of every UPS system."""

    ups: list[UpsReserve]

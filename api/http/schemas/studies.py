"""Studies, as they are answered."""

from typing import Any

from pydantic import Field

from ridethrough.api.http.schemas.bills import BillAnswer
from ridethrough.api.http.schemas.schema import Schema


class Savings(Schema):
    """Savings: what is on the bill, and stored energy, less wear."""

    total: float
    on_the_bill: float
    energy: float
    demand: float
    coincident: float
    export: float
    other: float
    stored: float
    wear: float


class Figure(Schema):
    """A value, or null and the reason."""

    value: float | None
    reason: str


class StudyCertificate(Schema):
    """Outages replayed against the closed loop."""

    certified: bool
    plans: int
    plans_certified: int
    plans_by_status: dict[str, int]
    outages_replayed: int
    failures: int
    worst_ride_through_s: float | None
    required_s: float | None
    violations: list[str]


class Verdict(Schema):
    """Whether to trade, and why."""

    worthwhile: bool
    reason: str


class StudiedPeriod(Schema):
    """One billing period."""

    period: str
    whole: bool
    baseline_total: float
    total: float
    savings: Savings


class StudiedUps(Schema):
    """What one UPS system did."""

    id: str
    throughput_kwh: float
    equivalent_full_cycles: float
    life_used: Figure
    stored_at_end_kwh: float


class StudyAnswer(Schema):
    """What trading would have saved, in a closed loop."""

    site_id: str
    information: str
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    replanned_every_h: float
    tariff: str
    currency: str
    years: float
    savings: Savings
    annual_savings: float | None
    annual_unknown: str
    baseline_bill: BillAnswer
    bill: BillAnswer
    capture_ratio: float | None
    capture_unknown: str
    ceiling: Savings | None
    certificate: StudyCertificate
    verdict: Verdict
    marginal: dict[str, Figure] | None
    periods: list[StudiedPeriod]
    ups: list[StudiedUps]
    range_of_year: dict[str, Any] | None
    cash_flow: dict[str, Any] | None
    net_present_value_range: dict[str, Any] | None
    tornado: list[dict[str, Any]]
    assumptions: list[str]
    warnings: list[str]
    sources: dict[str, str]

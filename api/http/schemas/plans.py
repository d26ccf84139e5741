"""Plans, as they are answered."""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from ridethrough.api.http.schemas.certificates import CertificateAnswer
from ridethrough.api.http.schemas.schema import Schema
from ridethrough.domain.plan import PlanStatus


class Does(StrEnum):
    """What batteries do in a block of a plan."""

    CHARGE = "charge"
    DISCHARGE = "discharge"
    REST = "rest"


class PlannedHorizon(Schema):
    """The planned day, `[start, end)`."""

    start: AwareDatetime
    end: AwareDatetime
    interval_minutes: int


class Cost(Schema):
    """What the planned time costs."""

    total: float
    energy: float
    demand: float
    coincident: float
    minimum: float
    wear: float


class Inputs(Schema):
    """What a plan was made from."""

    sha256: str
    given: list[str]
    defaulted: dict[str, Any]
    imputed: dict[str, str]
    assumed: list[str]


class Action(Schema):
    """A block of the plan, as a person reads it out."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    does: Does
    kw: float = Field(description="Mean, at the meter.")
    why: str


class UpsInterval(Schema):
    """One UPS system in one interval. Battery powers are DC and at least 0."""

    id: str
    load_kw: float
    charge_kw: float
    discharge_kw: float
    stored_kwh: float = Field(description="At the end of the interval.")
    reserve_kwh: float | None = Field(description="At the end of the interval.")
    ride_through_s: float | None


class PlannedInterval(Schema):
    """One interval of a plan."""

    start: AwareDatetime
    price_per_kwh: float
    grid_kw: float = Field(description="Import at the meter; negative is export.")
    baseline_grid_kw: float = Field(description="The same with every battery at rest.")
    grid_target_kw: float | None = Field(description="The level that the meter stays below.")
    ups: list[UpsInterval]


class PlanAnswer(Schema):
    """A dispatch plan. Trade only by one without alarms."""

    site_id: str
    status: PlanStatus
    alarms: list[str] = Field(description="Why this is no plan to trade by; empty for every other.")
    issued_at: AwareDatetime
    currency: str
    horizon: PlannedHorizon
    cost: Cost
    baseline_cost: Cost
    savings: float
    certificate: CertificateAnswer
    warnings: list[str]
    inputs: Inputs
    month_to_date: dict[str, Any] = Field(description="`source`, and the peak of each charge so far.")
    actions: list[Action]
    conditions: list[dict[str, Any]] = Field(description="Storms, alerts and tests, each with its hold-off and ramp.")
    small_blocks: list[dict[str, Any]]
    optimality: dict[str, Any] | None = Field(description="How the solver knows that there is no better plan.")
    timing_ms: dict[str, float]
    stored_at_start_kwh: dict[str, float]
    intervals: list[PlannedInterval]

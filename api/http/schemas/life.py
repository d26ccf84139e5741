"""Trade against life, as it is answered."""

from datetime import date

from pydantic import Field

from ridethrough.api.http.schemas.schema import Schema


class LifePoint(Schema):
    """Trading at one price of a life."""

    life_price_per_kwh: float | None = Field(description="Per kWh of nominal energy; null where nothing is traded.")
    saved_per_year: float = Field(description="On the bill.")
    full_cycles_per_year: float
    life_years: float = Field(description="Until a reserve no longer fits, in the system where that comes first.")
    reserve_fits_until: date | None = Field(description="Null beyond 25 years.")
    worn_per_year: float = Field(description="A new battery's cost over the years that this one lasts.")
    net_per_year: float = Field(description="The saving less the new battery's cost.")
    recommended: bool


class LifeYear(Schema):
    """A system after so many years at the recommended price."""

    after_years: int
    state_of_health: float
    tradable_kwh: float
    reserve_fraction: float
    feasible: bool = Field(description="Whether full batteries hold the reserve.")


class SystemLife(Schema):
    """The life of one system at the recommended price."""

    id: str
    reserve_fits_until: date | None
    end_of_life: date | None
    years: list[LifeYear]


class RecommendedLife(LifePoint):
    """The point to take, and why."""

    why: str
    scarcity_cost_per_kwh: float | None = Field(description="For the wear model; null where nothing is traded.")
    order_by: date | None = Field(description="The last day of an order of new batteries.")
    ups: list[SystemLife]


class LeastLife(LifePoint):
    """The least price with which batteries last until a replacement can be had, and its parts beside a new battery."""

    lost_window_per_kwh: float = Field(description="For the trading that a smaller battery loses.")
    waiting_per_kwh: float = Field(description="For waiting for new batteries.")


class RestBelowFull(Schema):
    """A system that gains life by resting below full."""

    id: str
    max_fraction: float
    state_of_health_after_10_years: float
    at_full: float


class YearCertificate(Schema):
    """A day's plan with the capacity that is left after so many years, certified or not."""

    after_years: int
    state_of_health: dict[str, float] = Field(description="Of each system's batteries then.")
    certified: bool
    outages_replayed: int
    worst_ride_through_s: float | None
    required_s: float


class LifeAnswer(Schema):
    """What trading costs in battery life, which price of a life suits the site, and when to order new batteries."""

    site_id: str
    currency: str
    first: date = Field(alias="from", description="The day from which lives count.")
    points: list[LifePoint]
    recommended: RecommendedLife
    lasts_from: LeastLife | None = Field(description="Null where they last at a fair price, or with no trading.")
    rest_below_full: list[RestBelowFull]
    assumes: list[str] = Field(description="What is taken for given.")
    curve_doubts: list[str] = Field(description="Why the curve, and what it recommends, may be of these days only.")
    doubts: list[str] = Field(description="The same, and conditions outside the tests of the fade laws.")
    certificates: list[YearCertificate]

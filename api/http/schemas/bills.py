"""Bills and tariffs, as they are answered."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, Field

from ridethrough.api.http.schemas.schema import Schema


class BillLine(Schema):
    """A line of a bill: quantity times rate is the amount."""

    charge: str = Field(description="The kind: energy, demand, coincident, fixed, minimum, export or another.")
    name: str
    quantity: float
    unit: str
    rate: float
    amount: float


class BillPeriod(Schema):
    """A billing period, or the part of it that the series covers."""

    start: AwareDatetime
    end: AwareDatetime
    total: float
    energy_kwh: float
    peaks_kw: dict[str, float]
    lines: list[BillLine]


class NotPriced(Schema):
    """A charge of the tariff that no line covers."""

    field: str
    reason: str


class BillAnswer(Schema):
    """An exact bill."""

    currency: str
    total: float
    periods: list[BillPeriod]
    not_priced: list[NotPriced]
    warnings: list[str]


class TariffListed(Schema):
    """One tariff of the catalog, in a line."""

    name: str
    title: str
    utility: str
    currency: str
    effective_from: str | None
    effective_until: str | None


class TariffsAnswer(Schema):
    """The tariffs of the catalog."""

    tariffs: list[TariffListed]


class TariffAnswer(Schema):
    """A tariff as native YAML says it; a field that it does not use is not there."""

    name: str
    utility: str | None = None
    source: str | None = None
    description: str | None = None
    currency: str | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    schedules: dict[str, Any] = Field(default_factory=dict)

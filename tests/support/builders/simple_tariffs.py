"""Small tariffs, and the bill of one January, for tests that say one thing each."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from ridethrough.domain import Horizon
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.tariff import Tariff

YEAR = Horizon(start=datetime(2026, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)
JANUARY = YEAR.first(744)


def flat(rate: float = 0.1, **fields: Any) -> EnergyCharge:  # noqa: ANN401
    tiers = (EnergyTier(rate_per_kwh=rate, sell_per_kwh=0.03),)
    return EnergyCharge(periods=(EnergyPeriod(name="energy", tiers=tiers),), **fields)


def demand(rate: float = 10.0, **fields: Any) -> DemandCharge:  # noqa: ANN401
    seasons = fields.pop("seasons", (DemandSeason(tiers=(DemandTier(rate_per_kw=rate),)),))
    return DemandCharge(**{"name": "facility", "seasons": seasons, **fields})


def january(tariff: Tariff, kw: float | np.ndarray[Any, Any] = 100.0, **known: Any) -> Bill:  # noqa: ANN401
    return bill(tariff, JANUARY, np.broadcast_to(np.asarray(kw, dtype=float), 744).copy(), **known)


def amounts(billed: Bill, kind: str) -> list[tuple[str, Decimal, str, Decimal, Decimal]]:
    return [
        (line.name, line.quantity, line.unit, line.rate, line.amount) for line in billed.lines if line.charge == kind
    ]

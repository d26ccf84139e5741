"""Cases of savings studies: a small site with an hourly meter, a load with peaks, and a tariff with a demand charge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sites import site, ups_system

from ridethrough.domain import Horizon, Site
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.known.record import Record
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.tariff import Tariff

HOURS = RateSchedule(
    rules=(ScheduleRule(period="dear", days=("weekday",), hours=((16 * 60, 20 * 60),)), ScheduleRule(period="cheap"))
)
DAY = 24


def tariff(demand_rate: float = 12.0, dear: float = 0.30, **fields: Any) -> Tariff:  # noqa: ANN401
    """Dear afternoons, and a demand charge by the month."""
    prices = {"dear": dear, "cheap": 0.05}
    demand = DemandCharge(name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=demand_rate),)),))
    return Tariff(
        **{
            "name": "dear afternoons",
            "schedules": {"hours": HOURS},
            "energy": EnergyCharge(
                schedule="hours",
                periods=tuple(
                    EnergyPeriod(name=name, tiers=(EnergyTier(rate_per_kwh=rate),)) for name, rate in prices.items()
                ),
            ),
            "demand": (demand,),
            **fields,
        }
    )


def peaky_kw(days: int, seed: int = 1) -> NDArray[np.float64]:
    """An hourly load that peaks on some afternoons."""
    hours = np.arange(days * DAY)
    rng = np.random.default_rng(seed)
    shape = 3600 + 300 * np.sin((hours % DAY - 9) / DAY * 2 * np.pi)
    return np.clip(shape + rng.normal(0, 90, len(hours)) + 250 * (rng.random(len(hours)) < 0.02), 1000, 4700)


def case(
    days: int = 40,
    *,
    before: int = 0,
    after: int = 0,
    load_kw: NDArray[np.float64] | None = None,
    priced: Tariff | None = None,
    premises: Site | None = None,
    prices: NDArray[np.float64] | None = None,
    every_h: float = 24.0,
    start: datetime = datetime(2026, 6, 1, tzinfo=UTC),
) -> StudyCase:
    """`days` studied from `start` on, with as many days of record around them as `before` and `after` say."""
    on_record = before + days + after
    whole = Horizon(start=start - timedelta(days=before), interval_minutes=60, intervals=on_record * DAY)
    premises = premises or site(ups_system())
    carried = peaky_kw(on_record) if load_kw is None else load_kw
    return StudyCase(
        site=premises,
        tariff=priced or tariff(),
        record=Record(
            horizon=whole,
            load_kw=np.repeat(carried[None, :], len(premises.ups), axis=0),
            unprotected_load_kw=np.full(whole.intervals, 500.0),
            price_per_kwh=prices,
        ),
        horizon=Horizon(start=start, interval_minutes=60, intervals=days * DAY),
        replanned_every_h=every_h,
    )

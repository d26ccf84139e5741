"""What each term of a demand charge is made of: rates per kW, demand windows, and demand that is billed anyway."""

import math

import numpy as np

from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar
from ridethrough.tariffs.charges.demand import DemandCharge, DemandTier
from ridethrough.tariffs.charges.rider import ridden
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.terms import DemandStep


def steps_in_kw(tiers: tuple[DemandTier, ...], units_per_kw: float, scale: float) -> tuple[DemandStep, ...]:
    """The tiers of a charge whose unit is `1 / units_per_kw` kW, their rates times `scale`."""
    return tuple(
        DemandStep(
            up_to_kw=math.inf if tier.up_to_kw is None else tier.up_to_kw / units_per_kw,
            rate_per_kw=tier.rate_per_kw * units_per_kw * scale,
        )
        for tier in tiers
    )


def windows_of(charge: DemandCharge, calendar: LocalCalendar, intervals: IndexArray) -> tuple[IndexArray, ...]:
    """The demand windows of some intervals; none where an interval is a window, unless peaks are kept by day."""
    found = windows_over(charge.window_minutes, calendar, intervals)
    return found or (tuple(intervals.reshape(-1, 1)) if charge.highest > 1 else ())


def windows_over(minutes: int, calendar: LocalCalendar, intervals: IndexArray) -> tuple[IndexArray, ...]:
    """The windows of so many minutes that some intervals lie in; none where these are no longer than an interval."""
    if minutes <= calendar.horizon.interval_minutes or not len(intervals):
        return ()
    window = calendar.windows(minutes)[intervals]
    return tuple(np.split(intervals, np.flatnonzero(np.diff(window)) + 1))


def steps_of(case: HorizonCase, charge: DemandCharge, period: BillingPeriod) -> tuple[DemandStep, ...]:
    """The steps that price a charge in a billing period; none where it is not billed."""
    tiers = charge.tiers(period.month)
    contract = charge.contract
    if tiers and contract is not None and contract.overrun_rate_per_kw is not None:
        below = [tier for tier in tiers if tier.up_to_kw is not None and tier.up_to_kw < contract.contract_kw]
        at = tiers[len(below)]
        agreed = DemandTier(rate_per_kw=at.rate_per_kw, up_to_kw=contract.contract_kw)
        tiers = (*below, agreed, DemandTier(rate_per_kw=contract.overrun_rate_per_kw))
    return steps_in_kw(tiers, charge.units_per_kw(case.power_factor), ridden(case.tariff.riders, "demand"))


def agreed_kw(case: HorizonCase, charge: DemandCharge) -> float:
    """The demand that a minimum or a contract bills anyway, in kW."""
    agreed = charge.contract.contract_kw * charge.contract.billed_fraction if charge.contract else 0.0
    return max(charge.minimum_kw, agreed) / charge.units_per_kw(case.power_factor)

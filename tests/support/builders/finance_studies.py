"""Savings studies for tests of reports: a battery that follows a simple rule, and both meter series really billed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.project import Asset, Project, Replacement, YearlyAmount
from ridethrough.finance.project.sensitivity import (
    Lever,
    net_present_value,
    tornado,
    with_capital_times,
    with_savings_times,
)
from ridethrough.finance.project.uncertainty import (
    Bootstrap,
    SavingsHistory,
    YearDraws,
    annual_savings_range,
    net_present_value_range,
)
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.study.study import (
    MarginalValues,
    PeriodSavings,
    SafetyRecord,
    Savings,
    Study,
    UpsRecord,
    Verdict,
)
from ridethrough.finance.study.year import annual_saving
from ridethrough.finance.wear.wear import CycleLife, battery_wear
from ridethrough.operation.planner import Information
from ridethrough.tariffs import catalog
from ridethrough.tariffs.billing.bill import Bill, PeriodBill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.not_priced import NotPriced
from ridethrough.tariffs.seasons import season_by_month
from ridethrough.tariffs.tariff import Tariff

ISSUE = Issue(on=date(2026, 1, 15), version="1.2.0")

FloatArray = NDArray[np.float64]

CAPACITY_KWH, RESERVE_KWH = 1000.0, 620.0
POWER_KW, CHARGE_KW = 300.0, 120.0
EFFICIENCY = 0.95
EASTERN, TOKYO = "America/New_York", "Asia/Tokyo"
HOSTILE = "<script>alert(1)</script> & 'pod'"

CYCLE_LIFE = CycleLife(cycles_by_depth={0.1: 63000, 0.5: 7000, 1.0: 3500}, source="the maker's table")


def time_of_use() -> Tariff:
    """Energy by time of day, demand, a coincident peak, a fixed charge, a discount and a tax."""
    on_peak = ScheduleRule(period="on-peak", days=frozenset({"weekday"}), hours=((12 * 60, 20 * 60),))
    tiers = (DemandTier(rate_per_kw=17.32),)
    return Tariff(
        name="Large general service, time of use",
        utility="Example Power",
        schedules={"day": RateSchedule(rules=(on_peak, ScheduleRule(period="off-peak")))},
        energy=EnergyCharge(
            schedule="day",
            periods=(
                EnergyPeriod(name="on-peak", tiers=(EnergyTier(rate_per_kwh=0.11873),)),
                EnergyPeriod(name="off-peak", tiers=(EnergyTier(rate_per_kwh=0.05214),)),
            ),
        ),
        demand=(DemandCharge(name="facility demand", seasons=(DemandSeason(tiers=tiers),)),),
        coincident=(
            CoincidentPeakCharge(
                name="system peak",
                seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=3.9),)),),
                schedule="day",
                period="on-peak",
            ),
        ),
        fixed=(FixedCharge(name="customer charge", amount=119.91),),
        riders=(
            Rider(name="primary voltage discount", fraction=-0.0215, applies_to=("demand",)),
            Rider(name="sales tax", fraction=0.0563, tax=True),
        ),
        not_priced=(NotPriced(field="reactive demand", reason="the meter series has no kVAR"),),
    )


def horizon_of(timezone: str, *, months: int, interval_minutes: int) -> Horizon:
    """Whole months from June 2025, or the calendar year 2025."""
    local = ZoneInfo(timezone)
    first = datetime(2025, 1 if months == 12 else 6, 1, tzinfo=local)
    last = datetime(2026, 1, 1, tzinfo=local) if months == 12 else datetime(2025, 6 + months, 1, tzinfo=local)
    minutes = (last.astimezone(UTC) - first.astimezone(UTC)).total_seconds() / 60
    return Horizon(
        start=first, interval_minutes=interval_minutes, intervals=int(minutes / interval_minutes), timezone=timezone
    )


def load_of(horizon: Horizon, *, mean_kw: float, seed: int = 7) -> FloatArray:
    """A data center's load: flat, with some rise by day and season, and a few hours of heavy jobs."""
    random = np.random.default_rng(seed)
    starts = list(horizon.starts())
    hour = np.array([start.hour + start.minute / 60 for start in starts])
    day = np.array([start.timetuple().tm_yday for start in starts])
    shape = 1 + 0.035 * np.sin((hour - 9) / 24 * 2 * np.pi) + 0.03 * np.sin((day - 110) / 365 * 2 * np.pi)
    jobs = 0.06 * ((random.random(day.max() + 1)[day] > 0.85) & (hour >= 15) & (hour < 17))
    return np.asarray(mean_kw * (shape + jobs + 0.004 * random.standard_normal(len(starts))))


def trade(horizon: Horizon, load_kw: FloatArray, *, wasteful: bool = False) -> UpsRecord:
    """A battery that holds a month's peak down, or (`wasteful`) one that charges and discharges by the clock."""
    month = np.array([start.month for start in horizon.starts()])
    top = {int(each): load_kw[month == each].max() - POWER_KW * 0.45 for each in set(month)}
    stored, charged, discharged = [CAPACITY_KWH], [], []
    for start, load in zip(horizon.starts(), load_kw, strict=True):
        room, tradable = CAPACITY_KWH - stored[-1], stored[-1] - RESERVE_KWH
        over = (POWER_KW if start.hour == 18 else 0.0) if wasteful else load - top[start.month]
        give = min(max(over, 0.0), POWER_KW, tradable * EFFICIENCY / horizon.interval_h)
        spare = POWER_KW if wasteful and start.hour in {14, 15} else 0.0 if wasteful else max(0.0, -over)
        take = 0.0 if give > 0 else min(spare, CHARGE_KW, room / EFFICIENCY / horizon.interval_h)
        stored.append(stored[-1] + (take * EFFICIENCY - give / EFFICIENCY) * horizon.interval_h)
        charged.append(float(take))
        discharged.append(float(give))
    return UpsRecord(
        ups_id="pod-1",
        load_kw=tuple(float(each) for each in load_kw),
        charge_kw=tuple(charged),
        discharge_kw=tuple(discharged),
        stored_kwh=tuple(float(each) for each in stored),
        reserve_kwh=(RESERVE_KWH,) * len(stored),
        wear=battery_wear(
            stored,
            capacity_kwh=CAPACITY_KWH,
            duration_h=horizon.intervals * horizon.interval_h,
            cycle_life=CYCLE_LIFE,
            replacement_cost=300_000.0,
        ),
    )


def split(before: Bill | PeriodBill, after: Bill | PeriodBill, wear: float, stored: float = 0.0) -> Savings:
    """What two bills differ by, by kind of charge, as printed."""

    def saved(kind: str) -> float:
        one, other = (sum(line.amount for line in each.lines if line.charge == kind) for each in (before, after))
        return float(one - other)

    kinds = ("energy", "demand", "coincident", "fixed", "minimum", "export")
    return Savings(by_kind={kind: saved(kind) for kind in kinds}, stored=stored, wear=wear)


def study_of(
    tariff: Tariff,
    horizon: Horizon,
    ups: Sequence[UpsRecord],
    *,
    events: Sequence[CoincidentEvent] = (),
    stored: float = 0.0,
) -> Study:
    """A study without a ceiling, ranges or a cash flow; the unprotected load is 600 kW.

    Every billing period has the same value of `stored` energy.
    """
    before = 600.0 + np.sum([each.load_kw for each in ups], axis=0)
    after = before + np.sum([np.subtract(each.charge_kw, each.discharge_kw) for each in ups], axis=0)
    baseline, billed = (bill(tariff, horizon, series, events=events) for series in (before, after))
    wear = sum(each.wear.cost.value or 0.0 for each in ups)
    periods = _periods(baseline, billed, wear, stored)
    wears, values = (sum(getattr(each.savings, name) for each in periods) for name in ("wear", "stored"))
    savings = split(baseline, billed, wears, values)
    better = savings.total > 0
    amount = f"{abs(savings.total):,.0f} {tariff.currency}"
    return Study(
        site_id="ashburn-pod-1",
        site_name="Ashburn pod 1",
        tariff=tariff.name,
        currency=tariff.currency,
        horizon=horizon,
        information=Information.DAY_AHEAD,
        replanned_every_h=24.0,
        baseline=baseline,
        bill=billed,
        baseline_grid_kw=tuple(float(each) for each in before),
        grid_kw=tuple(float(each) for each in after),
        ups=tuple(ups),
        savings=savings,
        periods=periods,
        ceiling=None,
        capture=Figure.unknown("perfect foresight was not asked for"),
        safety=SafetyRecord(
            plans=365,
            certified=365,
            by_status={"optimal": 363, "time_limit": 2},
            outages_replayed=43_800,
            outages_lost=0,
            worst_ride_through_s=300.4,
            required_s=300.0,
        ),
        verdict=Verdict(
            worthwhile=better,
            reason=f"Trading saves {amount} after wear, most of it on the demand charge."
            if better
            else f"Trading would lose {amount} after wear: the tariff has no price to trade between.",
        ),
        annual=annual_saving(periods, season_by_month(tariff)),
        season_by_month=season_by_month(tariff),
        assumptions=("The battery is full at the start.", "Loads outside the studied time are not in any figure."),
        warnings=("The tariff's figures are those of 2023.",),
        sources={"tariff": "the published schedule", "load": "the site's meter, 15 minutes", "wear": "maker's table"},
    )


def _periods(baseline: Bill, billed: Bill, wear: float, stored: float) -> tuple[PeriodSavings, ...]:
    share = round(wear / len(baseline.periods), 0 if baseline.currency == "JPY" else 2)
    return tuple(
        PeriodSavings(
            label=before.period.label,
            month=before.period.month,
            whole=True,
            baseline_total=float(before.total),
            total=float(after.total),
            savings=split(before, after, share, stored),
        )
        for before, after in zip(baseline.periods, billed.periods, strict=True)
    )


def project_of(annual: float) -> Project:
    """Controls that are bought for the savings of a year, and batteries that are replaced once."""
    return Project(
        life_years=12,
        discount_rate=0.08,
        inflation_rate=0.025,
        first_year=2026,
        assets=(
            Asset(name="controls", capital_cost=3.2 * annual),
            Asset(
                name="batteries",
                capital_cost=0.0,
                salvage_value=1500.0,
                replacement=Replacement(cost=annual, after_years=(8,)),
            ),
        ),
        savings=(YearlyAmount(name="bill savings", amount=annual, degradation_rate=0.01, degrades_with="batteries"),),
        costs=(YearlyAmount(name="service", amount=0.06 * annual),),
        incentives=(Incentive(name="state grant", capital_fraction=0.1),),
    )


def history_of(monthly: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    """The year that was studied, a poorer and a better one."""
    return tuple(tuple(each * factor for each in monthly) for factor in (1.0, 0.55, 1.15))


def _levers() -> tuple[Lever[Project], ...]:
    return (
        Lever(name="savings, times", low=0.7, high=1.2, apply=with_savings_times),
        Lever(name="capital cost, times", low=0.8, high=1.5, apply=with_capital_times),
    )


@cache
def year() -> Study:
    """A full year of hours in USD, with everything that a study can hold."""
    horizon = horizon_of(EASTERN, months=12, interval_minutes=60)
    tariff = time_of_use()
    study = study_of(tariff, horizon, [trade(horizon, load_of(horizon, mean_kw=4300.0))], stored=-12.5)
    monthly = tuple(period.savings.on_the_bill for period in study.periods)
    assert study.annual.value is not None
    project = project_of(study.annual.value)
    history = SavingsHistory(savings_by_year=history_of(monthly))
    draws = Bootstrap(samples=400, block_parts=1)
    ceiling = Savings(
        by_kind={"energy": study.savings.of("energy") * 1.2, "demand": study.savings.of("demand") * 1.45},
        wear=study.savings.wear * 1.3,
    )
    return replace(
        study,
        ceiling=ceiling,
        capture=Figure.known(study.savings.total / ceiling.total),
        marginal=MarginalValues(
            of_a_tradable_kwh=Figure.known(41.7),
            of_a_kw_of_power=Figure.known(0.0),
            of_a_minute_less_ride_through=Figure.unknown("the reserve does not hold in any of the dear intervals"),
        ),
        range_of_year=annual_savings_range(history, draws),
        cash_flow=cash_flow(project),
        net_present_value_range=net_present_value_range(project, history, draws, YearDraws.SHARED),
        tornado=tornado(project, _levers(), net_present_value),
    )


@cache
def month() -> Study:
    """One month of quarter hours and two UPS systems, one of which has no table of wear; no ceiling, no cash flow."""
    horizon = horizon_of(EASTERN, months=1, interval_minutes=15)
    first = trade(horizon, load_of(horizon, mean_kw=4300.0))
    quiet = trade(horizon, load_of(horizon, mean_kw=2100.0, seed=11), wasteful=True)
    unknown = battery_wear(quiet.stored_kwh, capacity_kwh=CAPACITY_KWH, duration_h=720.0)
    return study_of(time_of_use(), horizon, [first, replace(quiet, ups_id="pod-2", wear=unknown)])


@cache
def yen() -> Study:
    """One month in a currency without cents, in which trading loses money."""
    horizon = horizon_of(TOKYO, months=1, interval_minutes=30)
    tariff = catalog.load("okinawa-business-high-voltage")
    lost = study_of(tariff, horizon, [trade(horizon, load_of(horizon, mean_kw=390.0), wasteful=True)])
    safety = replace(lost.safety, certified=363, by_status={"optimal": 363, "hold": 2}, outages_lost=3)
    return replace(
        lost, site_id="naha-1", site_name="那覇 1", safety=safety, capture=Figure.unknown("nothing to capture")
    )


def hostile() -> Study:
    """A month in which every text that comes from outside is markup and a spreadsheet formula."""
    formula = f"=1+1 {HOSTILE}"
    study = month()
    ups = tuple(replace(each, ups_id=f"{formula} {index}") for index, each in enumerate(study.ups))
    lines = tuple(replace(line, name=formula) for line in study.bill.periods[0].lines)
    periods = tuple(replace(period, lines=lines) for period in study.bill.periods)
    billed = replace(study.bill, periods=periods, not_priced=(NotPriced(field=formula, reason=formula),))
    return replace(
        study,
        site_id=formula,
        site_name=formula,
        tariff=formula,
        ups=ups,
        bill=billed,
        verdict=Verdict(worthwhile=True, reason=formula),
        capture=Figure.unknown(formula),
        assumptions=(formula,),
        warnings=(formula,),
        sources={formula: formula},
    )

"""The life of a site's batteries: what trading earns and what it takes from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from ridethrough.api.cases.plans.day_problem import all_series, problem_of_day
from ridethrough.api.cases.plausibility import refuse_impossible_prices
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, Horizon, Site, UnableToAccept
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import DispatchPlan
from ridethrough.finance.life.future import at_health
from ridethrough.finance.life.trade_off import Traded, TradeOff, priced, trade_off
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.charges.kind import PEAK_KINDS

MOST_DAYS = 31
_CERTIFIED_YEARS = 10
_HOURS_A_DAY = 24.0
_DAYS_A_YEAR, _MONTHS_A_YEAR = 365.0, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedYear:
    """The certificate of a day's plan with the capacity that is left after so many years, by system."""

    after_years: int
    state_of_health: Mapping[str, float]
    certificate: Certificate


def life_of(
    inputs: SiteInputs, *, now: datetime, today: date | None, days: int
) -> tuple[TradeOff, tuple[CertifiedYear, ...]]:
    """Plan some days with perfect foresight at different prices of a life, and follow the batteries to their end.

    Beside the trade-off: a day's plan at the capacity of later years, and whether it is certified.

    Raises `UnableToAccept` where the series cover no such days, or a wear model lacks what it takes.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UnableToAccept([Fault(field="--days", value=days, allowed=f"from 1 to {MOST_DAYS}")])
    problem = _problem(inputs, days, now)
    start = today or now.astimezone(zone(inputs.site.timezone)).date()
    engine = Engine()

    def trade(site: Site) -> Traded:
        asked = DispatchProblem(
            site=site,
            horizon=problem.horizon,
            charges=problem.charges,
            load_kw=problem.load_kw,
            unprotected_load_kw=problem.unprotected_load_kw,
            load_after_kw=problem.load_after_kw,
        )
        return _traded(site, plan_dispatch(asked, issued_at=now, engine=engine), days)

    found = trade_off(inputs.site, trade, start=start, days=days)
    return found, tuple(_certified(problem, found, now, engine))


def _certified(problem: DispatchProblem, found: TradeOff, now: datetime, engine: Engine) -> Iterator[CertifiedYear]:
    """Plan the same days at the health of each year, at the recommended price of a life, and certify the plan."""
    price = found.recommended.life_price_per_kwh
    for year in range(_CERTIFIED_YEARS + 1):
        health = {future.ups_id: future.years[year].state_of_health for future in found.recommended.futures}
        aged = replace(problem.site, ups=tuple(at_health(ups, health[ups.id]) for ups in problem.site.ups))
        site = aged if price is None else priced(aged, price)
        plan = plan_dispatch(replace(problem, site=site), issued_at=now, engine=engine)
        yield CertifiedYear(after_years=year, state_of_health=health, certificate=plan.certificate)


def _problem(inputs: SiteInputs, days: int, now: datetime) -> DispatchProblem:
    """The first whole local days that every series covers; without series the days from tomorrow on."""
    site = inputs.site
    local = zone(site.timezone)
    begins = max((series.start for series in all_series(inputs)), default=now + timedelta(days=1)).astimezone(local)
    first = begins.date()
    if Horizon.of_local_day(first, site.timezone, site.interval_minutes).start < begins:
        first += timedelta(days=1)
    last = Horizon.of_local_day(first + timedelta(days=days - 1), site.timezone, site.interval_minutes)
    one = Horizon.of_local_day(first, site.timezone, site.interval_minutes)
    look_ahead_h = (last.end - one.end) / timedelta(hours=1)
    problem = problem_of_day(inputs, first, [], state=None, look_ahead_h=look_ahead_h)
    refuse_impossible_prices(inputs, problem.horizon)
    return problem


def _traded(site: Site, plan: DispatchPlan, days: int) -> Traded:
    """A year of such days: energy by the day, and peaks once a month, as if these days had the month's peaks."""
    saved = {kind: plan.baseline_cost.of(kind) - plan.cost.of(kind) for kind in plan.baseline_cost.by_kind}
    of_peaks = sum(amount for kind, amount in saved.items() if kind in PEAK_KINDS)
    of_energy = sum(saved.values()) - of_peaks
    per_day = round(_HOURS_A_DAY / plan.horizon.interval_h)
    stored = {each.ups_id: each.stored_kwh for each in plan.ups}
    moved_kwh = sum(abs(after - before) for path in stored.values() for before, after in pairwise(path)) / 2
    capacity_kwh = sum(ups.capacity_kwh for ups in site.ups)
    return Traded(
        saved_per_year=of_energy * _DAYS_A_YEAR / days + of_peaks * _MONTHS_A_YEAR,
        days_kwh={
            ups_id: tuple(path[at : at + per_day + 1] for at in range(0, len(path) - 1, per_day))
            for ups_id, path in stored.items()
        },
        full_cycles_per_year=moved_kwh / capacity_kwh * _DAYS_A_YEAR / days,
    )

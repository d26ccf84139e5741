"""The ceiling: the saving of perfect foresight over whole billing periods, and its marginal values.

Each billing period has one plan, made from its recorded loads and prices; its peaks are priced in full. Stored energy
and past peaks carry over to the next period. Batteries need not be full when a period ends, as a closed loop need not
fill them either; what they lack is paid for (`stored_value`). No real planner has this knowledge: the ceiling is an
upper bound, not an expected saving. A marginal value is the difference between the ceiling of a slightly changed site
and that of the site.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from ridethrough.domain import Site, UpsSystem, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.finance.figure import Figure
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, stored_in_units
from ridethrough.finance.study.savings import savings_between, wear_by_period
from ridethrough.finance.study.stored_value import refill_price_per_kwh, stored_by_period
from ridethrough.finance.study.study import MarginalValues, Savings
from ridethrough.operation.known.month_to_date import MonthToDate
from ridethrough.operation.known.wear_so_far import WearSoFar
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.horizon.charges import charges_over

_MORE = 0.01
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ceiling:
    """The saving of perfect foresight, wear included; `optimal` says whether every plan was a proven optimum."""

    savings: Savings
    optimal: bool
    marginal: MarginalValues | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    """The site with slightly more of one thing (`amount`, over all systems), or the reason why that is impossible."""

    name: str
    site: Site
    amount: float
    reason: str = ""


def ceiling(
    case: StudyCase,
    baseline: Loop,
    baseline_bill: Bill,
    *,
    marginal: bool,
    progress: Callable[[int], None],
) -> Ceiling:
    """Plan every billing period as a whole; `progress` is called with the number of intervals done."""
    variants = [_Variant(name="", site=case.site_known(0), amount=0.0)]
    if marginal:
        variants += _variants(case.site_known(0))
    counted = [variant for variant in variants if not variant.reason]
    runs = [_Run.begin(case, variant) for variant in counted]
    engine = Engine(warm=True, dynamic_program=find_spec("numba") is not None)  # the simplex method is slow on a month
    for period in case.billing_periods:
        for run in runs:
            run.plan(period, engine)
        progress(period.stop)
    saved = {run.variant.name: _savings(run, baseline, baseline_bill) for run in runs}
    return Ceiling(
        savings=saved[""],
        optimal=runs[0].optimal,
        marginal=_marginal(variants, saved) if marginal else None,
    )


def _savings(run: "_Run", baseline: Loop, baseline_bill: Bill) -> Savings:
    case, loop = run.case, run.loop
    billed = bill(case.tariff, case.horizon, loop.grid_kw, prices=case.prices, state=case.before)
    wear = float(wear_by_period(case, loop, baseline).sum())
    full = Loop.at_start(case)
    full.stored_kwh[:] = [[ups.max_stored_kwh] for ups in run.variant.site.ups]
    stored = sum(stored_by_period(case, loop, full))
    return savings_between(baseline_bill, billed, currency=case.tariff.currency, wear=wear, stored=stored)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One site while its billing periods are planned."""

    case: StudyCase
    variant: _Variant
    loop: Loop
    month: MonthToDate
    stored_kwh: list[float]
    worn: WearSoFar
    optimal: bool = True

    @classmethod
    def begin(cls, case: StudyCase, variant: _Variant) -> "_Run":
        return cls(
            case=case,
            variant=variant,
            loop=Loop.at_start(case),
            month=MonthToDate.begin(case.tariff, case.calendar, case.before),
            stored_kwh=[ups.max_stored_kwh for ups in variant.site.ups],
            worn=WearSoFar(site=variant.site, horizon=case.horizon),
        )

    def plan(self, period: range, engine: Engine) -> None:
        """Plan a billing period, and meter its result day by day."""
        plan = plan_dispatch(self._problem(period), issued_at=self.case.horizon.start, engine=engine)
        self.optimal &= plan.status is PlanStatus.OPTIMAL
        here = slice(period.start, period.stop)
        self.loop.charge_kw[:, here] = [each.charge_kw for each in plan.ups]
        self.loop.discharge_kw[:, here] = [each.discharge_kw for each in plan.ups]
        self.loop.stored_kwh[:, period.start + 1 : period.stop + 1] = [each.stored_kwh[1:] for each in plan.ups]
        self.loop.grid_kw[here] = plan.grid_kw
        self.stored_kwh = [each.stored_kwh[-1] for each in plan.ups]
        for block in self.case.blocks(period):
            self.month.meter(self.loop.grid_kw, block.stop)

    def _problem(self, period: range) -> DispatchProblem:
        case, loads = self.case, self.case.loads.part(period.start, period.stop)
        horizon = case.horizon.part(period.start, period.stop)
        state = self.month.state(stored_in_units(self.variant.site, self.stored_kwh))
        state = self.worn.known_in(state, self.loop.discharge_kw, self.loop.stored_kwh, period.start)
        others_kw = case.record.unprotected_load_kw[case.first + period.start : case.first + period.stop]
        return DispatchProblem(
            site=self.variant.site,
            horizon=horizon,
            charges=charges_over(case.tariff, horizon, prices=case.record.prices(horizon), state=state),
            load_kw={ups.id: tuple(row) for ups, row in zip(case.site.ups, loads.load_kw.tolist(), strict=True)},
            unprotected_load_kw=tuple(others_kw.tolist()),
            state=state,
            stored_value_per_kwh=(0.0,) * horizon.intervals + (self._value_per_kwh(period),),
        )

    def _value_per_kwh(self, period: range) -> float:
        """What a stored kWh is worth when a period ends: the price at which the study has it bought back."""
        loop = Loop.at_start(self.case)
        loop.grid_kw[:] = self.case.loads.net_load_kw
        drawn_per_stored = [
            1 / (ups.battery.charge_efficiency * ups.rectifier_efficiency) for ups in self.variant.site.ups
        ]
        return min(drawn_per_stored) * refill_price_per_kwh(self.case, loop, period.stop)


def _variants(site: Site) -> list[_Variant]:
    return [_more_energy(site), _more_power(site), _less_ride_through(site)]


def _changed(site: Site, name: str, systems: Sequence[UpsSystem], amount: float) -> _Variant:
    return _Variant(name=name, site=replace(site, ups=tuple(systems)), amount=amount)


def _more_energy(site: Site) -> _Variant:
    """The site with 1 % more tradable energy in every system, from larger batteries."""
    systems, added_kwh = [], 0.0
    for ups in site.ups:
        tradable_kwh = reserve_requirement(ups).tradable_kwh
        growth = _tradable_kwh(ups, 1 + _MORE) - tradable_kwh
        factor = 1 + _MORE * _MORE * tradable_kwh / growth if growth > 0 else 1 + _MORE
        systems.append(_larger(ups, factor))
        added_kwh += reserve_requirement(systems[-1]).tradable_kwh - tradable_kwh
    if added_kwh <= 0:
        return _Variant(
            name="energy", site=site, amount=0.0, reason="slightly larger batteries have no more energy to trade"
        )
    return _changed(site, "energy", systems, added_kwh)


def _tradable_kwh(ups: UpsSystem, factor: float) -> float:
    return reserve_requirement(_larger(ups, factor)).tradable_kwh


def _larger(ups: UpsSystem, factor: float) -> UpsSystem:
    return replace(ups, battery=replace(ups.battery, nominal_kwh=ups.battery.nominal_kwh * factor))


def _more_power(site: Site) -> _Variant:
    """The site with 1 % of the charge limit more power, for charging and for discharging."""
    systems, added_kw = [], 0.0
    for ups in site.ups:
        more_kw = _MORE * ups.battery.charge_limit_kw
        battery = replace(
            ups.battery,
            charge_limit_kw=ups.battery.charge_limit_kw + more_kw,
            discharge_limit_kw=ups.battery.discharge_limit_kw + more_kw,
        )
        systems.append(replace(ups, battery=battery))
        added_kw += more_kw * ups.units_in_service
    return _changed(site, "power", systems, added_kw)


def _less_ride_through(site: Site) -> _Variant:
    """The site with one minute less ride-through in every system; all steps of a duty count as seconds of full load."""
    systems = []
    for ups in site.ups:
        full_load_s = max(duty.full_load_s for duty in ups.reserve.duties)
        if full_load_s <= _MINUTE_S:
            reason = f"{ups.id} rides through {full_load_s:g} s, which is not more than a minute"
            return _Variant(name="minute", site=site, amount=0.0, reason=reason)
        systems.append(replace(ups, reserve=ups.reserve.with_ride_through(-_MINUTE_S)))
    return _changed(site, "minute", systems, 1.0)


def _marginal(variants: Sequence[_Variant], saved: dict[str, Savings]) -> MarginalValues:
    figures = {
        variant.name: Figure.unknown(variant.reason)
        if variant.reason
        else Figure.known((saved[variant.name].total - saved[""].total) / variant.amount)
        for variant in variants[1:]
    }
    return MarginalValues(
        of_a_tradable_kwh=figures["energy"],
        of_a_kw_of_power=figures["power"],
        of_a_minute_less_ride_through=figures["minute"],
    )

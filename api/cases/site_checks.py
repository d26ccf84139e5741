"""The checks of a site: each checks one thing, and reports what is wrong, doubtful or assumed, and what to do."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.cases.plausibility import Doubt, load_doubts, price_doubts
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.api.reading.tables.local_clock import offset_text
from ridethrough.domain import Binding, UpsSystem
from ridethrough.domain.horizon import zone
from ridethrough.domain.plausible_prices import RANGE_PER_KWH

MOST_OF_A_KIND = 5
"""The most findings of one kind that are listed; of further ones only the number is given."""
_LEAST_HISTORY = timedelta(days=8)
_OLD = timedelta(days=366)
_IDLE_FRACTION = 0.02
_FAR_ABOVE = 10.0
_GENTLE_C_RATE = 1.0
_LITTLE_FRACTION = 0.02


class Severity(StrEnum):
    """The severity of a finding."""

    WRONG = "wrong"
    DOUBTFUL = "doubtful"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a site: its place in the site file, what is the matter, and what to do."""

    severity: Severity
    field: str
    says: str
    do: str


def meter(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Whether the loads alone fit the meter, and whether its limits can be meant."""
    limits = inputs.site.interconnection
    draw_kw = highest_draw_kw(inputs)
    name = "interconnection.import_limit_kw"
    if draw_kw > limits.import_limit_kw:
        says = f"the loads alone draw up to {draw_kw:,.0f} kW, the limit is {limits.import_limit_kw:,.0f} kW"
        yield Finding(Severity.WRONG, name, says, "check the limit, and the units and the highest values of the loads")
    elif limits.import_limit_kw > _FAR_ABOVE * draw_kw > 0:
        times = limits.import_limit_kw / draw_kw
        says = f"{limits.import_limit_kw:,.0f} kW is {times:,.0f} times what the loads draw at most"
        yield Finding(Severity.DOUBTFUL, name, says, "check that the limit is in kW, and that no load is missing")
    if limits.export_limit_kw > 0 and not any(ups.bidirectional for ups in inputs.site.ups):
        says = "the meter may export, but no UPS system is bidirectional"
        do = "set it to 0, or `bidirectional: true` where the makers approve it"
        yield Finding(Severity.DOUBTFUL, "interconnection.export_limit_kw", says, do)


def loads(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Whether loads fit the nameplates, and which readings are doubtful."""
    for ups in inputs.site.ups:
        name, rating_kw = f"ups.{ups.id}.load", ups.units * ups.unit_output_limit_kw
        peak_kw = _peak_kw(inputs.loads[ups.id])
        if peak_kw > rating_kw:
            says = f"up to {peak_kw:,.0f} kW, above the {rating_kw:,.0f} kW that its {ups.units} units put out"
            yield Finding(Severity.DOUBTFUL, name, says, "check the load, and unit_output_limit_kw on the nameplate")
        elif peak_kw < _IDLE_FRACTION * rating_kw:
            says = f"at most {peak_kw:,.6g} kW where the units put out {rating_kw:,.0f} kW"
            yield Finding(Severity.DOUBTFUL, name, says, "check that the load is in kW, and not in MW")
        if peak_kw > ups.protected_load_kw:
            says = f"the load reaches {peak_kw:,.0f} kW, {ups.protected_load_kw:,.0f} kW are protected"
            do = "raise it to the highest load that must be carried; until then the reserve follows the load"
            yield Finding(Severity.DOUBTFUL, f"ups.{ups.id}.protected_load_kw", says, do)
    yield from _readings(load_doubts(inputs), inputs.site.timezone)


def series(inputs: SiteInputs, now: datetime) -> Iterator[Finding]:
    """Whether series have the site's step and its clock, reach back far enough, and are of today."""
    step = timedelta(minutes=inputs.site.interval_minutes)
    local = zone(inputs.site.timezone)
    for name, each in _load_series(inputs):
        if each.step != step:
            says = (
                f"its step is {each.step / timedelta(minutes=1):g} minutes, the site's {step / timedelta(minutes=1):g}"
            )
            yield Finding(Severity.WRONG, name, says, "set interval_minutes to the step of the meter")
        if len(each.values) * each.step < _LEAST_HISTORY:
            days = len(each.values) * each.step / timedelta(days=1)
            says = f"{days:.1f} days of readings: a forecast of tomorrow needs {_LEAST_HISTORY.days}"
            yield Finding(Severity.DOUBTFUL, name, says, "give a longer series")
    dated = [*_load_series(inputs), *([("prices", inputs.prices)] if inputs.prices is not None else [])]
    for name, each in dated:
        yield from _offset(name, each, inputs.site.timezone)
        yield from _age(name, each, now, local)


def reserve(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Whether every reserve can be held and restored, and whether it leaves anything to trade."""
    for required, ups in zip(reserves_of(inputs), inputs.site.ups, strict=True):
        name = f"ups.{ups.id}.reserve"
        if math.isinf(required.recharge_h) and required.binding is Binding.RECHARGE:
            says = "after an outage the reserve is never restored: nothing is left to charge with"
            yield Finding(Severity.WRONG, name, says, "raise import_limit_kw, unit_input_limit_kw or charge_limit_kw")
        elif required.binding is Binding.RECHARGE:
            says = f"recharging after an outage takes {required.recharge_h:,.2f} h, longer than recharge_limit_h"
            yield Finding(Severity.WRONG, name, says, "raise the charge or import limit, or recharge_limit_h")
        elif not required.feasible:
            short = f"{required.deficit_kwh:,.1f} kWh and {required.deficit_s:,.0f} s short"
            says = f"even full batteries are {short} with the worst tolerated failure ({required.binding.value})"
            yield Finding(
                Severity.WRONG, name, says, "add units or energy, or lower the protected load or the ride-through"
            )
        elif required.tradable_kwh < _LITTLE_FRACTION * ups.capacity_kwh:
            says = f"only {required.tradable_kwh:,.1f} of {ups.capacity_kwh:,.0f} kWh are above the reserve"
            yield Finding(Severity.DOUBTFUL, name, says, "expect next to no saving; check protected_load_kw and health")


def batteries(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Whether what a battery can do and what its life costs is known."""
    for required, ups in zip(reserves_of(inputs), inputs.site.ups, strict=True):
        name, battery = f"ups.{ups.id}.battery", ups.battery
        if not battery.usable_fraction_by_c_rate and battery.peukert is None and required.c_rate > _GENTLE_C_RATE:
            says = f"all of its energy counts as usable at {required.c_rate:.1f} C, the rate of an outage"
            do = "give usable_fraction_by_c_rate from the maker's discharge table (or its runtimes, or peukert)"
            yield Finding(Severity.DOUBTFUL, f"{name}.usable_fraction_by_c_rate", says, do)
        for note in required.notes:
            do = "compare it with the maker's sheet, and add the rows that it has"
            yield Finding(Severity.ASSUMED, f"{name}.usable_fraction_by_c_rate", note, do)
        if battery.wear_cost_per_kwh == 0 and not battery.segment_costs:
            do = "give the price of new batteries over the kWh that their life delivers"
            yield Finding(Severity.DOUBTFUL, f"{name}.wear_cost_per_kwh", "trading costs no battery life", do)
        if ups.lock:
            yield Finding(
                Severity.DOUBTFUL, f"ups.{ups.id}.unit_modes", ups.lock, "nothing is traded until it is restored"
            )


def tariff(inputs: SiteInputs, now: datetime) -> Iterator[Finding]:
    """Whether the tariff holds today, and what of it has no price."""
    found = inputs.tariff
    if found is None:
        return
    today = now.astimezone(zone(inputs.site.timezone)).date()
    vintage = _vintage(found.effective_from, found.effective_until, today)
    if vintage:
        yield Finding(Severity.DOUBTFUL, "tariff", f"{found.name}: {vintage}", "compare with the utility's price sheet")
    yield from _rates(inputs)
    if found.energy is None and inputs.prices is None:
        says = f"{found.name} has no energy charge, and there are no prices: energy counts as free"
        yield Finding(Severity.WRONG, "prices", says, "give the prices that your energy follows")
    elif found.energy is not None and found.energy.market is not None and inputs.prices is None:
        yield Finding(Severity.WRONG, "prices", f"{found.name} follows a market, and there are no prices", "give them")
    for entry in found.not_priced:
        yield Finding(Severity.DOUBTFUL, f"tariff.{entry.field}", f"not priced: {entry.reason}", "see what it is worth")


def _rates(inputs: SiteInputs) -> Iterator[Finding]:
    """Rates of a tariff outside the range of prices: a tariff in cents, or per MWh."""
    believed, energy = inputs.plausible_prices, inputs.tariff and inputs.tariff.energy
    for period in energy.periods if energy else ():
        doubtful = [tier.rate_per_kwh for tier in period.tiers if believed.doubts([tier.rate_per_kwh], 1.0, "")]
        if doubtful:
            says = f"{doubtful[0]:,.6g} {inputs.site.currency} per kWh is outside what energy costs"
            do = "check the unit: rates are per kWh, in the currency and not in its cents"
            yield Finding(Severity.DOUBTFUL, f"tariff.energy.periods.{period.name}", says, do)


def prices(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Whether market prices are believed."""
    if inputs.prices is None:
        return
    yield from _readings(price_doubts(inputs), inputs.site.timezone)
    believed = inputs.plausible_prices
    if inputs.site.currency not in RANGE_PER_KWH and None in (believed.lowest_per_kwh, believed.highest_per_kwh):
        says = f"no plausible range of prices is known in {inputs.site.currency}"
        yield Finding(Severity.DOUBTFUL, "prices", says, "give lowest_plausible_per_kwh and highest_plausible_per_kwh")


def assumed(inputs: SiteInputs, _now: datetime) -> Iterator[Finding]:
    """Values filled in by a rule, interpreted from a file, or taken by default."""
    for name, rule in inputs.provenance.imputed.items():
        yield Finding(Severity.ASSUMED, name, rule, "give it in the site file")
    for name, value in inputs.provenance.defaulted.items():
        yield Finding(Severity.ASSUMED, name, f"{value}, the default", "give it in the site file")


def highest_draw_kw(inputs: SiteInputs) -> float:
    """The most that the loads alone draw at the meter; loads whose times do not match count with their peaks."""
    drawn = [(inputs.loads[ups.id], _input_factor(ups)) for ups in inputs.site.ups]
    drawn.append((inputs.unprotected_load, 1.0))
    together: dict[tuple[datetime, timedelta, int], list[float]] = {}
    total_kw = 0.0
    for load, factor in drawn:
        if not isinstance(load, TimeSeries):
            total_kw += load * factor
            continue
        sums = together.setdefault((load.start, load.step, len(load.values)), [0.0] * len(load.values))
        for index, kw in enumerate(load.values):
            sums[index] += kw * factor
    return total_kw + sum(max(sums) for sums in together.values())


def _input_factor(ups: UpsSystem) -> float:
    """The input power of a system for one kW of load, at its peak efficiency."""
    return ups.dc_load_kw(ups.protected_load_kw) / ups.protected_load_kw / ups.rectifier_efficiency


def _peak_kw(load: TimeSeries | float) -> float:
    return max(load.values) if isinstance(load, TimeSeries) else load


def _load_series(inputs: SiteInputs) -> Iterator[tuple[str, TimeSeries]]:
    named = {f"ups.{ups_id}.load": load for ups_id, load in inputs.loads.items()}
    named["unprotected_load"] = inputs.unprotected_load
    return ((name, load) for name, load in named.items() if isinstance(load, TimeSeries))


def _offset(name: str, each: TimeSeries, timezone: str) -> Iterator[Finding]:
    """Whether times are written with the site's UTC offset of their date, or in UTC, or by a clock that was named."""
    written, local = each.start.utcoffset(), each.start.astimezone(zone(timezone)).utcoffset() or timedelta()
    if each.clock_named or not written or written == local:
        return
    says = f"{each.start.isoformat()} has the offset {offset_text(written)}, {timezone} is then at {offset_text(local)}"
    do = "check the site's timezone, and the clock of the meter: are these the site's own readings at these times?"
    yield Finding(Severity.DOUBTFUL, name, says, do)


def _age(name: str, each: TimeSeries, now: datetime, local: object) -> Iterator[Finding]:
    end = each.end.astimezone(local)  # type: ignore[arg-type]
    if each.end < now:
        says = f"its last value is of {end:%Y-%m-%d %H:%M}, {(now - each.end).days} days ago"
        do = "feed it up to now before the site is switched on; plans of days past need nothing"
        yield Finding(Severity.DOUBTFUL, name, says, do)


def _readings(doubts: tuple[Doubt, ...], timezone: str) -> Iterator[Finding]:
    """Doubtful readings by series, the first of many."""
    for name in dict.fromkeys(each.field for each in doubts):
        found = [each for each in doubts if each.field == name]
        for each in islice(found, MOST_OF_A_KIND):
            severity = Severity.WRONG if each.cannot_be else Severity.DOUBTFUL
            says = each.said(timezone).removeprefix(f"{name}, ")
            yield Finding(severity, name, says, "correct the series, or see that this is what happened")
        if len(found) > MOST_OF_A_KIND:
            says = f"{len(found) - MOST_OF_A_KIND} more stretches like these"
            yield Finding(Severity.DOUBTFUL, name, says, "look at the series as a whole")


def _vintage(since: date | None, until: date | None, today: date) -> str:
    if until is not None and today >= until:
        return f"its figures held until {until}"
    if since is None:
        return "" if until is not None else "it does not say from when its figures hold"
    if since > today:
        return f"its figures hold from {since} on only"
    return f"its figures are of {since}, {(today - since).days / 365.25:.1f} years old" if today - since > _OLD else ""

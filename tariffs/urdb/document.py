"""Reads rates of the Utility Rate Database (OpenEI), both generations of its schema.

A field that no bill can price is refused with its reason, or repeated on every bill as not priced. Sources: the
schema's field list (openei.org/services/doc/rest/util_rates) and the rates themselves, whose spellings differ.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

from ridethrough.tariffs.calendar.applicability import Applicability
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.demand import (
    COINCIDENT_HOURS,
    DEMAND_HOURS,
    LookbackReading,
    read_coincident,
    read_demand,
)
from ridethrough.tariffs.urdb.energy import ENERGY_HOURS, read_energy
from ridethrough.tariffs.urdb.reader import UrdbReader, rates_of

_COMMENTS = (
    "basicinformationcomments",
    "energycomments",
    "demandcomments",
    "fixedchargecomments",
    "energyattrs",
    "demandattrs",
    "fixedattrs",
)
_SERVICES = {
    "delivery": "the supply of energy is not in this rate",
    "energy": "delivery is not in this rate",
}
Per = Literal["day", "month", "year"]
_PERIODS: dict[str, Per] = {"$/month": "month", "$/day": "day", "$/year": "year"}


def tariff_from_urdb(
    document: object,
    *,
    on: date | None = None,
    lookback: LookbackReading = "reopt",
    power_factor: float = 1.0,
    meters: int = 1,
) -> Tariff:
    """Read one rate: a mapping, a response with `items`, or JSON text of either (also text within text).

    `on` picks the rate that holds on a day where there are several. `lookback` is the reading of `lookbackMonths`
    (`tariffs.urdb.demand.read_ratchet`). `power_factor` turns tier limits per kVA into limits per kW, and `meters`
    counts meters for the fixed charge of additional ones.

    Raises `UnableToPrice` with every reason, each with its field.
    """
    reader = UrdbReader.of(_choose(rates_of(document), on))
    energy, energy_hours = read_energy(reader, power_factor)
    needs_demand = energy is not None and bool(energy.demand)
    demand, demand_hours, scales = read_demand(reader, lookback, tiers_need_demand=needs_demand)
    coincident, coincident_hours = read_coincident(reader)
    fixed, minimum = _fixed(reader, meters), _minimum(reader)
    if not (energy or demand or coincident or reader.reasons):
        reader.refuse("energyratestructure", "the rate has no price for energy or demand")
    _remarks(reader)
    hours = {ENERGY_HOURS: energy_hours, DEMAND_HOURS: demand_hours, COINCIDENT_HOURS: coincident_hours}
    heading = _heading(reader)
    reader.raise_reasons()
    return replace(
        heading,
        schedules={name: schedule for name, schedule in hours.items() if schedule is not None},
        energy=replace(energy, demand=scales) if energy is not None else None,
        demand=demand,
        coincident=coincident,
        fixed=fixed,
        minimum=minimum,
        not_priced=tuple(reader.remarks),
    )


def _heading(reader: UrdbReader) -> Tariff:
    """The general fields of a rate, without its charges."""
    effective_from, effective_until = _validity(reader)
    return Tariff(
        name=reader.text("name") or reader.text("label") or "unnamed rate",
        utility=reader.text("utility"),
        source=reader.text("uri") or reader.text("source"),
        effective_from=effective_from,
        effective_until=effective_until,
        description=reader.text("description"),
        applicability=_applicability(reader),
    )


def _choose(rates: list[Mapping[str, Any]], on: date | None) -> Mapping[str, Any]:
    """The only rate, or the only one that holds on a day."""
    if len(rates) > 1 and on is not None:
        held = [rate for rate in rates if _holds(rate, on)]
        lasting = [rate for rate in held if UrdbReader.of(rate).day("enddate") != on]
        rates = lasting if len(held) > 1 and lasting else held or rates  # a rate may end on the day another starts
    if len(rates) > 1:
        labels = ", ".join(str(rate.get("label", "?")) for rate in rates)
        reason = f"holds {len(rates)} rates; give one of them, or the day on which it holds: {labels}"
        raise UnableToPrice([NotPriced(field="items", reason=reason)])
    return rates[0]


def _holds(rate: Mapping[str, Any], on: date) -> bool:
    reader = UrdbReader.of(rate)
    start, end = reader.day("startdate") or date.min, reader.day("enddate") or date.max
    return start <= on <= end


def _validity(reader: UrdbReader) -> tuple[date | None, date | None]:
    """The first day of a rate and the day after its last: `enddate` is the last day on which it holds."""
    start, last = reader.day("startdate"), reader.day("enddate")
    if start is not None and last is not None and start > last:
        reader.remark("enddate", f"{last} is before the start {start} and is left out")
        last = None
    return start, None if last is None else last + timedelta(days=1)


def _fixed(reader: UrdbReader, meters: int) -> tuple[FixedCharge, ...]:
    """Fixed charges of the first and of additional meters; the older schema has an amount a month."""
    older = reader.number("fixedmonthlycharge")
    first = reader.number("fixedchargefirstmeter")
    added = reader.number("fixedchargeeaaddl")
    charges = [FixedCharge(name="fixed charge", amount=older)] if older and not first else []
    unit = reader.text("fixedchargeunits") or "$/month"
    if unit.lower() not in _PERIODS:
        if first or added:
            reader.refuse("fixedchargeunits", f"{unit!r} is not one of {', '.join(_PERIODS)}")
        return tuple(charges)
    per = _PERIODS[unit.lower()]
    if first:
        charges.append(FixedCharge(name="fixed charge", amount=first, per=per))
    if added and meters > 1:
        charges.append(FixedCharge(name="additional meters", amount=added * (meters - 1), per=per))
    return tuple(charges)


def _minimum(reader: UrdbReader) -> tuple[MinimumCharge, ...]:
    amounts: list[tuple[float, Per]] = [
        (reader.number("minmonthlycharge"), "month"),
        (reader.number("annualmincharge"), "year"),
    ]
    newer = reader.number("mincharge")
    unit = (reader.text("minchargeunits") or "$/month").lower()
    if newer and unit not in _PERIODS:
        reader.remark("mincharge", f"{newer:g} {unit} is not an amount per day, month or year")
    else:
        amounts.append((newer, _PERIODS.get(unit, "month")))
    return tuple(MinimumCharge(amount=amount, per=per) for amount, per in amounts if amount > 0)


def _applicability(reader: UrdbReader) -> Applicability:
    least_kw, most_kw = _range(reader, "peakkwcapacity")
    least_kwh, most_kwh = _range(reader, "peakkwhusage")
    return Applicability(
        least_peak_kw=least_kw,
        most_peak_kw=most_kw,
        least_month_kwh=least_kwh,
        most_month_kwh=most_kwh,
        voltage=reader.text("voltagecategory"),
        phases=reader.text("phasewiring"),
    )


def _range(reader: UrdbReader, name: str) -> tuple[float, float | None]:
    low, high = reader.number(f"{name}min"), reader.number(f"{name}max")
    if low < 0 or (high and high < low):
        reader.remark(name, f"{low:g} to {high:g} is no range; it is not checked")
        return 0.0, None
    return low, high or None


def _remarks(reader: UrdbReader) -> None:
    """Repeat the remarks of the rate; holidays, riders and ratchets are often only in free text."""
    reactive = reader.number("demandreactivepowercharge")
    if reactive:
        reader.remark("demandreactivepowercharge", f"{reactive:g} per kVAR; a meter series of kW does not tell kVAR")
    service = _SERVICES.get(reader.text("servicetype").lower())
    if service:
        reader.remark("servicetype", f"{reader.text('servicetype')}: {service}")
    for name in _COMMENTS:
        if name in reader.fields:
            reader.remark(name, f"free text: {' '.join(reader.text(name).split())}")

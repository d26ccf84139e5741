"""The demand side of a URDB rate: facility demand, time-of-use demand, coincident demand, and ratchets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from ridethrough.domain.validation import UnableToAccept
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule
from ridethrough.tariffs.calendar.written import MONTHS
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier, DemandUnit
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.urdb.reader import UrdbReader, exact_sum, faults_of
from ridethrough.tariffs.urdb.schedule import period_name, schedule_of

LookbackReading = Literal["reopt", "sam"]

DEMAND_HOURS = "demand hours"
COINCIDENT_HOURS = "coincident hours"
FACILITY = "facility"
BILLING_DEMAND = "billing-demand"
_UNITS: dict[str, DemandUnit] = {"kw": "kW", "kva": "kVA", "hp": "hp"}
_A_YEAR_BACK = 11


def read_demand(
    reader: UrdbReader, reading: LookbackReading, *, tiers_need_demand: bool
) -> tuple[tuple[DemandCharge, ...], RateSchedule | None, str]:
    """Demand charges, the schedule of the time-of-use ones, and the name of the one that scales kWh/kW limits."""
    window = round(reader.number("demandwindow"))
    ratchet = read_ratchet(reader, reading)
    facility = _facility(reader, window)
    by_hours, schedule = _by_hours(reader, window)
    scales = ""
    if tiers_need_demand:
        if facility is None or facility.daily:
            # No demand charge measures the whole month, so one that costs nothing does.
            free = DemandSeason(tiers=(DemandTier(rate_per_kw=0.0),))
            by_hours = (DemandCharge(name=BILLING_DEMAND, seasons=(free,), window_minutes=window), *by_hours)
        scales = facility.name if facility is not None and not facility.daily else BILLING_DEMAND
    charges = (*((facility,) if facility else ()), *by_hours)
    if ratchet is not None:
        charges = _with_ratchet(reader, charges, ratchet, everywhere=reading == "sam")
    return charges, schedule, scales


def _with_ratchet(
    reader: UrdbReader, charges: tuple[DemandCharge, ...], ratchet: DemandRatchet, *, everywhere: bool
) -> tuple[DemandCharge, ...]:
    """Apply the ratchet to facility demand, like REopt; without facility demand, apply it to every demand charge."""
    whole_month = [charge.name for charge in charges if not charge.schedule and not charge.daily]
    chosen = (
        {charge.name for charge in charges if not charge.daily} if everywhere or not whole_month else {*whole_month}
    )
    if not chosen:
        reader.remark("lookback", "a ratchet, but no demand charge by the month that it could act on")
    elif not everywhere and not whole_month:
        reader.remark("lookback", "does not say which demand it acts on; it acts on each time-of-use demand by itself")
    return tuple(replace(charge, ratchet=ratchet) if charge.name in chosen else charge for charge in charges)


def _unit(reader: UrdbReader, name: str) -> tuple[DemandUnit, bool]:
    """The unit, and whether demand is billed by day; `demandunits` replaces a missing specific field."""
    field = name if name in reader.fields else "demandunits"
    words = (reader.text(field) or "kW").lower().split()
    known = words[0] in _UNITS and words[1:] in ([], ["daily"])
    if not known:
        reader.refuse(field, f"{reader.text(field)!r} is not a unit of demand: kW, kVA or hp, by the month or daily")
    return _UNITS.get(words[0], "kW"), words[1:] == ["daily"]


def _tiers(reader: UrdbReader, name: str, tiers: list[Mapping[str, Any]]) -> tuple[DemandTier, ...]:
    read: list[DemandTier] = []
    for number, tier in enumerate(tiers):
        path = f"{name}.{number}"
        limit = reader.limit(f"{path}.max", tier)
        rate = exact_sum(*reader.price(path, tier))
        if not {"rate", "adj"} & set(tier):
            reader.remark(path, "has neither rate nor adjustment; its demand costs nothing here")
        if number == len(tiers) - 1 and limit is not None:
            reader.remark(path, f"says no price above {limit:,.0f} kW; the price of the last tier is used")
            limit = None
        read.append(DemandTier(rate_per_kw=rate, up_to_kw=limit))
    try:
        return DemandSeason(tiers=tuple(read)).tiers
    except UnableToAccept as error:
        reader.refuse(name, f"its tiers contradict each other: {faults_of(error)}")
        return (DemandTier(rate_per_kw=0.0),)


def _facility(reader: UrdbReader, window: int) -> DemandCharge | None:
    structure = reader.structure("flatdemandstructure")
    if not structure:
        return None
    unit, daily = _unit(reader, "flatdemandunit")
    periods = [_tiers(reader, f"flatdemandstructure.{index}", tiers) for index, tiers in enumerate(structure)]
    months = _flat_months(reader, len(periods))
    seasons = tuple(
        DemandSeason(tiers=tiers, months=tuple(month for month in MONTHS if months[month - 1] == index))
        for index, tiers in enumerate(periods)
        if index in months
    )
    if not any(tier.rate_per_kw for season in seasons for tier in season.tiers):
        return None
    return DemandCharge(name=FACILITY, seasons=seasons, unit=unit, daily=daily, window_minutes=window)


def _flat_months(reader: UrdbReader, periods: int) -> list[int]:
    """The facility demand period of each month; with one period, months need not be given."""
    name = "flatdemandmonths"
    given = reader.fields.get(name)
    if given is None and periods == 1:
        return [0] * len(MONTHS)
    try:
        months = [int(index) for index in given]  # type: ignore[union-attr]
    except (TypeError, ValueError):
        months = []
    if len(months) != len(MONTHS) or not set(months) <= set(range(periods)):
        reader.refuse(name, f"must be 12 numbers from 0 to {periods - 1}, to tell which rate holds in which month")
        return []
    return months


def _by_hours(reader: UrdbReader, window: int) -> tuple[tuple[DemandCharge, ...], RateSchedule | None]:
    """A charge for each time-of-use period with a price; period 0 often has none."""
    structure = reader.structure("demandratestructure")
    if not structure:
        return (), None
    unit, daily = _unit(reader, "demandrateunit")
    periods = [_tiers(reader, f"demandratestructure.{index}", tiers) for index, tiers in enumerate(structure)]
    weekday = reader.schedule("demandweekdayschedule", len(structure))
    weekend = reader.schedule("demandweekendschedule", len(structure))
    if not weekday or not weekend:
        return (), None
    schedule = schedule_of(weekday, weekend)
    charges = tuple(
        DemandCharge(
            name=f"demand-{index}",
            seasons=(DemandSeason(tiers=tiers),),
            schedule=DEMAND_HOURS,
            period=period_name(index),
            unit=unit,
            daily=daily,
            window_minutes=window,
        )
        for index, tiers in enumerate(periods)
        if any(tier.rate_per_kw for tier in tiers) and period_name(index) in schedule.periods
    )
    return charges, schedule if charges else None


def read_coincident(reader: UrdbReader) -> tuple[tuple[CoincidentPeakCharge, ...], RateSchedule | None]:
    """A coincident charge for each period with a price."""
    structure = reader.structure("coincidentratestructure")
    if not structure:
        return (), None
    unit, daily = _unit(reader, "coincidentrateunit")
    if daily:
        reader.refuse("coincidentrateunit", "coincident demand by the day is not defined in the schema")
    periods = [_tiers(reader, f"coincidentratestructure.{index}", tiers) for index, tiers in enumerate(structure)]
    table = reader.schedule("coincidentschedule", len(structure))
    if not table:
        return (), None
    schedule = schedule_of(table, table)
    charges = tuple(
        CoincidentPeakCharge(
            name=f"coincident-{index}",
            seasons=(DemandSeason(tiers=tiers),),
            schedule=COINCIDENT_HOURS,
            period=period_name(index),
            unit=unit,
        )
        for index, tiers in enumerate(periods)
        if any(tier.rate_per_kw for tier in tiers) and period_name(index) in schedule.periods
    )
    return charges, schedule if charges else None


def read_ratchet(reader: UrdbReader, reading: LookbackReading) -> DemandRatchet | None:
    """The ratchet of either generation of the schema.

    `lookbackMonths` is ambiguous. REopt: every month is billed at least the fraction of the highest peak among the
    flagged months of a year. SAM: only flagged months are, of the highest peak of the range (or a year).
    """
    by_month = reader.fields.get("demandratchetpercentage")
    if by_month is not None:
        return _older_ratchet(reader, by_month)
    fraction = _fraction(reader, "lookbackpercent", reader.fields.get("lookbackpercent"))
    if not fraction:
        return None
    back = round(reader.number("lookbackrange"))
    given = reader.fields.get("lookbackmonths", [])
    flags = [str(flag).lower() in ("true", "1", "1.0") for flag in given] if isinstance(given, list) else []
    flagged = tuple(month for month, flag in zip(MONTHS, flags, strict=False) if flag)
    if not back and not flagged:
        reader.remark("lookbackpercent", f"{fraction:.0%}, but neither months nor a range; no ratchet is billed")
        return None
    if reading == "sam":
        fractions = tuple(fraction if month in flagged or not flagged else 0.0 for month in MONTHS)
        return DemandRatchet(fractions=fractions, months_back=back or _A_YEAR_BACK)
    fractions = (fraction,) * len(MONTHS)
    return DemandRatchet(fractions=fractions, months_back=back or _A_YEAR_BACK, counted_months=flagged or MONTHS)


def _older_ratchet(reader: UrdbReader, given: object) -> DemandRatchet | None:
    name = "demandratchetpercentage"
    if not isinstance(given, list) or len(given) != len(MONTHS):
        reader.refuse(name, "must be 12 fractions, one for each month")
        return None
    fractions = tuple(_fraction(reader, f"{name}.{month}", value) for month, value in enumerate(given))
    # The schema does not say how far back it looks; tariffs with a ratchet say eleven months, nearly always.
    return DemandRatchet(fractions=fractions, months_back=_A_YEAR_BACK) if any(fractions) else None


def _fraction(reader: UrdbReader, name: str, given: object) -> float:
    value = reader.number(name, given) if given is not None else 0.0
    if 1 < value <= 100:  # noqa: PLR2004 - written as a percentage
        reader.remark(name, f"{value:g} is read as {value:g} %")
        return exact_sum(value) / 100
    if not 0 <= value <= 1:
        reader.refuse(name, f"{value:g} is not a fraction")
        return 0.0
    return value
